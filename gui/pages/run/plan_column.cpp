// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/run/plan_column.h"

#include "core/domain/node_set.h"
#include "gui/models/words.h"
#include "gui/pages/run/plan_card.h"
#include "gui/widgets/words_label.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QDateTime>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>

#include <algorithm>

namespace seatrial::gui {

namespace {

QWidget* rule()
{
    auto* line = new QFrame;
    line->setFrameShape(QFrame::HLine);
    line->setFrameShadow(QFrame::Plain);
    line->setForegroundRole(QPalette::Mid);
    line->setFixedHeight(1);
    return line;
}

} // namespace

PlanColumn::PlanColumn(QWidget* parent) : Panel(tr("Plan"), parent), m_cards(new QVBoxLayout), m_group(new QButtonGroup(this)), m_steps(new QVBoxLayout)
{
    body().setSpacing(8);
    m_cards->setSpacing(7);
    body().addLayout(m_cards);
    body().addWidget(rule());
    makeNodesPart();
    body().addWidget(rule());
    makeLoadPart();
    body().addWidget(rule());
    m_steps->setSpacing(3);
    body().addLayout(m_steps); // last: the longest, and nothing in it can be chosen
    body().addStretch(1);
    readNodes();
    connect(m_group, &QButtonGroup::idToggled, this, [this](int, bool on) {
        if (on)
            refresh();
    });
}

void PlanColumn::makeNodesPart()
{
    auto* head = new WordsLabel(tr("Nodes"), TypeRole::Section);
    m_expression = new QLineEdit;
    m_expression->setPlaceholderText(tr("all, or r1n[01-16]!r1n05"));
    m_expression->setAccessibleName(tr("Nodes to measure"));
    m_expression->setFont(fixedFontFor(TypeRole::Row));
    m_expression->setClearButtonEnabled(true);
    head->setBuddy(m_expression);
    m_words = new WordsLabel(TypeRole::Row, &Theme::text2);
    m_useSelection = new QPushButton;
    m_useSelection->hide();
    body().addWidget(head);
    body().addWidget(m_expression);
    body().addWidget(&m_words->wrapped());
    body().addWidget(m_useSelection, 0, Qt::AlignLeft);
    connect(m_expression, &QLineEdit::textChanged, this, &PlanColumn::readNodes);
    connect(m_useSelection, &QPushButton::clicked, this, [this] {
        std::vector<std::string> names;
        for (const QString& node : m_selected)
            names.push_back(node.toStdString());
        m_expression->setText(QString::fromStdString(domain::foldNodeSet(names)));
    });
}

void PlanColumn::makeLoadPart()
{
    m_load = new WordsLabel(TypeRole::Row, &Theme::text2);
    m_allowBusy = new QCheckBox(tr("Also where others compute"));
    m_allowBusy->setToolTip(tr("Without this a node refuses load while another user's process or a batch job is busy there, and says whose it is."));
    m_who = new WordsLabel(TypeRole::Small, &Theme::text3);
    body().addWidget(new WordsLabel(tr("Load"), TypeRole::Section));
    body().addWidget(&m_load->wrapped());
    m_ramp = new RampChoice;
    body().addWidget(m_ramp);
    body().addWidget(m_allowBusy);
    body().addWidget(&m_who->wrapped());
    connect(m_allowBusy, &QCheckBox::toggled, this, [this](bool on) {
        m_who->setText(on ? tr("Allowed by %1, %2. Stored with the run.").arg(m_operator, dateText(QDateTime::currentSecsSinceEpoch()))
                          : tr("Busy nodes refuse the load and say who computes there."));
        emit changed();
    });
    m_who->setText(tr("Busy nodes refuse the load and say who computes there."));
    connect(m_ramp, &RampChoice::changed, this, &PlanColumn::askEstimates);
}

void PlanColumn::setPlans(const std::vector<domain::Plan>& plans)
{
    m_plans = plans;
    if (!m_shownRun)
        showCards(m_plans);
}

void PlanColumn::showRun(const domain::RunInfo* run)
{
    const std::optional<domain::RunId> id = run ? std::optional(run->id) : std::nullopt;
    if (id == m_shownRun)
        return;
    if (!m_shownRun) {
        m_chosen = plan() ? plan()->name : std::string();
        m_typed = m_expression->text();
    }
    m_shownRun = id;
    m_shownNodes = run ? run->nodes.size() : 0;
    const QSignalBlocker quietNodes(m_expression), quietLoad(m_allowBusy);
    if (run) {
        showCards({run->plan});
        m_expression->setText(foldedNames(run->nodes));
        m_expression->setCursorPosition(0);
        m_words->setInk(&Theme::text2);
        m_words->setText(tr("%1 of %2").arg(nodesText(static_cast<int>(run->nodes.size())), shown(run->fleet.name)));
        m_allowBusy->setChecked(!run->loadAllowedBy.empty());
        m_who->setText(run->loadAllowedBy.empty() ? tr("Not allowed for this run: busy nodes refuse the load.") : tr("Allowed by %1, %2.").arg(shown(run->loadAllowedBy), dateText(run->startedWall)));
        return;
    }
    showCards(m_plans);
    choosePlan(QString::fromStdString(m_chosen));
    m_expression->setText(m_typed);
    m_allowBusy->setChecked(false); // a permission is given anew for every run
    m_who->setText(tr("Busy nodes refuse the load and say who computes there."));
    readNodes();
}

void PlanColumn::showCards(const std::vector<domain::Plan>& plans)
{
    for (auto* button : m_group->buttons())
        delete button;
    int id = 0;
    for (const domain::Plan& plan : plans) {
        auto* card = new PlanCard(plan);
        m_cards->addWidget(card);
        m_group->addButton(card, id++);
        card->setEnabled(!m_locked);
    }
    if (auto* first = m_group->button(0))
        first->setChecked(true);
    askEstimates();
}

const domain::Plan* PlanColumn::plan() const
{
    const auto* card = qobject_cast<PlanCard*>(m_group->checkedButton());
    return card ? &card->plan() : nullptr;
}

bool PlanColumn::allowBusy() const { return m_allowBusy->isChecked(); }

void PlanColumn::choosePlan(const QString& name)
{
    for (auto* button : m_group->buttons()) {
        if (static_cast<PlanCard*>(button)->plan().name == name.toStdString())
            button->setChecked(true);
    }
}

void PlanColumn::setFleet(std::shared_ptr<const domain::Fleet> fleet)
{
    m_fleet = std::move(fleet);
    readNodes();
}

void PlanColumn::setSelected(const QStringList& nodes)
{
    m_selected = nodes;
    m_useSelection->setVisible(!nodes.isEmpty() && !m_locked);
    m_useSelection->setText(tr("Use the selection, %1").arg(nodesText(static_cast<int>(nodes.size()))));
}

void PlanColumn::readNodes()
{
    if (m_shownRun)
        return;
    m_nodes.clear();
    if (!m_fleet) {
        m_words->setText(tr("No inventory is open."));
        emit changed();
        return;
    }
    const QString expression = m_expression->text().trimmed();
    if (expression.isEmpty() || expression == QStringLiteral("all")) {
        for (const auto& node : m_fleet->nodes)
            m_nodes.push_back(node.id);
        m_words->setInk(&Theme::text2);
        m_words->setText(tr("All %1 of %2").arg(nodesText(static_cast<int>(m_nodes.size())), shown(m_fleet->name)));
    } else if (auto chosen = domain::selectNodes(*m_fleet, expression.toStdString())) {
        m_nodes = std::move(*chosen);
        m_words->setInk(&Theme::text2);
        m_words->setText(tr("%1 of %2").arg(m_nodes.size()).arg(nodesText(static_cast<int>(m_fleet->nodes.size()))));
    } else {
        m_words->setInk(&Theme::text);
        m_words->setText(shown(chosen.error().what + (chosen.error().advice.empty() ? "" : " " + chosen.error().advice)));
    }
    askEstimates();
    refresh();
}

void PlanColumn::askEstimates()
{
    for (auto* button : m_group->buttons()) {
        if (!m_nodes.empty() && !m_shownRun && m_ramp->terms())
            emit estimateWanted(static_cast<PlanCard*>(button)->plan(), m_nodes, *m_ramp->terms());
    }
    refresh();
}

void PlanColumn::setEstimate(const QString& name, double seconds)
{
    for (auto* button : m_group->buttons()) {
        auto* card = static_cast<PlanCard*>(button);
        if (card->plan().name == name.toStdString())
            card->setEstimate(seconds);
    }
    if (plan() && plan()->name == name.toStdString())
        m_estimate = seconds;
    emit changed();
}

void PlanColumn::refresh()
{
    while (auto* item = m_steps->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    const domain::Plan* chosen = plan();
    if (!chosen)
        return;
    double load = 0;
    int number = 1;
    for (const auto& step : chosen->steps) {
        auto* row = new QWidget;
        auto* layout = new QHBoxLayout(row);
        layout->setContentsMargins(0, 0, 0, 0);
        auto* title = new WordsLabel(QStringLiteral("%1  %2").arg(number++).arg(shown(step.title)), TypeRole::Row);
        QStringList hints;
        if (step.scope == domain::Scope::Group)
            hints << (step.groupSize > 0 ? tr("Measured by groups of up to %1 nodes together.").arg(step.groupSize) : tr("Measured by all nodes together."));
        if (step.need == domain::Need::Informative)
            hints << tr("Informative: a node can be qualified without it.");
        title->setToolTip(hints.join(QLatin1Char('\n')));
        layout->addWidget(title, 1);
        layout->addWidget(new WordsLabel(durationText(step.expectedSeconds * (step.scope == domain::Scope::Pair ? step.partners : 1)), TypeRole::Row, &Theme::text2));
        m_steps->addWidget(row);
        load += step.exclusive ? step.expectedSeconds * (step.scope == domain::Scope::Pair ? step.partners : 1) : 0;
    }
    m_ramp->setNodes(load <= 0 ? 0 : m_shownRun ? m_shownNodes : m_nodes.size());
    m_load->setText(load > 0 ? tr("Each node is loaded for about %1. Nodes that share a host take turns.").arg(durationText(load)) : tr("This plan loads nothing."));
    emit changed();
}

void PlanColumn::setLocked(const QString& why)
{
    m_locked = !why.isEmpty();
    setHint(why);
    for (auto* button : m_group->buttons())
        button->setEnabled(!m_locked);
    m_expression->setEnabled(!m_locked);
    m_allowBusy->setEnabled(!m_locked);
    m_useSelection->setVisible(!m_selected.isEmpty() && !m_locked);
}

} // namespace seatrial::gui
