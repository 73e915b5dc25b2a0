// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/run/run_page.h"

#include "gui/models/event_model.h"
#include "gui/models/nodes_model.h"
#include "gui/models/words.h"
#include "gui/pages/run/event_delegate.h"
#include "gui/pages/run/plan_column.h"
#include "gui/pages/run/progress_band.h"
#include "gui/pages/run/steps_panel.h"
#include "gui/pages/run/track_delegate.h"
#include "gui/widgets/notice.h"
#include "gui/widgets/segmented_control.h"
#include "gui/widgets/table_style.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QScrollArea>
#include <QTableView>
#include <QTimer>
#include <QVBoxLayout>

namespace seatrial::gui {

namespace {

constexpr int roomForSteps = 1180; // page width from which the steps have a column of their own

bool mayContinue(const RunViews& views)
{
    const campaign::Snapshot& run = *views.snapshot;
    const auto state = run.data->info.state;
    return (!run.live || run.finished) && (state == domain::RunState::Interrupted || state == domain::RunState::Running);
}

} // namespace

RunPage::RunPage(Selection& selection, EventModel& events, QWidget* parent) : Page(parent), m_selection(selection), m_title(tr("New run")), m_events(events)
{
    auto* rows = new QVBoxLayout(this);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(0);
    m_band = new ProgressBand;
    rows->addWidget(m_band);
    auto* below = new QVBoxLayout;
    below->setContentsMargins(16, 12, 16, 10);
    below->setSpacing(10);
    m_notice = new Notice;
    makeStuck();
    below->addWidget(m_notice);
    below->addWidget(m_stuck);
    auto* columns = new QHBoxLayout;
    columns->setSpacing(12);
    m_plan = new PlanColumn;
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(m_plan);
    scroll->viewport()->setAutoFillBackground(false);
    m_plan->setAutoFillBackground(false);
    scroll->setFixedWidth(284);
    columns->addWidget(scroll);
    auto* middle = new QVBoxLayout;
    middle->setSpacing(12);
    middle->addWidget(makeNodes(), 5);
    middle->addWidget(makeEvents(events), 3);
    columns->addLayout(middle, 1);
    m_steps = new StepsPanel;
    m_steps->setFixedWidth(356);
    columns->addWidget(m_steps);
    below->addLayout(columns, 1);
    rows->addLayout(below, 1);
    makeHeader();
    connect(m_plan, &PlanColumn::changed, this, [this, scroll] {
        refreshReady();
        refreshHeader();
        if (!m_plan->ramp().problem().isEmpty() && m_plan->ramp().hasFocusInside()) // in a low window the words would lie below its edge
            QTimer::singleShot(0, scroll, [this, scroll] { scroll->ensureWidgetVisible(&m_plan->ramp(), 0, 8); });
    });
    refreshReady();
    refreshHeader();
}

QWidget* RunPage::makeNodes()
{
    m_nodesPanel = new Panel(tr("Nodes"));
    m_nodesPanel->setFlush();
    m_fold = new SegmentedControl({tr("Folded"), tr("All")});
    m_nodesPanel->addControl(m_fold);
    m_nodes = new NodesModel(this);
    m_nodesView = new QTableView;
    dressTable(*m_nodesView);
    m_nodesView->setModel(m_nodes);
    m_nodesView->setItemDelegate(new TrackDelegate(m_nodesView));
    m_nodesView->setAccessibleName(tr("Nodes of the run"));
    m_nodesView->setMinimumHeight(120);
    auto* header = m_nodesView->horizontalHeader();
    header->setStretchLastSection(false);
    header->setSectionResizeMode(NodesModel::Hosts, QHeaderView::Stretch);
    header->setSectionResizeMode(NodesModel::Now, QHeaderView::Stretch);
    m_nodesView->setColumnWidth(NodesModel::Count, 56);
    m_nodesView->setColumnWidth(NodesModel::For, 84);
    m_nodesPanel->body().addWidget(m_nodesView);
    connect(m_fold, &SegmentedControl::currentChanged, this, &RunPage::showRows);
    m_nodesView->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_nodesView, &QWidget::customContextMenuRequested, this, [this](QPoint position) {
        if (m_nodesView->currentIndex().isValid())
            emit menuAsked(m_nodesView->viewport()->mapToGlobal(position));
    });
    connect(m_nodesView, &QTableView::activated, this, [this](const QModelIndex& index) { emit nodeOpened(m_nodes->row(index.row()).nodes.front()); });
    connect(m_nodesView->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& now) {
        if (!now.isValid() || m_selecting)
            return;
        const QStringList& nodes = m_nodes->row(now.row()).nodes;
        m_selection.setNodes(QSet<QString>(nodes.begin(), nodes.end()));
    });
    return m_nodesPanel;
}

QWidget* RunPage::makeEvents(EventModel& events)
{
    m_eventsPanel = new Panel(tr("Events"));
    m_eventsPanel->setFlush();
    m_eventChoice = new SegmentedControl({tr("All"), tr("Warnings"), tr("This node")});
    m_eventsPanel->addControl(m_eventChoice);
    m_eventFilter = new EventFilter(this);
    m_eventFilter->setSourceModel(&events);
    auto* view = new QTableView;
    dressTable(*view);
    view->setModel(m_eventFilter);
    view->setItemDelegate(new EventDelegate(view));
    view->setAccessibleName(tr("Events, newest first"));
    view->setColumnWidth(EventModel::Time, 82);
    view->setColumnWidth(EventModel::Nodes, 118);
    view->horizontalHeader()->setStretchLastSection(true);
    view->setMinimumHeight(90);
    m_eventsPanel->body().addWidget(view);
    connect(m_eventChoice, &SegmentedControl::currentChanged, this, &RunPage::filterEvents);
    connect(&events, &QAbstractItemModel::rowsInserted, this, [this] { m_eventsPanel->setHint(tr("newest first; %1 so far").arg(m_events.rowCount())); });
    connect(&events, &QAbstractItemModel::modelReset, this, [this] { m_eventsPanel->setHint({}); });
    return m_eventsPanel;
}

void RunPage::makeStuck()
{
    m_stuck = new Notice;
    m_stuck->setClosable(true, tr("Dismiss"));
    auto& show = m_stuck->addButton(tr("Show node"));
    auto& end = m_stuck->addButton(tr("End this step"));
    end.setToolTip(tr("The step counts as abandoned and is not measured again; the node goes on with the next one"));
    connect(&show, &QPushButton::clicked, this, [this] {
        if (!m_stuckNodes.isEmpty())
            emit nodeOpened(m_stuckNodes.front());
    });
    connect(&end, &QPushButton::clicked, this, [this] { emit stepEndAsked(m_stuckNodes); });
    connect(m_stuck, &Notice::dismissed, this, [this] { m_stuckSeen = QSet<QString>(m_stuckNodes.begin(), m_stuckNodes.end()); });
}

void RunPage::makeHeader()
{
    m_start = new QPushButton(tr("Start run"));
    m_start->setProperty("primary", true);
    m_start->setToolTip(tr("Ctrl+R"));
    m_continue = new QPushButton(tr("Continue this run"));
    m_continue->setProperty("primary", true);
    m_continue->setToolTip(tr("Attach to its nodes again and go on from where each journal stands"));
    m_new = new QPushButton(tr("New run"));
    m_pause = new QPushButton(tr("Pause"));
    m_detach = new QPushButton(tr("Detach"));
    m_detach->setToolTip(tr("Let go: the nodes go on under their lease, and the run can be continued later"));
    m_stop = new QPushButton(tr("Stop run"));
    m_stop->setProperty("danger", true);
    connect(m_start, &QPushButton::clicked, this, &RunPage::start);
    connect(m_continue, &QPushButton::clicked, this, [this] { emit continueAsked(QString::fromStdString(m_views->snapshot->data->info.id.text())); });
    connect(m_new, &QPushButton::clicked, this, &RunPage::newRunAsked);
    connect(m_pause, &QPushButton::clicked, this, [this] { emit pauseAsked(!isPaused()); });
    connect(m_detach, &QPushButton::clicked, this, &RunPage::detachAsked);
    connect(m_stop, &QPushButton::clicked, this, &RunPage::stopAsked);
}

QList<QWidget*> RunPage::headerControls() const { return {m_continue, m_new, m_start, m_pause, m_detach, m_stop}; }

bool RunPage::isPaused() const { return m_live && m_views && m_views->snapshot->pause.has_value(); }

bool RunPage::canStart() const { return !m_live && !m_views && m_plan->isReady(); }

void RunPage::start()
{
    if (canStart())
        emit startAsked();
}

void RunPage::setWork(bool live, bool stopping)
{
    m_live = live;
    m_stopping = stopping;
    refreshHeader();
}

void RunPage::refreshHeader()
{
    m_plan->setLocked(m_live ? tr("locked while the run works") : m_views ? tr("of a run that is over") : QString());
    const bool continuable = !m_live && m_views && mayContinue(*m_views);
    m_plan->ramp().setVisible(m_live || !m_views || continuable); // what it was of a run that is over is not known
    m_plan->ramp().setEnabled(!m_live && (!m_views || continuable));
    if (isHidden())
        return; // the header belongs to another page now
    const bool stored = !m_live && m_views;
    m_start->setVisible(!m_live && !m_views);
    m_start->setEnabled(canStart());
    m_continue->setVisible(continuable);
    m_continue->setEnabled(m_plan->ramp().terms().has_value());
    m_new->setVisible(stored);
    m_pause->setVisible(m_live);
    m_pause->setEnabled(!m_stopping);
    m_pause->setText(isPaused() ? tr("Continue") : tr("Pause"));
    m_pause->setToolTip(isPaused() ? tr("Go on with the next steps (Ctrl+P)") : tr("What is in work ends, nothing further begins; connections stay (Ctrl+P)"));
    m_detach->setVisible(m_live);
    m_stop->setVisible(m_live);
    m_detach->setEnabled(!m_stopping);
    m_stop->setEnabled(!m_stopping);
    m_stop->setText(m_stopping ? tr("Stopping…") : tr("Stop run"));
}

void RunPage::refreshReady()
{
    if (m_views)
        return;
    m_steps->setSteps({});
    m_steps->hide();
    if (!m_plan->isChosen()) {
        setRows({});
        m_nodesPanel->setHint({});
        m_band->setReady(tr("Nothing to start yet"), tr("open an inventory, choose a plan and at least one node"));
        return;
    }
    const QString time = m_plan->estimate() > 0 ? tr("about %1").arg(durationText(m_plan->estimate())) : tr("a moment to estimate");
    const auto rows = plannedRows(*m_plan->fleet(), *m_plan->plan(), m_plan->nodes());
    m_nodesPanel->setHint(tr("%1, to be measured").arg(m_plan->nodes().size()));
    setRows(rows);
    if (!m_plan->isReady())
        return m_band->setReady(tr("Not ready: how load comes onto the nodes"), m_plan->ramp().problem());
    m_band->setReady(tr("Ready: %1").arg(time), tr("%1 on %2; nothing touches a node before Start").arg(shown(m_plan->plan()->title), nodesText(static_cast<int>(m_plan->nodes().size()))));
}

void RunPage::setViews(std::shared_ptr<const RunViews> shownNow)
{
    m_views = std::move(shownNow);
    const RunViews& views = *m_views;
    const QString title = tr("Run %1").arg(shown(views.snapshot->data->info.id.text()));
    if (title != m_title) {
        m_title = title;
        emit headerChanged();
    }
    m_plan->showRun(&views.snapshot->data->info);
    m_band->setViews(views);
    m_steps->setSteps(views.steps);
    arrangeColumns();
    showRows();
    sayStuck(views);
    refreshHeader();
}

void RunPage::showNewRun()
{
    m_views.reset();
    m_plan->showRun(nullptr);
    m_stuck->hide();
    m_title = tr("New run");
    emit headerChanged();
    refreshReady();
    refreshHeader();
}

void RunPage::showRows()
{
    if (!m_views)
        return;
    const auto& rows = m_fold->currentIndex() == 0 ? m_views->folded : m_views->single;
    m_nodesPanel->setHint(m_fold->currentIndex() == 0 ? tr("%1; nodes in the same state share a row").arg(m_views->single.size()) : QString::number(m_views->single.size()));
    setRows(rows);
}

void RunPage::setRows(const std::vector<NodesRow>& rows)
{
    m_selecting = true;
    m_nodes->setRows(rows);
    m_nodesView->setColumnHidden(NodesModel::For, !m_live);
    const int steps = rows.empty() ? 0 : static_cast<int>(rows.front().track.size());
    m_nodesView->setColumnWidth(NodesModel::Track, TrackDelegate::trackWidth(steps));
    m_selecting = false;
}

void RunPage::setSelection(const QSet<QString>& nodes)
{
    QStringList names(nodes.begin(), nodes.end());
    m_plan->setSelected(names);
    const int row = names.isEmpty() ? -1 : m_nodes->rowOf(names.front());
    m_selecting = true;
    if (row >= 0 && m_nodesView->currentIndex().row() != row)
        m_nodesView->selectRow(row);
    else if (row < 0)
        m_nodesView->clearSelection();
    m_selecting = false;
    filterEvents();
}

void RunPage::filterEvents()
{
    m_eventFilter->setWarningsOnly(m_eventChoice->currentIndex() == 1);
    m_eventFilter->setNode(m_eventChoice->currentIndex() == 2 ? m_selection.node() : QString());
}

void RunPage::sayStuck(const RunViews& views)
{
    std::vector<domain::NodeId> stuck;
    QString doing;
    for (const auto& node : views.snapshot->nodes) {
        if (!node.stuck || views.snapshot->finished)
            continue;
        stuck.push_back(node.node);
        doing = shown(node.doing);
    }
    m_stuckNodes.clear();
    for (const auto& node : stuck)
        m_stuckNodes << shown(node.text());
    const bool seen = std::all_of(m_stuckNodes.begin(), m_stuckNodes.end(), [this](const QString& node) { return m_stuckSeen.contains(node); });
    if (seen) {
        if (stuck.empty())
            m_stuckSeen.clear();
        m_stuck->hide();
        return;
    }
    m_stuck->say(State::Stuck, tr("%1: %2 makes no progress").arg(foldedNames(stuck), doing),
                 tr("It has used most of its time. At its deadline the node ends the step by itself, says so, and goes on with the next one; the others do not wait for it."));
}

void RunPage::tick(double wallSeconds)
{
    m_nodes->setClock(wallSeconds);
    m_band->setClock(wallSeconds);
}

void RunPage::arrangeColumns() { m_steps->setVisible(m_views && width() >= roomForSteps); }

void RunPage::resizeEvent(QResizeEvent* event)
{
    Page::resizeEvent(event);
    arrangeColumns();
}

} // namespace seatrial::gui
