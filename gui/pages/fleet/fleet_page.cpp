// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/fleet/fleet_page.h"

#include "gui/fleet/counts_strip.h"
#include "gui/fleet/fleet_view.h"
#include "gui/fleet/hall_strip.h"
#include "gui/models/runs_model.h"
#include "gui/models/words.h"
#include "gui/theme/icons.h"
#include "gui/widgets/notice.h"
#include "gui/widgets/segmented_control.h"
#include "gui/widgets/words_label.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace seatrial::gui {

namespace {

QString figureText(const ShownFigure& figure)
{
    const QString check = shown(figure.check).section(QLatin1Char('.'), -1);
    return check + QStringLiteral(", ") + shown(figure.metric).replace(QLatin1Char('_'), QLatin1Char(' '));
}

} // namespace

FleetPage::FleetPage(Selection& selection, RunsModel& runs, QWidget* parent) : Page(parent), m_selection(selection), m_runs(runs)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 6, 12, 8);
    layout->setSpacing(6);
    m_notice = new Notice;
    m_counts = new CountsStrip;
    m_view = new FleetView;
    m_strip = new HallStrip;
    layout->addWidget(makeFilterBar());
    layout->addWidget(m_notice);
    layout->addWidget(m_counts);
    layout->addWidget(m_view, 1);
    layout->addWidget(m_strip);
    m_strip->hide();

    m_runBox = new QComboBox;
    m_runBox->setModel(&m_runs);
    m_runBox->setAccessibleName(tr("Run shown"));
    m_runBox->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_runBox->setMinimumContentsLength(34);
    m_runBox->setPlaceholderText(tr("No run shown"));
    m_runBox->setCurrentIndex(-1);
    m_runBox->view()->setTextElideMode(Qt::ElideNone);
    m_figureBox = new QComboBox;
    m_figureBox->setAccessibleName(tr("Figure shown beside qualified nodes"));
    m_figureBox->setMinimumContentsLength(14);
    m_figureBox->setPlaceholderText(tr("No figure yet"));
    m_figureBox->setEnabled(false);
    m_levels = new SegmentedControl({tr("Hall"), tr("Racks")});
    m_levels->setCurrentIndex(1);

    connect(m_counts, &CountsStrip::shownStatesChanged, this, &FleetPage::applyFilter);
    connect(m_filter, &QLineEdit::textChanged, this, &FleetPage::applyFilter);
    connect(m_view, &FleetView::selectionEdited, &m_selection, &Selection::setNodes);
    connect(&m_selection, &Selection::changed, m_view, [this] { m_view->setSelection(m_selection.nodes()); });
    connect(m_view, &FleetView::nodeActivated, this, &FleetPage::nodeOpened);
    connect(m_view, &FleetView::levelChanged, this, [this](FleetLevel level) { m_levels->setCurrentIndex(level == FleetLevel::Hall ? 0 : 1); });
    connect(m_levels, &SegmentedControl::currentChanged, this, [this](int index) { m_view->setLevel(index == 0 ? FleetLevel::Hall : FleetLevel::Racks); });
    connect(m_view, &FleetView::visibleRacksChanged, this, [this] {
        const std::vector<int> visible = m_view->visibleRacks();
        m_strip->setVisible(m_view->level() == FleetLevel::Racks && visible.size() < m_view->fleet().racks.size());
        m_strip->setVisibleRacks(visible);
    });
    connect(m_strip, &HallStrip::rackChosen, this, [this](int rack) {
        if (!m_view->fleet().racks[static_cast<std::size_t>(rack)].nodes.empty())
            m_view->setCurrent({rack, 0});
    });
    connect(m_figureBox, &QComboBox::activated, this, [this](int index) { emit figureChosen(m_figures[static_cast<std::size_t>(index)]); });
    connect(m_runBox, &QComboBox::activated, this, [this](int index) { emit runChosen(m_runBox->itemData(index, RunsModel::IdRole).toString()); });
}

QWidget* FleetPage::makeFilterBar()
{
    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(10);
    m_filter = new QLineEdit;
    m_filter->setPlaceholderText(tr("Filter: name, rack, reason"));
    m_filter->setAccessibleName(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setMaximumWidth(430);
    m_matches = new WordsLabel(TypeRole::Row, &Theme::text2);
    auto* hint = new WordsLabel(tr(".  next problem     ,  previous     F  fit"), TypeRole::Row, &Theme::text3);
    row->addWidget(m_filter, 1);
    row->addWidget(m_matches);
    row->addStretch(1);
    row->addWidget(hint);
    return bar;
}

QList<QWidget*> FleetPage::headerControls() const { return {m_runBox, m_figureBox, m_levels}; }

void FleetPage::setInventory(const domain::Fleet& fleet)
{
    m_figures.clear();
    m_figureBox->clear();
    m_figureBox->setEnabled(false);
    setFleet(fleetFromInventory(fleet));
}

void FleetPage::setViews(const RunViews& views)
{
    refreshFigures(views);
    setFleet(views.fleet);
}

void FleetPage::setFleet(FleetSnapshot fleet)
{
    const QStringList breadcrumb = fleet->title.isEmpty() ? QStringList() : QStringList(fleet->title);
    m_counts->setCounts(fleet->counts);
    m_view->setSnapshot(fleet);
    m_view->setSelection(m_selection.nodes());
    m_strip->setSnapshot(std::move(fleet));
    applyFilter();
    if (breadcrumb != m_breadcrumb) {
        m_breadcrumb = breadcrumb;
        emit headerChanged();
    }
}

void FleetPage::refreshFigures(const RunViews& views)
{
    const QSignalBlocker quiet(m_figureBox);
    if (m_figures != views.figures) {
        m_figures = views.figures;
        m_figureBox->clear();
        for (const ShownFigure& figure : m_figures)
            m_figureBox->addItem(figureText(figure));
        m_figureBox->setEnabled(!m_figures.empty());
    }
    const auto found = std::find(m_figures.begin(), m_figures.end(), views.figure);
    m_figureBox->setCurrentIndex(found == m_figures.end() ? -1 : static_cast<int>(found - m_figures.begin()));
}

void FleetPage::setShownRun(const QString& run)
{
    const QSignalBlocker quiet(m_runBox);
    m_runBox->setCurrentIndex(m_runs.rowOf(domain::RunId(run.toStdString())));
}

void FleetPage::applyFilter()
{
    const NodeFilter filter{m_counts->shownStates(), m_filter->text()};
    m_view->setFilter(filter);
    if (!filter.isActive()) {
        m_matches->clear();
        return;
    }
    const auto matches = matchCount(m_view->fleet(), filter);
    m_matches->setText(matches == 0 ? tr("No node matches. Clear the filter (Ctrl+L).") : tr("%1 of %2 nodes").arg(matches).arg(m_view->fleet().nodeCount()));
}

void FleetPage::focusFilter()
{
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
}

void FleetPage::clearFilter()
{
    m_filter->clear();
    m_counts->setShownStates({});
}

} // namespace seatrial::gui
