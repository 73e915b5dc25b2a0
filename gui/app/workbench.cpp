// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/workbench.h"

#include "gui/dialogs/host_key_dialog.h"
#include "gui/dialogs/leave_dialog.h"
#include "gui/dialogs/secret_dialog.h"
#include "gui/fleet/fleet_view.h"
#include "gui/models/words.h"
#include "gui/pages/fleet/fleet_page.h"
#include "gui/pages/node/node_panel.h"
#include "gui/pages/run/plan_column.h"
#include "gui/pages/run/run_page.h"
#include "gui/pages/welcome/welcome_page.h"
#include "gui/session/recent_files.h"
#include "gui/shell/status_strip.h"
#include "gui/widgets/notice.h"

#include <QAction>
#include <QCloseEvent>
#include <QDateTime>
#include <QDockWidget>

namespace seatrial::gui {

namespace {

const auto welcomeName = QStringLiteral("welcome");
const auto fleetName = QStringLiteral("fleet");
const auto runName = QStringLiteral("run");

QString detailsOf(const domain::Failure& failure)
{
    QString text = QString::fromStdString(failure.what);
    if (!failure.attempted.empty())
        text += QStringLiteral("\nTried: ") + QString::fromStdString(failure.attempted);
    if (!failure.advice.empty())
        text += QStringLiteral("\nNext: ") + QString::fromStdString(failure.advice);
    return text;
}

} // namespace

Workbench::Workbench(Tools tools, ThemeController& themes, QWidget* parent)
    : MainWindow(parent), m_themes(themes), m_session(std::move(tools)), m_welcome(new WelcomePage), m_fleet(new FleetPage(m_selection, m_runs)),
      m_run(new RunPage(m_selection, m_events)), m_node(new NodePanel(m_events))
{
    addPage(welcomeName, m_welcome, std::nullopt);
    addPage(fleetName, m_fleet, RailEntry{Icon::Rack, tr("Fleet")});
    addPage(runName, m_run, RailEntry{Icon::Play, tr("Run")});
    setDock(m_node, tr("Node"), {fleetName});
    setDockWanted(true);
    m_run->plan().setOperator(QString::fromStdString(m_session.tools().operatorName));
    m_run->plan().ramp().setUsual(m_session.tools().ramp);
    m_welcome->setRecent(recentFiles());
    status().setRight(tr("GB/s = 10⁹ bytes per second  ·  links in Gbit/s  ·  times in %1").arg(QDateTime::currentDateTime().timeZoneAbbreviation()));
    connectSession();
    connectPages();
    makeMenus();
    enablePages();
    refreshTitle();
    refreshStatus();
    m_session.readPlans();
    connect(&m_clock, &QTimer::timeout, this, [this] { m_run->tick(QDateTime::currentMSecsSinceEpoch() / 1000.0); });
}

Workbench::~Workbench() = default;

void Workbench::connectSession()
{
    connect(&m_session, &Session::fleetChanged, this, &Workbench::showFleet);
    connect(&m_session, &Session::snapshotChanged, &m_views, &ViewMaker::setSnapshot);
    connect(&m_views, &ViewMaker::made, this, &Workbench::showViews);
    connect(&m_session, &Session::runsChanged, this, &Workbench::showRuns);
    connect(&m_session, &Session::failed, this, &Workbench::showFailure);
    connect(&m_session, &Session::fleetNoted, this, [this](const std::vector<std::string>& notes) {
        QStringList lines;
        for (const std::string& note : notes)
            lines << shown(note);
        m_fleet->notice().say(State::NotTested, tr("Not everything in this file names a node."), lines.join(QLatin1Char(' ')));
    });
    connect(&m_session, &Session::logReset, &m_events, &EventModel::clear);
    connect(&m_session, &Session::logAppended, &m_events, &EventModel::append);
    connect(&m_session, &Session::plansRead, this, [this](const std::vector<domain::Plan>& plans) {
        m_run->plan().setPlans(plans);
        if (!m_plannedStart.isEmpty())
            startPlan(std::exchange(m_plannedStart, {}));
    });
    connect(&m_session, &Session::computerSeen, this, [this](const QList<ComputerLine>& lines) {
        m_pending = std::max(0, m_pending - 1);
        m_welcome->setComputer(lines);
    });
    connect(&m_session, &Session::estimated, &m_run->plan(), &PlanColumn::setEstimate);
    connect(&m_session, &Session::storeOpened, this, [this](const QString& file) {
        rememberFile({RecentFile::Kind::Store, file});
        m_welcome->setRecent(recentFiles());
    });
    connect(&m_session, &Session::runOpened, this, [this] { m_views.clear(); });
    connect(&m_session, &Session::liveChanged, this, [this](bool live) {
        m_run->setWork(live, m_session.isStopping());
        live ? m_clock.start(1000) : m_clock.stop();
        refreshStatus();
        if (!live && m_leaving)
            close();
    });
    connect(&m_session, &Session::stoppingChanged, this, [this] { m_run->setWork(m_session.isLive(), m_session.isStopping()); });
    connect(&m_session, &Session::streamRead, this, [this](const QString& node, const QString& text) {
        if (node == m_node->node())
            m_node->setStream(text);
    });
    connect(&m_session.questions(), &QuestionDesk::asked, this, &Workbench::askHostKey);
    connect(&m_session.questions(), &QuestionDesk::secretAsked, this, &Workbench::askSecret);
}

void Workbench::connectPages()
{
    connect(m_welcome, &WelcomePage::inventoryAsked, this, &Workbench::chooseInventory);
    connect(m_welcome, &WelcomePage::storeAsked, this, &Workbench::chooseStore);
    connect(m_welcome, &WelcomePage::labAsked, this, [this] { openInventory(m_lab); });
    connect(m_welcome, &WelcomePage::recentChosen, this, [this](const RecentFile& file) { file.kind == RecentFile::Kind::Store ? openStore(file.file) : openInventory(file.file); });
    connect(m_fleet, &FleetPage::figureChosen, &m_views, &ViewMaker::setFigure);
    connect(m_fleet, &FleetPage::runChosen, this, [this](const QString& run) { m_session.openRun(domain::RunId(run.toStdString())); });
    connect(m_fleet, &FleetPage::nodeOpened, this, &Workbench::openNode);
    connect(m_run, &RunPage::nodeOpened, this, &Workbench::openNode);
    connect(m_run, &RunPage::startAsked, this, &Workbench::beginRun);
    connect(m_run, &RunPage::newRunAsked, this, &Workbench::newRun);
    connect(m_run, &RunPage::continueAsked, this, [this](const QString& run) {
        if (const auto ramp = m_run->plan().ramp().terms())
            m_session.resume(domain::RunId(run.toStdString()), *ramp);
    });
    connect(m_run, &RunPage::stopAsked, this, [this] { m_session.cancel(tr("stopped by %1 in the window").arg(QString::fromStdString(m_session.tools().operatorName))); });
    connect(m_run, &RunPage::detachAsked, &m_session, &Session::detach);
    connect(m_run, &RunPage::pauseAsked, &m_session, &Session::setPaused);
    connect(m_run, &RunPage::stepEndAsked, this, [this](const QStringList& nodes) {
        std::vector<domain::NodeId> ids;
        for (const QString& node : nodes)
            ids.emplace_back(node.toStdString());
        m_session.endStep(std::move(ids));
    });
    connect(m_run, &RunPage::menuAsked, this, &Workbench::showNodeMenu);
    connect(m_fleet, &FleetPage::menuAsked, this, &Workbench::showNodeMenu);
    connect(&m_run->plan(), &PlanColumn::estimateWanted, &m_session, &Session::estimate);
    connect(m_node, &NodePanel::streamWanted, &m_session, &Session::readStream);
    connect(m_node, &NodePanel::closeAsked, this, [this] { setDockWanted(false); });
    connect(&m_selection, &Selection::changed, this, [this] {
        m_run->setSelection(m_selection.nodes());
        refreshNode();
    });
    connect(this, &MainWindow::pageShown, m_run, &RunPage::refreshHeader);
    connect(this, &MainWindow::pageShown, this, [this](const QString& page) {
        if (page == fleetName)
            m_fleet->view().setFocus();
    });
}

void Workbench::setLab(const QString& inventory)
{
    m_lab = inventory;
    m_labAction->setEnabled(!inventory.isEmpty());
    m_welcome->setLab(inventory);
}

void Workbench::lookAround()
{
    ++m_pending;
    m_session.lookAtComputer();
}

void Workbench::useStore(const QString& file) { m_session.useStore(file); }

void Workbench::wantPage(const QString& name)
{
    m_wantedPage = name;
    if (m_session.fleet() || m_shown)
        showWantedPage();
}

// What was opened appears on the page that was asked for, or on the racks if nobody asked and nothing else is shown.
void Workbench::showWantedPage()
{
    const QString wanted = std::exchange(m_wantedPage, QString());
    if (!wanted.isEmpty())
        showPage(wanted);
    else if (currentPage() == welcomeName)
        showPage(fleetName);
}

void Workbench::openInventory(const QString& file)
{
    ++m_pending;
    m_inventory = file;
    m_session.openInventory(file);
}

void Workbench::openStore(const QString& file, const QString& run)
{
    ++m_pending;
    m_wantedRun = run;
    m_openNewest = true;
    m_session.openStore(file);
}

void Workbench::startPlan(const QString& plan)
{
    if (!m_session.fleet() || !m_run->plan().plan()) {
        m_plannedStart = plan;
        return;
    }
    m_run->plan().choosePlan(plan);
    if (m_run->plan().plan()->name != plan.toStdString()) {
        showFailure(Session::Place::Run, {domain::Stage::Input, domain::FailureKind::NotFound, "no built-in plan named \"" + plan.toStdString() + "\"", {}, "choose one on the Run page"});
        return;
    }
    beginRun();
}

void Workbench::showFleet(const std::shared_ptr<const domain::Fleet>& fleet)
{
    m_pending = std::max(0, m_pending - 1);
    rememberFile({RecentFile::Kind::Inventory, m_inventory});
    m_welcome->setRecent(recentFiles());
    m_welcome->notice().hide();
    m_run->plan().setFleet(fleet);
    if (!m_session.isLive()) {
        m_shown.reset();
        m_views.clear();
        m_fleet->setInventory(*fleet);
        m_run->showNewRun();
    }
    refreshNode();
    refreshTitle();
    refreshStatus();
    enablePages();
    if (!m_storeAfter.isEmpty())
        return openStore(std::exchange(m_storeAfter, {}), std::exchange(m_runAfter, {}));
    showWantedPage();
    sayAddition();
    if (!m_plannedStart.isEmpty())
        startPlan(std::exchange(m_plannedStart, {}));
}

void Workbench::showRuns(const std::vector<store::RunSummary>& runs)
{
    m_runs.setRuns(runs);
    m_fleet->setShownRun(m_shown ? QString::fromStdString(m_shown->snapshot->data->info.id.text()) : QString());
    if (!std::exchange(m_openNewest, false))
        return;
    if (runs.empty()) {
        m_pending = std::max(0, m_pending - 1);
        m_welcome->notice().say(State::NotTested, tr("%1 holds no run yet.").arg(m_session.storeFile()), tr("Open an inventory and start one."));
        return;
    }
    m_session.openRun(domain::RunId(m_wantedRun.toStdString()));
}

void Workbench::showViews(const std::shared_ptr<const RunViews>& views)
{
    const bool first = !m_shown || m_shown->snapshot->data->info.id != views->snapshot->data->info.id;
    m_shown = views;
    const bool paused = views->snapshot->pause.has_value();
    m_pauseAction->setText(paused ? tr("Continue the paused run") : tr("Pause run"));
    m_fleet->setViews(*views);
    m_run->setViews(views);
    m_run->tick(QDateTime::currentMSecsSinceEpoch() / 1000.0);
    refreshNode();
    refreshTitle();
    refreshStatus();
    if (!first)
        return;
    m_pending = views->snapshot->live ? m_pending : std::max(0, m_pending - 1);
    m_fleet->setShownRun(QString::fromStdString(views->snapshot->data->info.id.text()));
    enablePages();
    showWantedPage();
}

void Workbench::showFailure(Session::Place place, const domain::Failure& failure)
{
    m_lastFailure = QString::fromStdString(domain::sentence(failure));
    if (place == Session::Place::Stream) {
        m_node->setStreamFailure(failure);
        return;
    }
    m_pending = std::max(0, m_pending - 1);
    const QString page = currentPage();
    Notice& notice = place == Session::Place::Run && page != fleetName ? m_run->notice() : page == fleetName ? m_fleet->notice() : page == runName ? m_run->notice() : m_welcome->notice();
    notice.say(State::Failed, shown(failure.what), shown(failure.advice), detailsOf(failure));
}

void Workbench::beginRun()
{
    const domain::Plan* plan = m_run->plan().plan();
    const auto ramp = m_run->plan().ramp().terms();
    if (!plan || !ramp || m_session.isLive())
        return;
    m_run->notice().hide();
    m_session.begin({*plan, m_run->plan().nodes(), m_run->plan().allowBusy(), *ramp});
}

void Workbench::newRun()
{
    if (m_session.isLive())
        return;
    if (!m_session.fleet()) {
        m_run->notice().say(State::NotTested, tr("A new run needs an inventory."), tr("Open one with Ctrl+I. The store knows what was measured, not how nodes are reached today."));
        return;
    }
    m_shown.reset();
    m_views.clear();
    m_run->showNewRun();
    m_fleet->setInventory(*m_session.fleet());
    m_fleet->setShownRun({});
    refreshNode();
    refreshTitle();
    refreshStatus();
    showPage(runName);
}

void Workbench::refreshNode()
{
    const QString node = m_selection.node();
    if (node.isEmpty()) {
        const auto count = m_selection.nodes().size();
        m_node->setEmpty(count > 1 ? tr("%1 nodes are selected. Select one to see what was measured on it.").arg(count) : tr("Select a node to see what was measured on it."));
        return;
    }
    const domain::NodeId id(node.toStdString());
    if (m_shown)
        m_node->setReport(nodeReport(*m_shown->snapshot, id));
    else if (m_session.fleet())
        m_node->setReport(nodeReport(*m_session.fleet(), id));
}

void Workbench::openNode(const QString& node)
{
    m_selection.setNodes({node});
    showPage(fleetName);
    setDockWanted(true);
}

void Workbench::askHostKey(const campaign::HostKeyQuestion& question)
{
    auto* dialog = new HostKeyDialog(question, this);
    connect(dialog, &QDialog::finished, this, [this, dialog] { m_session.questions().answer(dialog->answer()); });
    openForAnAnswer(*dialog);
}

void Workbench::askSecret(const campaign::SecretQuestion& question)
{
    auto* dialog = new SecretDialog(question, this);
    connect(dialog, &QDialog::finished, this, [this, dialog] { m_session.questions().answer(dialog->takeAnswer()); });
    openForAnAnswer(*dialog);
}

void Workbench::openForAnAnswer(QDialog& dialog)
{
    dialog.setAttribute(Qt::WA_DeleteOnClose);
    // The run went on without an answer: nobody waits for it any more.
    connect(&m_session.questions(), &QuestionDesk::closed, &dialog, [&dialog] {
        dialog.disconnect();
        dialog.close();
    });
    dialog.open();
}

void Workbench::enablePages()
{
    const bool open = m_session.fleet() || m_shown;
    setPageEnabled(fleetName, open, open ? tr("Racks and verdicts (Ctrl+1)") : tr("Open an inventory or a store first"));
    setPageEnabled(runName, open, open ? tr("Plan, start and follow a run (Ctrl+2)") : tr("Open an inventory or a store first"));
}

void Workbench::refreshTitle()
{
    QStringList parts;
    bool simulated = false;
    if (m_shown) {
        const auto& info = m_shown->snapshot->data->info;
        parts << shown(info.fleet.name) << tr("run %1").arg(shown(info.id.text()));
        simulated = m_shown->fleet->simulated;
    } else if (m_session.fleet()) {
        parts << shown(m_session.fleet()->name);
    }
    setSessionTitle(parts.join(QStringLiteral("  ·  ")), simulated ? QStringLiteral("SIMULATED") : QString());
}

void Workbench::refreshStatus()
{
    std::vector<StatusItem> items;
    if (m_shown) {
        const StateCounts& counts = m_shown->counts;
        const auto& info = m_shown->snapshot->data->info;
        const bool working = m_shown->snapshot->live && !m_shown->snapshot->finished;
        if (counts.of(State::Running) > 0)
            items.push_back({State::Running, tr("%1 working").arg(nodesText(counts.of(State::Running)))});
        if (counts.of(State::Unreachable) > 0)
            items.push_back({State::Unreachable, tr("%1 unreachable").arg(counts.of(State::Unreachable))});
        if (working)
            items.push_back({std::nullopt, tr("Journals are safe on every node: closing this window loses nothing")});
        else
            items.push_back({std::nullopt, tr("Run %1 %2, %3").arg(shown(info.id.text()), shown(domain::runStateText(info.state)), dateText(info.finishedWall > 0 ? info.finishedWall : info.startedWall))});
    } else if (m_session.fleet()) {
        items.push_back({State::NotTested, tr("%1 in %2, nothing measured yet").arg(nodesText(static_cast<int>(m_session.fleet()->nodes.size())), shown(m_session.fleet()->name))});
    } else {
        items.push_back({std::nullopt, tr("Nothing is open")});
    }
    status().setItems(std::move(items));
}

void Workbench::closeEvent(QCloseEvent* event)
{
    if (!m_session.isLive()) {
        if (m_keepsState)
            saveState();
        event->accept();
        return;
    }
    event->ignore();
    if (m_leaving)
        return; // closes by itself when the run has ended
    LeaveDialog dialog(m_shown ? QString::fromStdString(m_shown->snapshot->data->info.id.text()) : QString(), this);
    dialog.exec();
    if (dialog.choice() == LeaveDialog::Choice::Stay)
        return;
    m_leaving = true;
    if (!m_session.isLive())
        close();
    else if (dialog.choice() == LeaveDialog::Choice::Detach)
        m_session.detach();
    else
        m_session.cancel(tr("the window was closed"));
}

} // namespace seatrial::gui
