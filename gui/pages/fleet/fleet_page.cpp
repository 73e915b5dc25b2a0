// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/fleet/fleet_page.h"

#include "gui/fleet/counts_strip.h"
#include "gui/fleet/fleet_view.h"
#include "gui/fleet/hall_strip.h"
#include "gui/models/node_filter.h"
#include "gui/models/runs_model.h"
#include "gui/models/words.h"
#include "gui/pages/fleet/filter_bar.h"
#include "gui/theme/icons.h"
#include "gui/widgets/notice.h"
#include "gui/widgets/segmented_control.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace seatrial::gui {

namespace {

QString figureText(const ShownFigure& figure)
{
    const QString check = shown(figure.check).section(QLatin1Char('.'), -1);
    const QString unit = shown(std::string(protocol::unitText(figure.unit)));
    const QString name = check + QStringLiteral(", ") + shown(figure.metric).replace(QLatin1Char('_'), QLatin1Char(' '));
    return unit.isEmpty() ? name : name + QStringLiteral(", ") + unit;
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
    m_filter = new FilterBar;
    layout->addWidget(m_filter);
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
    connect(m_filter, &FilterBar::filterChanged, this, &FleetPage::applyFilter);
    connect(m_filter, &FilterBar::left, m_view, [this] { m_view->setFocus(Qt::OtherFocusReason); });
    connect(m_view, &FleetView::menuAsked, this, &FleetPage::menuAsked);
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
    m_filter->setFleet(fleet);
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
    const NodeFilter filter(m_counts->shownStates(), m_filter->filter());
    m_view->setFilter(filter);
    if (!filter.isActive()) {
        m_filter->setMatches({});
        return;
    }
    const auto matches = m_view->matchCount();
    m_filter->setMatches(matches == 0 ? tr("No node matches. Clear the filter (Ctrl+L).") : tr("%1 of %2 nodes").arg(matches).arg(m_view->fleet().nodeCount()));
}

void FleetPage::focusFilter() { m_filter->startTyping(); }

void FleetPage::clearFilter()
{
    m_filter->setText({});
    m_counts->setShownStates({});
}

QString FleetPage::filterText() const { return m_filter->filter(); }

void FleetPage::setFilterText(const QString& text) { m_filter->setText(text); }

} // namespace seatrial::gui
