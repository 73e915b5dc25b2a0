// SPDX-License-Identifier: GPL-3.0-or-later
// What keeps its place although it was interrupted: the order of the plan, and the steps in which load comes.
#include "core/protocol/version.h"
#include "tests/core/campaign/campaign_stage.h"

#include <QTest>

using namespace seatrial;
using namespace seatrial::campaign;
using domain::NodeId;
using domain::Verdict;
using tests::Stage;
using tests::inTwoSteps;

class TestCampaignOrder : public QObject
{
    Q_OBJECT

    static Terms ordered(Stage &stage, bool pairs)
    {
        auto terms = stage.terms(false);
        terms.plan = *domain::parsePlan(tests::kOrderedPlan, "plan.yaml");
        if (!pairs)
            terms.plan.steps.erase(terms.plan.steps.begin() + 4);
        return terms;
    }

    /// The steps that @p node completed, in the order in which it did them.
    static QStringList completed(const domain::RunData &data, const std::string &node)
    {
        QStringList steps;
        for (const auto &result : data.results) {
            if (result.node.text() == node && result.finished.status == protocol::StepStatus::Completed)
                steps << QString::fromStdString(result.key.step.text());
        }
        steps.removeDuplicates();
        return steps;
    }

    static QStringList planned(bool pairs)
    {
        QStringList steps{"health-before", "memory", "cpu", "disk", "network", "health-after"};
        if (!pairs)
            steps.removeOne("network");
        return steps;
    }

    static bool begun(Stage &stage, const std::string &node, const std::string &step)
    {
        const auto now = stage.watcher.now();
        if (!now)
            return false;
        const auto at = std::ranges::find(now->nodes, NodeId(node), &NodeProgress::node);
        const auto &steps = now->data->info.plan.steps;
        const auto index = static_cast<std::size_t>(std::ranges::find(steps, domain::StepId(step), &domain::PlanStep::id) - steps.begin());
        return at->steps[index] == StepState::InWork;
    }

    /// As the node itself knows it, so that a step need not last until somebody was told.
    static bool atWork(Stage &stage, const std::string &node, const std::string &step)
    {
        constexpr int kMostAttempts = 8;
        for (int attempt = 1; attempt <= kMostAttempts; ++attempt) {
            if (stage.fleet.node(node).isAtWork(step + '#' + std::to_string(attempt)))
                return true;
        }
        return false;
    }

    /// What is left is done fast. Only while all nodes are idle in a pause: they read it when they get their next order.
    static void hurry(Stage &stage)
    {
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.02;
    }

    static bool idleInPause(Stage &stage)
    {
        const auto now = stage.watcher.now();
        return now && now->pause && std::ranges::all_of(now->nodes, [](const auto &node) { return node.phase == NodePhase::Attached && node.doing == "paused"; });
    }

private slots:
    /// An inventory may be far larger than a run: what was not chosen does not weigh on it.
    void aRunTakesSoManyNodes()
    {
        Stage stage(2);
        auto terms = stage.terms(true);
        for (std::size_t i = 0; i < Campaign::kMostNodes; ++i) {
            domain::Node other;
            other.id = domain::NodeId("other-" + std::to_string(i));
            terms.fleet.nodes.push_back(other);
        }
        auto all = terms;
        for (const auto &node : all.fleet.nodes) {
            if (all.nodes.size() <= Campaign::kMostNodes)
                all.nodes.push_back(node.id);
        }
        const auto refused = Campaign::begin(stage.worlds(), std::move(all));
        QVERIFY(!refused);
        QCOMPARE(refused.error().what, std::string("10001 nodes are more than a run takes, which is 10000"));
        QVERIFY(!stage.store->runData({})); // nothing was begun

        auto begun = Campaign::begin(stage.worlds(), std::move(terms));
        QVERIFY(begun.has_value());
        const auto last = (*begun)->wait();
        QCOMPARE(last->data->info.fleet.nodes.size(), 2u);
        QCOMPARE(last->data->info.fleet.shared.size(), 1u);
        QCOMPARE(last->verdict->nodes.size(), 2u);
    }

    void aPauseKeepsTheOrderOfThePlan_data()
    {
        QTest::addColumn<bool>("pairs");
        QTest::newRow("of nodes alone") << false;
        QTest::newRow("with pairs") << true;
    }
    void aPauseKeepsTheOrderOfThePlan()
    {
        QFETCH(bool, pairs);
        Stage stage(4);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.3;
        auto run = Campaign::begin(stage.worlds(), ordered(stage, pairs));
        QVERIFY(run);
        QTRY_VERIFY_WITH_TIMEOUT(begun(stage, "n1", "health-before"), 10000);
        (*run)->pause("jane");
        QTRY_VERIFY_WITH_TIMEOUT(idleInPause(stage), 10000);
        hurry(stage);
        (*run)->proceed("jane");
        const auto last = (*run)->wait();
        for (const auto &name : stage.names)
            QCOMPARE(completed(*last->data, name), planned(pairs));
        QCOMPARE(last->stepsDone, last->stepsPlanned);
        QCOMPARE(last->stepsDone, pairs ? 4 * 5 + 4 : 4 * 5);
    }

    // What the supervisor had in its queue is gone with it, and is ordered again.
    void aKilledSupervisorKeepsTheOrderOfThePlan()
    {
        Stage stage(2);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.25;
        auto run = Campaign::begin(stage.worlds(), ordered(stage, false));
        QVERIFY(run);
        QTRY_VERIFY_WITH_TIMEOUT(atWork(stage, "n1", "memory"), 10000);
        stage.fleet.node("n1").endSupervisor();
        const auto last = (*run)->wait();
        for (const auto &name : stage.names)
            QCOMPARE(completed(*last->data, name), planned(false));
        QCOMPARE(stage.fleet.node("n1").startedTwice, 0);
        QCOMPARE(last->stepsDone, 10);
    }

    void aContinuedRunKeepsTheOrderOfThePlan()
    {
        Stage stage(2);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.25;
        domain::RunId id;
        {
            auto run = Campaign::begin(stage.worlds(), ordered(stage, false));
            QVERIFY(run);
            id = (*run)->run();
            QTRY_VERIFY_WITH_TIMEOUT(atWork(stage, "n1", "memory"), 10000);
            (*run)->detach();
            (*run)->wait();
        }
        for (const auto &name : stage.names)
            stage.fleet.node(name).cutConnection();
        stage.fleet.node("n1").endSupervisor(); // one step is abandoned while nobody is attached, the others are not known there any more
        auto again = Campaign::resume(stage.worlds(), id, Stage::criteria(), {});
        QVERIFY(again);
        const auto last = (*again)->wait();
        for (const auto &name : stage.names)
            QCOMPARE(completed(*last->data, name), planned(false));
    }

    void interruptedStepsAreMeasuredAgainAndEndedOnesAreNot()
    {
        Stage stage(1);
        auto &node = stage.fleet.node("n1");
        node.behaviour.stepSeconds = 0.4;
        auto run = Campaign::begin(stage.worlds(), ordered(stage, false));
        QVERIFY(run);
        QTRY_VERIFY_WITH_TIMEOUT(begun(stage, "n1", "health-before"), 10000);
        (*run)->pause("jane"); // everything behind it gets a further attempt
        QTRY_VERIFY_WITH_TIMEOUT(idleInPause(stage), 10000);
        (*run)->proceed("jane");
        QTRY_VERIFY_WITH_TIMEOUT(begun(stage, "n1", "memory"), 10000);
        node.endSupervisor(); // says nothing of the node, whatever attempt it was
        QTRY_VERIFY_WITH_TIMEOUT(begun(stage, "n1", "cpu"), 10000);
        (*run)->endStep({NodeId("n1")}, "jane"); // was seen enough of, although a supervisor was killed before
        const auto last = (*run)->wait();
        QCOMPARE(completed(*last->data, "n1"), (QStringList{"health-before", "memory", "disk", "health-after"}));
        QCOMPARE(last->verdict->find(NodeId("n1"))->coverage.measured, 4);
    }

    void aRunThatIsLetGoAgainAndAgainIsNoDeath()
    {
        Stage stage(1);
        auto &node = stage.fleet.node("n1");
        node.behaviour.stepSeconds = 0.25;
        auto run = Campaign::begin(stage.worlds(), ordered(stage, false));
        QVERIFY(run);
        for (const char *step : {"health-before", "memory", "cpu", "disk", "health-after"}) {
            QTRY_VERIFY_WITH_TIMEOUT(atWork(stage, "n1", step), 10000);
            node.endSupervisor(true);
            QTest::qWait(50);
        }
        const auto last = (*run)->wait();
        QCOMPARE(last->nodes.front().phase, NodePhase::Done);
        QCOMPARE(completed(*last->data, "n1"), planned(false));
        QVERIFY2(node.attachedBy.at(1).ends_with(" afterLoss"), node.attachedBy.at(1).c_str());
    }

    void aServerIsToldToEndWhenItIsBack()
    {
        Stage stage(2);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.5;
        auto terms = stage.terms(false);
        terms.plan.steps.erase(terms.plan.steps.begin()); // the pair alone
        auto run = Campaign::begin(stage.worlds(), std::move(terms));
        QVERIFY(run);
        const auto serving = [&](const std::string &name) { return stage.fleet.node(name).everStarted.contains("network@" + std::string(name == "n1" ? "n2" : "n1") + "/serve#1"); };
        QTRY_VERIFY_WITH_TIMEOUT(begun(stage, "n1", "network") || begun(stage, "n2", "network"), 10000);
        const std::string server = serving("n1") ? "n1" : "n2", partner = server == "n1" ? "n2" : "n1";
        QVERIFY(serving(server));
        auto &away = stage.fleet.node(server).behaviour;
        away.connectFailure = {domain::Stage::Connect, domain::FailureKind::Timeout, "away", {}, {}};
        away.connectFails = 2;
        stage.fleet.node(server).cutConnection();
        auto &gone = stage.fleet.node(partner).behaviour;
        gone.connectFailure = {domain::Stage::HostKey, domain::FailureKind::Changed, "gone", {}, {}};
        gone.connectFails = 1000;
        stage.fleet.node(partner).cutConnection();
        (*run)->wait();
        QVERIFY(stage.fleet.node(server).wasToldToEnd("network@" + partner + "/serve#1"));
    }

    // A supervisor that ends is not the pair's fault, on whichever side.
    void anInterruptedPairUsesUpNoTry_data()
    {
        QTest::addColumn<bool>("server");
        QTest::newRow("the server's supervisor") << true;
        QTest::newRow("the measuring node's supervisor") << false;
    }

    void anInterruptedPairUsesUpNoTry()
    {
        QFETCH(bool, server);
        Stage stage(2);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.4;
        auto terms = stage.terms(false);
        terms.plan.steps.erase(terms.plan.steps.begin()); // the pair alone
        terms.plan.steps.front().retests = 0;
        auto run = Campaign::begin(stage.worlds(), std::move(terms));
        QVERIFY(run);
        for (int attempt = 1; attempt <= 3; ++attempt) {
            const std::string role = server ? "/serve#" : "#";
            const auto inWork = [&](const std::string &node, const std::string &peer) { return stage.fleet.node(node).isAtWork("network@" + peer + role + std::to_string(attempt)); };
            QTRY_VERIFY_WITH_TIMEOUT(inWork("n1", "n2") || inWork("n2", "n1"), 10000);
            stage.fleet.node(inWork("n1", "n2") ? "n1" : "n2").endSupervisor(true);
        }
        QCOMPARE((*run)->wait()->verdict->count(Verdict::Qualified), 2);
    }

    void loadIsNotExtendedInAPause()
    {
        Stage stage(8);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.2;
        auto terms = inTwoSteps(stage);
        terms.ramp.pauseSeconds = 0.8;
        auto campaign = Campaign::begin(stage.worlds(), std::move(terms));
        QVERIFY(campaign);
        QTRY_VERIFY_WITH_TIMEOUT(stage.watcher.heard("50 % of them first"), 10000);
        (*campaign)->pause("jane");
        QTRY_VERIFY_WITH_TIMEOUT(idleInPause(stage), 10000);
        QVERIFY(!stage.watcher.heard("extended to"));
        QTest::qWait(1000); // longer than the load would have waited
        QVERIFY(!stage.watcher.heard("extended to"));
        hurry(stage);
        (*campaign)->proceed("jane");
        QCOMPARE((*campaign)->wait()->verdict->count(domain::Verdict::Qualified), 8);
        QVERIFY(stage.watcher.heard("extended to 100 %"));
    }

    void rampTimeBeginsWithTheLoad()
    {
        Stage stage(8);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 1;
        auto terms = ordered(stage, false);
        terms.ramp = {{0.5, 1}, 0.3, 2};
        auto campaign = Campaign::begin(stage.worlds(), std::move(terms));
        QVERIFY(campaign);
        QTRY_VERIFY_WITH_TIMEOUT(stage.watcher.heard("extended to 100 %"), 10000);
        const auto now = stage.watcher.now();
        QVERIFY(std::ranges::any_of(now->nodes, [](const auto &node) { return node.steps[1] != StepState::Ahead; }));
        (*campaign)->cancel("enough");
        (*campaign)->wait();
    }

    // Who does not answer when a run is continued did not die under load.
    void unreachableNodesOfAContinuedRunDoNotStopTheRamp()
    {
        Stage stage(8);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.3;
        domain::RunId id;
        {
            auto terms = inTwoSteps(stage);
            terms.plan.steps.back().partners = 2;
            auto run = Campaign::begin(stage.worlds(), std::move(terms));
            QVERIFY(run);
            id = (*run)->run();
            const auto allMeasured = [&] {
                const auto now = stage.watcher.now();
                return now && std::ranges::count_if(now->nodes, [](const auto &node) { return node.steps.front() == StepState::Done; }) == 8;
            };
            QTRY_VERIFY_WITH_TIMEOUT(allMeasured(), 10000);
            (*run)->detach();
            (*run)->wait();
        }
        for (const auto &name : stage.names)
            stage.fleet.node(name).cutConnection();
        for (const char *name : {"n1", "n2", "n3"}) {
            stage.fleet.node(name).behaviour.connectFailure = {domain::Stage::Connect, domain::FailureKind::Timeout, "no answer", {}, {}};
            stage.fleet.node(name).behaviour.connectFails = 1000;
        }
        auto terms = inTwoSteps(stage);
        terms.ramp.pauseSeconds = 2.6; // a node is tried twice within 2 s
        auto again = Campaign::resume(stage.worlds(), id, Stage::criteria(), terms);
        QVERIFY(again);
        const auto last = (*again)->wait();
        QVERIFY(!stage.watcher.heard("loaded nodes died"));
        for (const char *name : {"n4", "n5", "n6", "n7", "n8"}) // what the others had measured before may be enough for them as well
            QCOMPARE(last->verdict->find(NodeId(name))->verdict, Verdict::Qualified);
    }

    void aNewJournalIsNotBoundToTheConnection()
    {
        Stage stage(1);
        auto &node = stage.fleet.node("n1");
        node.behaviour.stepSeconds = 0.3;
        auto run = Campaign::begin(stage.worlds(), stage.terms(false));
        QTRY_VERIFY_WITH_TIMEOUT(begun(stage, "n1", "memory"), 10000);
        node.say(protocol::Event{protocol::Severity::Warning, "supervisor.attached", {}, {}, "The run works only while somebody is attached.", {}});
        node.say(protocol::Hello{protocol::kProtocolVersion, "0.1.0", "fake", "n1", "n1", "x86_64", "6.0", "glibc 2.36", false}); // its folder was wiped
        node.cutConnection();
        (*run)->wait();
        QVERIFY(stage.watcher.heard("goes on under its lease"));
        QVERIFY(!stage.watcher.heard("Its step in work ends with it"));
    }
};

QTEST_GUILESS_MAIN(TestCampaignOrder)
#include "tst_campaign_order.moc"
