// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/session.h"

#include "core/importers/open_fleet.h"
#include "core/analysis/judge.h"
#include "core/campaign/campaign.h"
#include "core/campaign/estimate.h"
#include "core/report/table.h"
#include "gui/session/stored_log.h"

#include <QFileInfo>

namespace seatrial::gui {

using domain::Failure;
using domain::FailureKind;
using domain::Result;
using domain::Stage;

// A campaign with everything it borrows; the campaign is the last member, so it ends first.
struct ActiveRun {
    std::shared_ptr<campaign::LinkFactory> links;
    std::shared_ptr<campaign::Deployer> deployer;
    std::shared_ptr<store::Store> store;
    std::unique_ptr<campaign::Campaign> campaign;
};

namespace {

struct StoredRun {
    std::shared_ptr<const campaign::Snapshot> snapshot;
    std::vector<campaign::LogLine> log;
};

Result<StoredRun> readRun(store::Store& store, const domain::RunId& run, const Tools& tools)
{
    auto data = store.runData(run);
    if (!data)
        return std::unexpected(data.error());
    auto criteria = tools.criteria();
    if (!criteria)
        return std::unexpected(criteria.error());
    StoredRun stored;
    stored.log = storedLog(*data);
    auto verdict = analysis::judge(*data, *criteria);
    stored.snapshot = campaign::storedSnapshot(std::move(*data), std::move(verdict));
    return stored;
}

constexpr std::size_t mostStreamBytes = 1'000'000; // more is for a program, not for a pair of eyes

// Line by line without control characters; only the end of a long stream.
QString readableStream(const std::string& raw)
{
    std::size_t from = 0;
    QString text;
    if (raw.size() > mostStreamBytes) {
        const std::size_t cut = raw.find('\n', raw.size() - mostStreamBytes);
        from = cut == std::string::npos ? raw.size() - mostStreamBytes : cut + 1;
        text = QStringLiteral("… the first %1 MB are left out here; seatrialctl stream prints all\n").arg(static_cast<double>(from) / 1e6, 0, 'f', 1);
    }
    while (from < raw.size()) {
        const std::size_t end = std::min(raw.find('\n', from), raw.size());
        text += QString::fromStdString(report::printable(raw.substr(from, end - from))) + QLatin1Char('\n');
        from = end + 1;
    }
    return text;
}

} // namespace

Session::Session(Tools tools, QObject* parent) : QObject(parent), m_tools(std::move(tools))
{
    qRegisterMetaType<campaign::HostKeyQuestion>();
    qRegisterMetaType<campaign::SecretQuestion>();
    m_pool.setMaxThreadCount(4);
    connect(&m_relay, &RunRelay::snapshotArrived, this, &Session::arrived);
    connect(&m_relay, &RunRelay::linesArrived, this, &Session::logAppended);
}

Session::~Session()
{
    m_questions.close();
    if (m_active)
        m_active->campaign->detach();
    m_active.reset();
    m_pool.waitForDone();
}

template<typename Work, typename Deliver>
void Session::inBackground(Work work, Deliver deliver)
{
    m_pool.start([this, work = std::move(work), deliver = std::move(deliver)]() mutable {
        auto result = std::make_shared<decltype(work())>(work());
        QMetaObject::invokeMethod(this, [result, deliver = std::move(deliver)]() mutable { deliver(std::move(*result)); }, Qt::QueuedConnection);
    });
}

void Session::openInventory(const QString& file)
{
    inBackground([file] { return importers::openFleet(file.toStdString()); },
                 [this](Result<importers::OpenedFleet> opened) {
                     if (!opened)
                         return emit failed(Place::Inventory, opened.error());
                     m_fleet = std::make_shared<const domain::Fleet>(std::move(opened->fleet));
                     emit fleetChanged(m_fleet);
                     if (!opened->notes.empty())
                         emit fleetNoted(opened->notes);
                 });
}

void Session::openStore(const QString& file)
{
    const int generation = ++m_generation;
    inBackground(
        [this, file]() -> Result<StorePointer> {
            // Looking must not create an empty history where a name was mistyped.
            if (!QFileInfo::exists(file))
                return std::unexpected(Failure{Stage::Input, FailureKind::NotFound, "there is no store " + file.toStdString(), {}, "choose another file, or begin a run to make one"});
            return m_tools.openStore(file.toStdString());
        },
        [this, file, generation](Result<StorePointer> store) {
            if (generation != m_generation)
                return;
            if (!store)
                return emit failed(Place::Store, store.error());
            m_store = std::move(*store);
            m_storeFile = file;
            emit storeOpened(file);
            refreshRuns();
        });
}

void Session::useStore(const QString& file)
{
    ++m_generation;
    m_store.reset();
    m_storeFile = file;
}

void Session::lookAtComputer()
{
    inBackground([this] { return lookAtThisComputer(m_tools); }, [this](const QList<ComputerLine>& lines) { emit computerSeen(lines); });
}

void Session::refreshRuns()
{
    if (!m_store)
        return;
    inBackground([store = m_store] { return store->runs(); },
                 [this](Result<std::vector<store::RunSummary>> runs) {
                     if (runs)
                         emit runsChanged(*runs);
                     else
                         emit failed(Place::Store, runs.error());
                 });
}

void Session::readPlans()
{
    inBackground([this] { return m_tools.plans(); },
                 [this](std::vector<Result<domain::Plan>> plans) {
                     std::vector<domain::Plan> good;
                     for (auto& plan : plans) {
                         if (plan)
                             good.push_back(std::move(*plan));
                         else
                             emit failed(Place::Run, plan.error());
                     }
                     emit plansRead(good);
                 });
}

void Session::openRun(const domain::RunId& run)
{
    if (!m_store || isLive())
        return;
    const int generation = ++m_generation;
    inBackground([this, store = m_store, run] { return readRun(*store, run, m_tools); },
                 [this, generation](Result<StoredRun> stored) {
                     if (generation != m_generation || isLive())
                         return;
                     if (!stored)
                         return emit failed(Place::Run, stored.error());
                     showStored(std::move(stored->snapshot), std::move(stored->log));
                 });
}

void Session::showStored(std::shared_ptr<const campaign::Snapshot> snapshot, std::vector<campaign::LogLine> log)
{
    m_snapshot = std::move(snapshot);
    emit runOpened(m_snapshot->data->info);
    emit logReset();
    emit logAppended(log);
    emit snapshotChanged(m_snapshot);
}

// On a worker thread: the store that runs are written to, made if there is none.
Result<Session::StorePointer> Session::storeForWriting()
{
    const std::string file = m_storeFile.isEmpty() ? m_tools.defaultStore : m_storeFile.toStdString();
    return m_tools.openStore(file);
}

template<typename Launch>
void Session::launch(Launch start)
{
    if (m_launching || isLive())
        return;
    m_launching = true;
    ++m_generation;
    m_questions.open();
    emit logReset();
    inBackground(
        [this, start = std::move(start), store = m_store]() mutable -> Result<std::shared_ptr<ActiveRun>> {
            auto run = std::make_shared<ActiveRun>();
            auto deployer = m_tools.deployer();
            if (!deployer)
                return std::unexpected(deployer.error());
            auto opened = store ? Result<StorePointer>(store) : storeForWriting();
            if (!opened)
                return std::unexpected(opened.error());
            auto criteria = m_tools.criteria();
            if (!criteria)
                return std::unexpected(criteria.error());
            run->links = m_tools.links();
            run->deployer = *deployer;
            run->store = *opened;
            const campaign::Worlds worlds{*run->links, *run->deployer, m_questions, *run->store, m_relay};
            auto begun = start(worlds, std::move(*criteria));
            if (!begun)
                return std::unexpected(begun.error());
            run->campaign = std::move(*begun);
            return run;
        },
        [this](Result<std::shared_ptr<ActiveRun>> run) {
            m_launching = false;
            if (!run)
                return emit failed(Place::Run, run.error());
            takeRun(std::move(*run));
        });
}

void Session::takeRun(std::shared_ptr<ActiveRun> run)
{
    m_active = std::move(run);
    m_stopping = false;
    if (!m_store) {
        m_store = m_active->store;
        if (m_storeFile.isEmpty())
            m_storeFile = QString::fromStdString(m_tools.defaultStore);
        emit storeOpened(m_storeFile);
    }
    emit liveChanged(true);
    refreshRuns();
}

void Session::begin(Start start)
{
    if (!m_fleet)
        return;
    launch([this, start = std::move(start), fleet = m_fleet](const campaign::Worlds& worlds, analysis::Criteria criteria) mutable {
        campaign::Terms terms;
        terms.plan = std::move(start.plan);
        terms.fleet = *fleet;
        terms.nodes = std::move(start.nodes);
        terms.criteria = std::move(criteria);
        terms.operatorName = m_tools.operatorName;
        terms.allowBusy = start.allowBusy;
        terms.ramp = std::move(start.ramp);
        return campaign::Campaign::begin(worlds, std::move(terms));
    });
}

void Session::resume(const domain::RunId& run, const campaign::RampTerms& ramp)
{
    launch([run, ramp](const campaign::Worlds& worlds, analysis::Criteria criteria) {
        campaign::Terms terms;
        terms.ramp = ramp;
        return campaign::Campaign::resume(worlds, run, std::move(criteria), terms);
    });
}

void Session::arrived(std::shared_ptr<const campaign::Snapshot> snapshot)
{
    const bool another = !m_snapshot || m_snapshot->data->info.id != snapshot->data->info.id || !m_snapshot->live;
    m_snapshot = std::move(snapshot);
    if (another)
        emit runOpened(m_snapshot->data->info);
    emit snapshotChanged(m_snapshot);
    if (m_snapshot->finished)
        letGo();
}

void Session::letGo()
{
    m_questions.close();
    m_stopping = false;
    inBackground(
        [run = std::exchange(m_active, nullptr)]() mutable {
            if (run)
                run->campaign->wait(); // the verdict is stored when this returns
            run.reset();
            return 0;
        },
        [this](int) {
            emit liveChanged(isLive());
            refreshRuns();
        });
}

void Session::cancel(const QString& reason)
{
    if (!m_active)
        return;
    m_questions.close();
    m_active->campaign->cancel(reason.toStdString());
    m_stopping = true;
    emit stoppingChanged();
}

void Session::detach()
{
    if (!m_active)
        return;
    m_questions.close();
    m_active->campaign->detach();
    m_stopping = true;
    emit stoppingChanged();
}

void Session::setPaused(bool paused)
{
    if (!m_active)
        return;
    if (paused)
        m_active->campaign->pause(m_tools.operatorName);
    else
        m_active->campaign->proceed(m_tools.operatorName);
}

void Session::endStep(std::vector<domain::NodeId> nodes)
{
    if (m_active)
        m_active->campaign->endStep(std::move(nodes), m_tools.operatorName);
}

void Session::readStream(const QString& node)
{
    if (!m_store || !m_snapshot)
        return;
    inBackground([store = m_store, run = m_snapshot->data->info.id, id = domain::NodeId(node.toStdString())] -> Result<QString> {
            auto raw = store->rawStream(run, id);
            if (!raw)
                return std::unexpected(raw.error());
            return readableStream(*raw);
        },
                 [this, node](Result<QString> text) {
                     if (text)
                         emit streamRead(node, *text);
                     else
                         emit failed(Place::Stream, text.error());
                 });
}

void Session::estimate(const domain::Plan& plan, std::vector<domain::NodeId> nodes, const campaign::RampTerms& ramp)
{
    if (!m_fleet)
        return;
    const QString name = QString::fromStdString(plan.name);
    const int asked = ++m_estimates[name];
    inBackground([plan, ramp, nodes = std::move(nodes), fleet = m_fleet] { return campaign::quickEstimate(plan, *fleet, nodes, ramp).totalSeconds; },
                 [this, name, asked](double seconds) {
                     if (asked == m_estimates.value(name)) // an answer to what was asked before may come later
                         emit estimated(name, seconds);
                 });
}

} // namespace seatrial::gui
