// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/judge.h"
#include "core/report/run_tables.h"
#include "gui/models/ssh_command.h"
#include "gui/models/event_model.h"
#include "gui/models/findings_model.h"
#include "gui/models/fleet_from_run.h"
#include "gui/models/node_report.h"
#include "gui/models/nodes_model.h"
#include "gui/models/run_views.h"
#include "gui/models/runs_model.h"
#include "gui/models/table_model.h"
#include "gui/models/words.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace seatrial;
using namespace seatrial::gui;
using campaign::NodePhase;
using campaign::StepState;
using domain::Verdict;

Q_DECLARE_METATYPE(seatrial::gui::State)

namespace {

domain::Plan twoSteps()
{
    domain::Plan plan;
    plan.name = "two";
    for (const auto* name : {"memory", "network"}) {
        domain::PlanStep step;
        step.id = domain::StepId(name);
        step.check = domain::CheckId(std::string("host.") + name);
        step.title = name;
        plan.steps.push_back(step);
    }
    return plan;
}

domain::Finding missed(const std::string& check, Verdict verdict)
{
    domain::Finding finding;
    finding.verdict = verdict;
    finding.check = check;
    finding.metric = "triad";
    finding.subject = "node";
    finding.judgement = domain::Judgement::Fleet;
    finding.value = 6.1;
    finding.unit = protocol::Unit::GigabytesPerSecond;
    finding.limit = "≥ 8.4 GB/s";
    finding.limitValue = 8.4;
    finding.margin = -0.27;
    finding.source = "somewhere";
    finding.text = "triad is low";
    finding.advice = "exchange it";
    return finding;
}

// Nodes a1 to a4 in rack A, b1 to b4 in rack B; verdicts and phases are set by each test.
struct Run {
    std::shared_ptr<domain::RunData> data = std::make_shared<domain::RunData>();
    std::shared_ptr<domain::FleetVerdict> verdict = std::make_shared<domain::FleetVerdict>();
    std::shared_ptr<campaign::Snapshot> snapshot = std::make_shared<campaign::Snapshot>();

    Run()
    {
        data->info.id = domain::RunId("7");
        data->info.plan = twoSteps();
        data->info.fleet.name = "hall";
        for (const std::string rack : {"A", "B"}) {
            data->info.fleet.racks.push_back({domain::RackId(rack), 10});
            for (int i = 1; i <= 4; ++i) {
                domain::Node node;
                node.id = domain::NodeId((rack == "A" ? "a" : "b") + std::to_string(i));
                node.rack = domain::RackId(rack);
                node.unit = i;
                data->info.fleet.nodes.push_back(node);
                data->info.nodes.push_back(node.id);
                campaign::NodeProgress progress;
                progress.node = node.id;
                progress.phase = NodePhase::Done;
                progress.steps = {StepState::Done, StepState::Done};
                snapshot->nodes.push_back(progress);
                domain::NodeVerdict judged;
                judged.node = node.id;
                judged.verdict = Verdict::Qualified;
                verdict->nodes.push_back(judged);
            }
        }
        snapshot->data = data;
        snapshot->verdict = verdict;
        snapshot->finished = true;
    }
    void fail(int node, Verdict value)
    {
        auto& judged = verdict->nodes[static_cast<std::size_t>(node)];
        judged.verdict = value;
        judged.reasons = judged.findings = {missed("host.memory", value)};
    }
};

} // namespace

class TestModels : public QObject {
    Q_OBJECT

private slots:
    void sshCommandIsQuoted()
    {
        domain::Node node;
        node.address = "10.0.0.1";
        node.ssh.user = "ops";
        node.ssh.port = 2222;
        node.ssh.identity = "/home/jane doe/it's";
        node.ssh.jumps = std::vector<std::string>{"a@gate:22", "inner"};
        QCOMPARE(sshCommand(node), QStringLiteral("ssh -p 2222 -i '/home/jane doe/it'\\''s' -o IdentitiesOnly=yes -J a@gate:22,inner ops@10.0.0.1"));
        node.ssh = {};
        node.ssh.jumps.emplace();
        QCOMPARE(sshCommand(node), QStringLiteral("ssh -J none 10.0.0.1"));
    }

    void reasonsNameThePartFirst_data()
    {
        QTest::addColumn<QString>("subject");
        QTest::addColumn<QString>("metric");
        QTest::addColumn<double>("value");
        QTest::addColumn<QString>("words");
        QTest::newRow("node") << "node" << "triad" << 6.1 << "6.1 GB/s triad";
        QTest::newRow("GPU") << "gpu/3" << "wrong_fp32" << 2.5 << QStringLiteral("GPU 3 \u00b7 2.5 GB/s wrong fp32");
        QTest::newRow("NVLink") << "gpu/3/link/7" << "crc" << 1.0 << QStringLiteral("GPU 3 \u00b7 1 GB/s crc");
        QTest::newRow("pair of GPUs") << QStringLiteral("gpu/0\u2192gpu/5") << "peer" << 1.0 << QStringLiteral("GPU 0\u21925 \u00b7 1 GB/s peer");
        QTest::newRow("adapter") << "nic/mlx5_0" << "rate" << 1.0 << QStringLiteral("mlx5_0 \u00b7 1 GB/s rate");
        QTest::newRow("pair of nodes") << QStringLiteral("n01\u2192n02") << "tcp" << 1.0 << "1 GB/s tcp";
        QTest::newRow("made up") << "gpu/" << "tcp" << 1.0 << QStringLiteral("GPU  \u00b7 1 GB/s tcp");
    }

    void reasonsNameThePartFirst()
    {
        QFETCH(QString, subject);
        QFETCH(QString, metric);
        QFETCH(double, value);
        domain::Finding finding;
        finding.check = "gpu.health";
        finding.subject = subject.toStdString();
        finding.metric = metric.toStdString();
        finding.unit = protocol::Unit::GigabytesPerSecond;
        QCOMPARE(reasonWords(finding), QStringLiteral("no\u00a0health"));
        finding.value = value;
        QTEST(reasonWords(finding), "words");
    }

    void whoHungInAGroupIsSaidSo()
    {
        domain::Finding finding;
        finding.check = "host.collective";
        finding.judgement = domain::Judgement::State;
        finding.verdict = Verdict::Failed;
        QCOMPARE(reasonWords(finding), QStringLiteral("hung in groups"));
        finding.verdict = Verdict::Marginal;
        QCOMPARE(reasonWords(finding), QStringLiteral("hung once in a group"));
        finding.judgement = domain::Judgement::Coverage;
        finding.verdict = Verdict::Unknown;
        QCOMPARE(reasonWords(finding), QStringLiteral("no\u00a0collective"));
    }

    void nodeStates_data()
    {
        QTest::addColumn<int>("phase");
        QTest::addColumn<bool>("live");
        QTest::addColumn<bool>("stuck");
        QTest::addColumn<int>("failureKind");
        QTest::addColumn<int>("stage");
        QTest::addColumn<bool>("reached");
        QTest::addColumn<int>("verdict");
        QTest::addColumn<State>("state");
        const int none = -1;
        const auto row = [](const char* name, NodePhase phase, bool live, bool stuck, int kind, domain::Stage stage, bool reached, Verdict verdict, State state) {
            QTest::newRow(name) << int(phase) << live << stuck << kind << int(stage) << reached << int(verdict) << state;
        };
        const auto run = domain::Stage::Run;
        row("waiting", NodePhase::Waiting, true, false, none, run, true, Verdict::Unknown, State::NotTested);
        row("connecting", NodePhase::Connecting, true, false, none, run, true, Verdict::Unknown, State::Running);
        row("working though it failed something", NodePhase::Working, true, false, none, run, true, Verdict::Failed, State::Running);
        row("reconnecting", NodePhase::Reconnecting, true, false, none, run, true, Verdict::Unknown, State::Running);
        row("stuck", NodePhase::Working, true, true, none, run, true, Verdict::Unknown, State::Stuck);
        row("done in a live run", NodePhase::Done, true, false, none, run, true, Verdict::Failed, State::Failed);
        row("marginal", NodePhase::Done, false, false, none, run, true, Verdict::Marginal, State::Marginal);
        row("qualified", NodePhase::Done, false, false, none, run, true, Verdict::Qualified, State::Qualified);
        row("no answer", NodePhase::Failed, true, false, int(domain::FailureKind::Timeout), domain::Stage::Connect, false, Verdict::Unknown, State::Unreachable);
        row("no login", NodePhase::Failed, true, false, int(domain::FailureKind::Refused), domain::Stage::Login, false, Verdict::Unknown, State::Unreachable);
        row("key changed", NodePhase::Failed, true, false, int(domain::FailureKind::Changed), domain::Stage::HostKey, false, Verdict::Unknown, State::Unknown);
        row("engine broke", NodePhase::Failed, true, false, int(domain::FailureKind::Broken), domain::Stage::Attach, true, Verdict::Unknown, State::Unknown);
        row("interrupted", NodePhase::Waiting, false, false, none, run, true, Verdict::Unknown, State::Unknown);
    }
    void nodeStates()
    {
        QFETCH(int, phase);
        QFETCH(bool, live);
        QFETCH(bool, stuck);
        QFETCH(int, failureKind);
        QFETCH(int, stage);
        QFETCH(bool, reached);
        QFETCH(int, verdict);
        QFETCH(State, state);
        campaign::Snapshot snapshot;
        snapshot.live = live;
        campaign::NodeProgress progress;
        progress.phase = static_cast<NodePhase>(phase);
        progress.stuck = stuck;
        if (failureKind >= 0)
            progress.failure = domain::Failure{static_cast<domain::Stage>(stage), static_cast<domain::FailureKind>(failureKind), "x", {}, {}};
        domain::NodeVerdict judged;
        judged.verdict = static_cast<Verdict>(verdict);
        judged.reached = reached;
        QCOMPARE(stateOf(snapshot, progress, &judged), state);
    }

    void equalNodesShareARow()
    {
        Run run;
        run.fail(1, Verdict::Failed);
        const auto views = makeRunViews(run.snapshot, {});
        QCOMPARE(views->single.size(), 8U);
        QCOMPARE(views->folded.size(), 3U);
        QCOMPARE(views->folded[0].hosts, QStringLiteral("a[1,3-4]"));
        QCOMPARE(views->folded[1].hosts, QStringLiteral("a2"));
        QCOMPARE(views->folded[1].state, State::Failed);
        QCOMPARE(*views->folded[1].track[0], State::Failed);
        QCOMPARE(*views->folded[1].track[1], State::Qualified);
        QVERIFY(views->folded[2].beginsRack);
        QCOMPARE(views->counts.of(State::Qualified), 7);
        QCOMPARE(views->steps[0].done, 8);
        QCOMPARE(views->steps[0].worst, State::Failed);
        QCOMPARE(views->figure.metric, std::string("triad"));
    }

    void theUsualFigureSaysSomethingOfTheNode()
    {
        const ShownFigure offset{"clock", "offset"}, reduce{"gpu.collective", "all_reduce_bus_bandwidth"}, triad{"host.memory", "triad"};
        QVERIFY(usualFigure({}) == triad);
        QVERIFY(usualFigure({offset}) == offset);
        QVERIFY(usualFigure({offset, reduce}) == reduce);
        QVERIFY(usualFigure({offset, reduce, triad}) == triad);
    }

    void nodesModelChangesOnlyWhatDiffers()
    {
        Run run;
        NodesModel model;
        const QAbstractItemModelTester tester(&model);
        model.setRows(makeRunViews(run.snapshot, {})->folded);
        QCOMPARE(model.rowCount(), 2);
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        QSignalSpy removed(&model, &QAbstractItemModel::rowsRemoved);
        run.fail(2, Verdict::Marginal);
        model.setRows(makeRunViews(run.snapshot, {})->folded);
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(inserted.size(), 1);
        QCOMPARE(removed.size(), 1); // rack B's row was not touched
        QCOMPARE(removed.first()[2].toInt(), 0);
        QCOMPARE(model.rowOf(QStringLiteral("a3")), 1);
        model.setRows({});
        QCOMPARE(model.rowCount(), 0);
    }

    void fleetShowsValuesReasonsAndPlaces()
    {
        Run run;
        run.fail(0, Verdict::Failed);
        run.verdict->nodes[1].findings = {missed("host.memory", Verdict::Qualified)};
        domain::Node stray;
        stray.id = domain::NodeId("stray");
        run.data->info.fleet.nodes.push_back(stray);
        const auto fleet = fleetFromRun(*run.snapshot, {"host.memory", "triad"});
        QCOMPARE(fleet->racks.size(), 3U);
        QCOMPARE(fleet->racks[2].name, QStringLiteral("Unplaced"));
        QCOMPARE(fleet->racks[2].nodes[0].reason, QStringLiteral("not in this run"));
        QCOMPARE(fleet->racks[0].nodes[0].reason, QStringLiteral("6.1 GB/s triad"));
        QCOMPARE(fleet->racks[0].nodes[0].marks[0].state, State::Failed);
        QCOMPARE(fleet->racks[0].nodes[1].value, QStringLiteral("6.1 GB/s"));
        QCOMPARE(fleet->counts.of(State::Failed), 1);
        QCOMPARE(fleet->counts.of(State::NotTested), 1);
    }

    void nodesInOneUnitStandSideBySide()
    {
        domain::Fleet fleet;
        fleet.racks.push_back({domain::RackId("A"), 4});
        for (const auto* name : {"x1", "x2"}) {
            domain::Node node;
            node.id = domain::NodeId(name);
            node.rack = domain::RackId("A");
            node.unit = 2;
            fleet.nodes.push_back(node);
        }
        const auto view = fleetFromInventory(fleet);
        QCOMPARE(view->racks[0].nodes[1].column, 1);
        QCOMPARE(view->racks[0].nodes[1].columns, 2);
        QCOMPARE(view->counts.of(State::NotTested), 2);
    }

    void eventsAreBoundedAndNewestFirst()
    {
        EventModel model;
        std::vector<campaign::LogLine> lines;
        for (int i = 0; i < 6000; ++i)
            lines.push_back({1000.0 + i, i % 2 ? protocol::Severity::Warning : protocol::Severity::Info, {domain::NodeId("n1")}, "line " + std::to_string(i)});
        model.append(lines);
        model.append(lines);
        QCOMPARE(model.rowCount(), int(EventModel::mostLines));
        QCOMPARE(model.index(0, EventModel::Text).data().toString(), QStringLiteral("line 5999"));
        EventFilter filter;
        filter.setSourceModel(&model);
        filter.setWarningsOnly(true);
        QCOMPARE(filter.rowCount(), int(EventModel::mostLines) / 2);
        filter.setNode(QStringLiteral("n2"));
        QCOMPARE(filter.rowCount(), 0);
        model.clear();
        QCOMPARE(model.rowCount(), 0);
    }

    void eventModelKeepsTheContract() // apart from the long log above: the tester looks at every row at every change
    {
        EventModel model;
        const QAbstractItemModelTester tester(&model);
        EventFilter filter;
        filter.setSourceModel(&model);
        const QAbstractItemModelTester filterTester(&filter);
        for (int i = 0; i < 20; ++i)
            model.append({{double(i), i % 2 ? protocol::Severity::Warning : protocol::Severity::Info, {domain::NodeId("n1")}, "x"}});
        filter.setWarningsOnly(true);
        QCOMPARE(filter.rowCount(), 10);
        model.clear();
        QCOMPARE(filter.rowCount(), 0);
    }

    void whatANodeSaysIsMadeHarmless()
    {
        EventModel model;
        model.append({{1, protocol::Severity::Info, {}, "bad \x1b[31m <b>bold</b>"}});
        QVERIFY(!model.index(0, EventModel::Text).data().toString().contains(QChar(0x1b)));
        QVERIFY(!model.index(0, EventModel::Text).data(Qt::ToolTipRole).toString().contains(QStringLiteral("<b>")));
    }

    void findingsExplainThemselves()
    {
        FindingsModel model;
        const QAbstractItemModelTester tester(&model);
        model.setFindings({missed("host.memory", Verdict::Failed), missed("host.network", Verdict::Qualified)}, twoSteps(), QStringLiteral("a1"));
        QCOMPARE(model.rowCount(), 2);
        const QModelIndex row = model.index(0, FindingsModel::Test);
        QCOMPARE(row.data().toString(), QStringLiteral("triad"));
        QCOMPARE(model.index(0, FindingsModel::Measured).data().toString(), QStringLiteral("6.1 GB/s"));
        QCOMPARE(model.index(0, FindingsModel::Limit).data().toString(), QStringLiteral("≥ 8.4"));
        QCOMPARE(model.index(0, FindingsModel::Margin).data(FindingsModel::MarginRole).toDouble(), -0.27);
        QCOMPARE(model.rowCount(row), 1);
        const QString detail = model.index(0, 0, row).data().toString();
        for (const auto* part : {"triad is low", "somewhere", "exchange it"})
            QVERIFY2(detail.contains(QString::fromLatin1(part)), part);
    }

    void tableKeepsEveryValue()
    {
        Run run;
        for (int i = 0; i < 50; ++i) {
            domain::Observation observation;
            observation.node = domain::NodeId(i % 2 ? "a1" : "b1");
            observation.key = {domain::StepId("memory"), {}, false, 0, 1};
            observation.measurement = {"memory#1", "host.memory", "triad", protocol::Unit::GigabytesPerSecond, "node", 8.123456789 + i, 5, {8, 9, 0.01}, {}};
            observation.wallSeconds = 1.8e9;
            run.data->observations.push_back(observation);
        }
        const report::Table whole = report::resultsTable(*run.data);
        TableModel model;
        const QAbstractItemModelTester tester(&model);
        model.setTable(whole);
        QCOMPARE(model.rowCount(), 50);
        const int value = model.columnOf(QStringLiteral("value"));
        QVERIFY(value >= 0);
        for (int row = 0; row < 50; ++row)
            QCOMPARE(model.index(row, value).data(Qt::EditRole).toDouble(), std::get<double>(whole.rows[static_cast<std::size_t>(row)][static_cast<std::size_t>(value)]));
        QCOMPARE(nodeReport(*run.snapshot, domain::NodeId("a1")).measured.rows.size(), 25U);
    }

    void runsAreListedNewestFirst()
    {
        RunsModel model;
        const QAbstractItemModelTester tester(&model);
        store::RunSummary old, young;
        old.id = domain::RunId("1");
        old.startedWall = 100;
        young.id = domain::RunId("2");
        young.startedWall = 200;
        young.state = domain::RunState::Interrupted;
        model.setRuns({old, young});
        QCOMPARE(model.index(0).data(RunsModel::IdRole).toString(), QStringLiteral("2"));
        QVERIFY(model.index(0).data().toString().contains(QStringLiteral("interrupted")));
        QCOMPARE(model.rowOf(domain::RunId("1")), 1);
    }

    void words_data()
    {
        QTest::addColumn<double>("seconds");
        QTest::addColumn<QString>("text");
        QTest::newRow("seconds") << 42.4 << "42 s";
        QTest::newRow("minutes") << 200.0 << "3 min 20 s";
        QTest::newRow("round") << 180.0 << "3 min";
        QTest::newRow("long") << 3000.0 << "50 min";
        QTest::newRow("hours") << 7500.0 << "2 h 05 min";
        QTest::newRow("negative") << -3.0 << "0 s";
    }
    void words()
    {
        QFETCH(double, seconds);
        QTEST(durationText(seconds), "text");
    }
};

QTEST_GUILESS_MAIN(TestModels)
#include "tst_models.moc"
