// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/campaign/campaign_stage.h"

#include <QDateTime>
#include <QTest>
#include <algorithm>

using namespace seatrial;
using namespace seatrial::campaign;
using domain::NodeId;
using domain::Verdict;
using tests::Stage;
using tests::inTwoSteps;
using tests::kCriteria;
using tests::kPlan;

class TestCampaign : public QObject
{
    Q_OBJECT

    static void compareWithStore(Stage &stage, const Snapshot &last)
    {
        const auto stored = stage.store->runData(last.verdict->run);
        QVERIFY(stored.has_value());
        for (const auto &event : stored->events)
            QVERIFY2(!event.event.code.starts_with("stream.malformed"), "a cut stream is not a damaged one");
        QCOMPARE(stored->observations.size(), last.data->observations.size());
        std::set<std::pair<std::string, std::uint64_t>> seen;
        for (const auto &observation : stored->observations)
            QVERIFY2(seen.emplace(observation.node.text(), observation.sequence).second, "a record was stored twice");
    }

private slots:
    void loadIsExtendedInSteps()
    {
        Stage stage(8);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.3;
        auto terms = inTwoSteps(stage);
        terms.ramp.pauseSeconds = 1;
        auto campaign = Campaign::begin(stage.worlds(), std::move(terms));
        QVERIFY(campaign);
        std::optional<RampProgress> progress;
        QTRY_VERIFY((progress = stage.watcher.now() ? stage.watcher.now()->ramp : std::nullopt));
        QCOMPARE(progress->share, 0.5);
        QVERIFY(!progress->held && !progress->stopped);
        const double ahead = progress->nextWall - QDateTime::currentMSecsSinceEpoch() / 1000.0;
        QVERIFY2(ahead <= 1.1 && ahead > -30, qPrintable(QString::number(ahead))); // the machine may be slow
        const auto last = (*campaign)->wait();
        QVERIFY(!last->ramp);
        QCOMPARE(last->verdict->count(domain::Verdict::Qualified), 8);
        QVERIFY(stage.watcher.heard("50 % of them first"));
        QVERIFY(stage.watcher.heard("extended to 100 %"));
    }

    void lossesUnderLoadStopTheRamp()
    {
        tests::FakeBehaviour dies; // its power is gone once it is under load
        dies.stepSeconds = 0.8;
        dies.connectFailure = {domain::Stage::Connect, domain::FailureKind::Changed, "gone", {}, {}};
        Stage stage(0);
        for (int i = 1; i <= 8; ++i) {
            stage.names.push_back("n" + std::to_string(i));
            stage.fleet.add(stage.names.back(), dies);
        }
        auto terms = inTwoSteps(stage);
        terms.ramp.pauseSeconds = 2;
        auto campaign = Campaign::begin(stage.worlds(), std::move(terms));
        QVERIFY(campaign);
        std::vector<std::string> loaded; // which half it is depends on who was connected first
        const auto half = [&] {
            loaded.clear();
            const auto now = stage.watcher.now();
            for (std::size_t i = 0; now && i < now->nodes.size(); ++i) {
                if (now->nodes[i].steps.front() == StepState::InWork)
                    loaded.push_back(now->nodes[i].node.text());
            }
            return loaded.size() == 4;
        };
        QTRY_VERIFY(half());
        for (int i = 0; i < 3; ++i) {
            auto &node = stage.fleet.node(loaded[std::size_t(i)]);
            node.behaviour.connectFails = 1000;
            node.cutConnection();
        }
        const auto last = (*campaign)->wait();
        QVERIFY(last->ramp && last->ramp->stopped);
        QCOMPARE(last->ramp->share, 0.5);
        QVERIFY(stage.watcher.heard("load is not extended to 4 further nodes"));
        int untouched = 0;
        for (const auto &name : stage.names) {
            QCOMPARE(last->verdict->find(NodeId(name))->verdict, domain::Verdict::Unknown);
            untouched += stage.fleet.node(name).everStarted.empty();
        }
        QCOMPARE(untouched, 4); // never loaded
    }

    void initTestCase()
    {
        QVERIFY2(domain::parsePlan(kPlan, "plan.yaml").has_value(), "plan");
        const auto criteria = analysis::parseCriteria(kCriteria, "criteria.yaml");
        QVERIFY2(criteria.has_value(), criteria ? "" : domain::sentence(criteria.error()).c_str());
    }

    void healthyFleetQualifies()
    {
        Stage stage(6);
        auto run = Campaign::begin(stage.worlds(), stage.terms(true));
        QVERIFY(run.has_value());
        const auto last = (*run)->wait();
        QCOMPARE(last->verdict->count(Verdict::Qualified), 6);
        QVERIFY(last->finished);
        // One after another on a shared host; only the two sides of a pair work together.
        QVERIFY(stage.fleet.mostWorking <= 2);
        compareWithStore(stage, *last);
        QVERIFY(last->data->info.state == domain::RunState::Finished);
        QVERIFY(stage.store->runData({})->info.state == domain::RunState::Finished);
    }

    void faultsAreNamedAndTheOthersGoOn()
    {
        Stage stage(8);
        stage.fleet.node("n2").behaviour.bandwidth = 5;
        stage.fleet.node("n4").behaviour.link = 1;
        stage.fleet.node("n6").behaviour.connectFails = 99;
        stage.fleet.node("n6").behaviour.connectFailure = {domain::Stage::Connect, domain::FailureKind::Timeout, "n6: no answer for 10 s", {}, {}};
        stage.fleet.node("n7").behaviour.connectFails = 99;
        stage.fleet.node("n7").behaviour.connectFailure = {domain::Stage::HostKey, domain::FailureKind::Changed, "n7: its host key changed", {}, {}};
        auto run = Campaign::begin(stage.worlds(), stage.terms(true));
        const auto last = (*run)->wait();
        const auto verdict = [&](const char *node) { return last->verdict->find(NodeId(node))->verdict; };
        QCOMPARE(verdict("n2"), Verdict::Failed);
        QCOMPARE(verdict("n4"), Verdict::Failed);
        QCOMPARE(verdict("n6"), Verdict::Unknown);
        QCOMPARE(verdict("n7"), Verdict::Unknown);
        QCOMPARE(last->verdict->count(Verdict::Qualified), 4);
        QVERIFY(!last->verdict->find(NodeId("n7"))->reached);
        // What missed was measured again before it counted: three looks at the memory of n2.
        const auto attempts = std::ranges::count_if(last->data->results, [](const auto &result) { return result.node == NodeId("n2") && result.key.step.text() == "memory"; });
        QCOMPARE(attempts, 3);
        QCOMPARE(stage.fleet.node("n6").behaviour.connectFails, 97); // tried twice
        QCOMPARE(stage.fleet.node("n7").behaviour.connectFails, 98); // a changed key is never tried again
    }

    void cutConnectionsLoseNothing()
    {
        Stage stage(4);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.1;
        auto run = Campaign::begin(stage.worlds(), stage.terms(false));
        for (int i = 0; i < 10; ++i) {
            QTest::qWait(60);
            stage.fleet.node(stage.names[static_cast<std::size_t>(i) % 4]).cutConnection(static_cast<std::size_t>(i * 4));
        }
        const auto last = (*run)->wait();
        QCOMPARE(last->verdict->count(Verdict::Qualified), 4);
        compareWithStore(stage, *last);
        for (const auto &name : stage.names)
            QCOMPARE(stage.fleet.node(name).startedTwice, 0);
    }

    void whatBecomesOfProcessesIsTriedWhereItIsDoubted()
    {
        Stage stage(4);
        for (const auto *name : {"n1", "n2", "n4"}) {
            auto &survey = stage.fleet.node(name).behaviour.survey;
            survey.room.probe.survival = Survival::Doubted;
            survey.room.probe.survivalReason = "pam_slurm_adopt in /etc/pam.d/sshd";
            survey.loginEndsProcesses = true;
        }
        stage.fleet.node("n1").behaviour.survey.noScope = "there is no systemd-run";
        stage.fleet.node("n2").behaviour.survey.scopeOutlives = true;
        stage.fleet.node("n4").behaviour.survey.failures["scope"] = {domain::Stage::Preflight, domain::FailureKind::Timeout, "nobody answers", {}, {}};
        auto run = Campaign::begin(stage.worlds(), stage.terms(false));
        const auto last = (*run)->wait();
        QCOMPARE(last->verdict->count(Verdict::Qualified), 4);
        QCOMPARE(stage.fleet.node("n1").attachedBy, std::vector<std::string>{"1 attached"});
        QCOMPARE(stage.fleet.node("n1").logins.load(), 2);
        QCOMPARE(stage.fleet.node("n2").attachedBy, std::vector<std::string>{"1 scope"});
        QCOMPARE(stage.fleet.node("n3").attachedBy, std::vector<std::string>{"1"});
        QCOMPARE(stage.fleet.node("n3").logins.load(), 1); // an ordinary node pays nothing
        QCOMPARE(stage.fleet.node("n1").behaviour.survey.room.probe.survival, Survival::Dies); // and it is remembered there
        QCOMPARE(stage.fleet.node("n4").attachedBy, std::vector<std::string>{"1 attached"});
        QCOMPARE(stage.fleet.node("n4").behaviour.survey.room.probe.survival, Survival::Doubted); // tried again at the next login
    }

    void aNodeThatStaysAwayIsGivenUp()
    {
        Stage stage(2);
        auto &away = stage.fleet.node("n2");
        away.behaviour.stepSeconds = 5;
        Terms terms = stage.terms(false);
        terms.patience.lost = std::chrono::milliseconds(800);
        auto run = Campaign::begin(stage.worlds(), std::move(terms));
        QTRY_VERIFY(stage.watcher.now() && stage.watcher.now()->nodes[1].phase == NodePhase::Working);
        away.behaviour.connectFailure = {domain::Stage::Connect, domain::FailureKind::Timeout, "n2: no answer", {}, {}};
        away.behaviour.connectFails = 1000;
        away.cutConnection();
        const auto last = (*run)->wait();
        QCOMPARE(last->verdict->find(domain::NodeId("n2"))->verdict, Verdict::Unknown);
        QVERIFY(last->data->info.state == domain::RunState::Finished);
        QVERIFY2(away.behaviour.connectFails < 999, "it was tried more than once");
        QVERIFY(stage.watcher.heard("n2: no answer"));
    }

    void anAttachedNodeIsToldApart()
    {
        Stage stage(1);
        auto &node = stage.fleet.node("n1");
        node.behaviour.stepSeconds = 0.3;
        auto run = Campaign::begin(stage.worlds(), stage.terms(false));
        QTRY_VERIFY(stage.watcher.now() && stage.watcher.now()->nodes[0].phase == NodePhase::Working);
        node.say(protocol::Event{protocol::Severity::Warning, "supervisor.attached", {}, {}, "The run works only while somebody is attached.", {}});
        node.cutConnection();
        (*run)->wait();
        QVERIFY(node.attachedBy.size() >= 2);
        QVERIFY2(node.attachedBy[1].ends_with(" afterLoss"), node.attachedBy[1].c_str());
        const auto said = [&](const char *text) { return std::ranges::any_of(stage.watcher.texts, [&](const auto &line) { return line.find(text) != std::string::npos; }); };
        QVERIFY(said("works only while somebody is attached"));
        QVERIFY(said("Its step in work ends with it; attaching again."));
        QVERIFY(!said("goes on under its lease"));
    }

    void detachAndContinue()
    {
        Stage stage(4);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.15;
        domain::RunId id;
        {
            auto run = Campaign::begin(stage.worlds(), stage.terms(false));
            id = (*run)->run();
            QTest::qWait(250);
            (*run)->detach();
            const auto left = (*run)->wait();
            QVERIFY(left->data->info.state == domain::RunState::Interrupted);
        }
        for (const auto &name : stage.names)
            stage.fleet.node(name).cutConnection();
        QTest::qWait(200); // the nodes go on alone
        auto again = Campaign::resume(stage.worlds(), id, Stage::criteria(), {});
        QVERIFY(again.has_value());
        const auto last = (*again)->wait();
        QCOMPARE(last->verdict->count(Verdict::Qualified), 4);
        compareWithStore(stage, *last);
        for (const auto &name : stage.names)
            QCOMPARE(stage.fleet.node(name).startedTwice, 0);
        const auto refused = Campaign::resume(stage.worlds(), id, Stage::criteria(), {});
        QVERIFY(!refused.has_value());
        QVERIFY(QString::fromStdString(refused.error().what).contains("finished"));
    }

    void detachingWhileConnectingEnds()
    {
        for (int round = 0; round < 5; ++round) {
            Stage stage(100);
            auto run = Campaign::begin(stage.worlds(), stage.terms(false));
            QTest::qWait(round * 4);
            (*run)->detach();
            QVERIFY((*run)->wait()->data->info.state == domain::RunState::Interrupted);
        }
    }

    void detachAmidPairsOfASharedHost()
    {
        Stage stage(4);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.05;
        domain::RunId id;
        {
            auto run = Campaign::begin(stage.worlds(), stage.terms(true));
            id = (*run)->run();
            QTRY_VERIFY_WITH_TIMEOUT(stage.watcher.now() && std::ranges::any_of(stage.watcher.now()->nodes, [](const auto &node) {
                                         return node.doing.starts_with("Network");
                                     }), 10000);
            (*run)->detach();
            (*run)->wait();
        }
        for (const auto &name : stage.names)
            stage.fleet.node(name).cutConnection();
        stage.fleet.mostWorking = 0;
        auto again = Campaign::resume(stage.worlds(), id, Stage::criteria(), {});
        const auto last = (*again)->wait();
        QCOMPARE(last->verdict->count(Verdict::Qualified), 4);
        QVERIFY2(stage.fleet.mostWorking <= 2, "two measurements on one host at a time");
        for (const auto &name : stage.names)
            QCOMPARE(stage.fleet.node(name).startedTwice, 0);
    }

    void aConnectionThatBreaksAgainAndAgainIsPickedUp()
    {
        Stage stage(3);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.02;
        stage.fleet.node("n2").behaviour.breaksAtOnce = true;
        auto run = Campaign::begin(stage.worlds(), stage.terms(false));
        QTest::qWait(1500);
        stage.fleet.node("n2").behaviour.breaksAtOnce = false; // it heals before it is given up
        const auto last = (*run)->wait();
        QCOMPARE(last->nodes.at(1).phase, NodePhase::Done);
    }

    void aRefusedPairIsNotAskedForEver()
    {
        Stage stage(5);
        stage.fleet.node("n1").behaviour.link = 1;
        stage.fleet.node("n2").behaviour.ends["net.pair"] = {{}, {}, protocol::StepStatus::Waived, protocol::Waiver::NotPermitted, "user jane computes here", 0};
        auto run = Campaign::begin(stage.worlds(), stage.terms(false));
        const auto last = (*run)->wait();
        QCOMPARE(last->verdict->find(NodeId("n2"))->verdict, Verdict::Unknown);
        QCOMPARE(last->verdict->find(NodeId("n1"))->verdict, Verdict::Failed);
    }

    /// What is not in a node is said of it once, however many steps need it.
    void whatIsNotThereIsSaidOnce()
    {
        Stage stage(4);
        for (const auto *check : {"host.memory", "net.pair"})
            stage.fleet.node("n2").behaviour.ends[check] = {{}, {}, protocol::StepStatus::Waived, protocol::Waiver::NotPresent, "no such part is here", 0};
        auto run = Campaign::begin(stage.worlds(), stage.terms(false));
        const auto last = (*run)->wait();
        QVERIFY(last);
        QCOMPARE(std::ranges::count_if(stage.watcher.texts, [](const std::string &text) { return text.contains("no such part is here"); }), 1);
    }

    void cancelEndsSoon()
    {
        Stage stage(4);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.5;
        auto run = Campaign::begin(stage.worlds(), stage.terms(true));
        QTest::qWait(200);
        QElapsedTimer timer;
        timer.start();
        (*run)->cancel("the test says so");
        const auto last = (*run)->wait();
        QVERIFY(timer.elapsed() < 3000);
        QVERIFY(last->data->info.state == domain::RunState::Cancelled);
        QCOMPARE(last->verdict->count(Verdict::Qualified), 0);
    }

    void aPausedRunBeginsNothing()
    {
        Stage stage(4);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.05;
        auto run = Campaign::begin(stage.worlds(), stage.terms(true));
        const auto now = [&] { return stage.watcher.now(); };
        QTRY_VERIFY_WITH_TIMEOUT(now() && now()->stepsDone > 0, 10000);
        (*run)->pause("jane");
        QTRY_VERIFY_WITH_TIMEOUT(now()->pause.has_value(), 10000);
        QCOMPARE(now()->pause->by, std::string("jane"));
        QVERIFY(now()->pause->sinceWall > 0);
        const auto idle = [&] { return std::ranges::none_of(now()->nodes, [](const auto &node) { return node.phase == NodePhase::Working; }); };
        QTRY_VERIFY_WITH_TIMEOUT(idle(), 10000); // what was in work has ended
        const auto paused = now();
        QVERIFY(paused->stepsDone < paused->stepsPlanned);
        QTest::qWait(400); // many times a step
        QCOMPARE(stage.fleet.working.load(), 0);
        QCOMPARE(now()->stepsDone, paused->stepsDone);
        QVERIFY2(std::ranges::all_of(now()->nodes, [](const auto &node) { return node.phase == NodePhase::Attached && node.doing == "paused"; }), "links stay");
        QVERIFY2(now()->elapsedSeconds < paused->elapsedSeconds + 0.2, "a pause is no time of the run");
        QVERIFY(now()->left && now()->left->seconds <= paused->left->seconds);
        stage.fleet.node("n2").cutConnection(); // picked up in the pause as at any other time
        (*run)->proceed("joe");
        const auto last = (*run)->wait();
        QCOMPARE(last->verdict->count(Verdict::Qualified), 4);
        QVERIFY(!last->pause);
        QVERIFY(stage.fleet.mostWorking <= 2);
        for (const auto &name : stage.names)
            QCOMPARE(stage.fleet.node(name).startedTwice, 0);
        compareWithStore(stage, *last);
        const auto said = [&](const char *part) { return std::ranges::any_of(stage.watcher.texts, [&](const auto &text) { return text.find(part) != std::string::npos; }); };
        QVERIFY(said("paused by jane"));
        QVERIFY(said("continued by joe"));
    }

    // The steps of a node are ordered together; a pause takes back those that have not begun.
    void aPauseTakesBackWhatHasNotBegun()
    {
        Stage stage(3);
        auto terms = stage.terms(false);
        terms.plan.steps.pop_back();
        const auto step = terms.plan.steps.front();
        for (int i = 2; i <= 12; ++i) {
            terms.plan.steps.push_back(step);
            terms.plan.steps.back().id = domain::StepId("memory" + std::to_string(i));
        }
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.1;
        auto run = Campaign::begin(stage.worlds(), std::move(terms));
        const auto now = [&] { return stage.watcher.now(); };
        QTRY_VERIFY_WITH_TIMEOUT(now() && now()->stepsDone > 0, 10000);
        (*run)->pause("jane");
        const auto idle = [&] { return now()->pause && std::ranges::all_of(now()->nodes, [](const auto &node) { return node.phase == NodePhase::Attached && node.doing == "paused"; }); };
        QTRY_VERIFY_WITH_TIMEOUT(idle(), 10000);
        const int done = now()->stepsDone;
        QVERIFY(done < 36);
        QTest::qWait(400);
        QCOMPARE(now()->stepsDone, done);
        (*run)->proceed("jane");
        const auto last = (*run)->wait();
        QCOMPARE(last->verdict->count(Verdict::Qualified), 3);
        QCOMPARE(last->stepsDone, 36);
        for (const auto &name : stage.names)
            QCOMPARE(stage.fleet.node(name).startedTwice, 0);
        compareWithStore(stage, *last);
    }

    void aPausedRunCanBeLetGoOrCancelled()
    {
        Stage stage(4);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = 0.05;
        domain::RunId id;
        {
            auto run = Campaign::begin(stage.worlds(), stage.terms(false));
            (*run)->pause("jane"); // before anything was ordered
            id = (*run)->run();
            QTRY_VERIFY_WITH_TIMEOUT(stage.watcher.now() && stage.watcher.now()->pause, 10000);
            (*run)->detach();
            QVERIFY((*run)->wait()->data->info.state == domain::RunState::Interrupted);
        }
        for (const auto &name : stage.names)
            stage.fleet.node(name).cutConnection();
        auto again = Campaign::resume(stage.worlds(), id, Stage::criteria(), {});
        QVERIFY(again.has_value());
        const auto last = (*again)->wait(); // the pause does not outlive who asked for it
        QCOMPARE(last->verdict->count(Verdict::Qualified), 4);

        Stage other(4);
        for (const auto &name : other.names)
            other.fleet.node(name).behaviour.stepSeconds = 0.05;
        auto run = Campaign::begin(other.worlds(), other.terms(false));
        (*run)->pause("jane");
        QTRY_VERIFY_WITH_TIMEOUT(other.watcher.now() && other.watcher.now()->pause, 10000);
        (*run)->cancel("enough");
        QVERIFY((*run)->wait()->data->info.state == domain::RunState::Cancelled);
    }

    void aStepThatAPersonEndsIsNotMeasuredAgain()
    {
        Stage stage(4);
        stage.fleet.node("n3").behaviour.stepSeconds = 6; // it would pass, some day
        auto terms = stage.terms(false);
        terms.plan.steps.pop_back(); // the memory of each, no pairs
        auto run = Campaign::begin(stage.worlds(), std::move(terms));
        const auto working = [&] {
            const auto now = stage.watcher.now();
            return now && now->nodes.at(2).phase == NodePhase::Working && now->stepsDone == 3;
        };
        QTRY_VERIFY_WITH_TIMEOUT(working(), 10000);
        QElapsedTimer timer;
        timer.start();
        (*run)->endStep({NodeId("n3"), NodeId("nobody")}, "jane");
        const auto last = (*run)->wait();
        QVERIFY(timer.elapsed() < 5000);
        QCOMPARE(last->verdict->find(NodeId("n3"))->verdict, Verdict::Unknown);
        QCOMPARE(last->verdict->count(Verdict::Qualified), 3);
        const auto attempts = std::ranges::count_if(last->data->results, [](const auto &result) { return result.node == NodeId("n3"); });
        QCOMPARE(attempts, 1);
    }

    void waiversAndErrors()
    {
        Stage stage(5);
        stage.fleet.node("n1").behaviour.ends["host.memory"] = {{}, {}, protocol::StepStatus::Error, protocol::Waiver::None, "no space", 0};
        stage.fleet.node("n2").behaviour.ends["host.memory"] = {{}, {}, protocol::StepStatus::Waived, protocol::Waiver::NotPermitted, "user jane computes here", 0};
        stage.fleet.node("n3").behaviour.ends["host.memory"] = {{}, {}, protocol::StepStatus::Failed, protocol::Waiver::None, "wrong sum at byte 4096", 0};
        auto run = Campaign::begin(stage.worlds(), stage.terms(false));
        const auto last = (*run)->wait();
        const auto verdict = [&](const char *node) { return last->verdict->find(NodeId(node))->verdict; };
        QCOMPARE(verdict("n1"), Verdict::Unknown);
        QCOMPARE(verdict("n2"), Verdict::Unknown);
        QCOMPARE(verdict("n3"), Verdict::Failed);
        QCOMPARE(verdict("n4"), Verdict::Qualified);
        QCOMPARE(last->verdict->find(NodeId("n1"))->coverage.measured, 1);
        QCOMPARE(last->verdict->find(NodeId("n1"))->coverage.planned, 2);
    }
};

QTEST_GUILESS_MAIN(TestCampaign)
#include "tst_campaign.moc"
