// SPDX-License-Identifier: GPL-3.0-or-later
// Groups of nodes that measure together: whoever stands still is named and the others go on.
#include "tests/core/campaign/campaign_stage.h"

#include <QTest>

using namespace seatrial;
using namespace seatrial::campaign;
using namespace std::chrono_literals;
using domain::NodeId;
using protocol::StepStatus;
using tests::FakeRank;
using tests::Stage;

namespace {

constexpr const char *kPlan = R"(version: 1
name: groups
title: Groups
description: Ranks on several nodes
steps:
  - { id: memory, check: host.memory, title: Memory, scope: node, exclusive: true, deadline: 10, expected: 1 }
  - { id: together, check: host.collective, title: Collectives, scope: group, group_size: 4, exclusive: true, deadline: 30, expected: 1,
      parameters: { stage_deadline: 0.6, bytes: "8" } }
  - { id: health-after, check: host.health, title: Health after, scope: node, deadline: 10, expected: 1 }
)";

Terms terms(Stage &stage, bool oneHost = false)
{
    auto terms = stage.terms(oneHost);
    terms.plan = *domain::parsePlan(kPlan, "plan.yaml");
    terms.patience.words = 200ms;
    terms.patience.rankEnds = 2s;
    return terms;
}

/// How a node's parts in groups ended: "group1#1 abandoned, group2#1 completed".
QString endsOf(const Snapshot &last, const std::string &node)
{
    QStringList ends;
    for (const auto &result : last.data->results) {
        if (result.node != NodeId(node) || result.key.group == 0)
            continue;
        const auto step = QString::fromStdString(result.key.text());
        ends.append(step.section('/', 1) + ' ' + protocol::statusText(result.finished.status).data());
    }
    return ends.join(", ");
}

bool hasResult(const Snapshot &last, const std::string &node)
{
    return endsOf(last, node).contains("completed");
}

int groupsOfNode(Stage &stage, const std::string &node)
{
    return static_cast<int>(std::ranges::count_if(stage.fleet.node(node).everStarted, [](const auto &step) { return step.starts_with("together/"); }));
}

} // namespace

class TestCampaignGroups : public QObject
{
    Q_OBJECT

    static void behave(Stage &stage, const char *node, FakeRank::Does does, int times) { stage.fleet.node(node).behaviour.rank = {does, times}; }

private slots:
    void initTestCase()
    {
        const auto plan = domain::parsePlan(kPlan, "plan.yaml");
        QVERIFY2(plan.has_value(), plan ? "" : domain::sentence(plan.error()).c_str());
    }

    void allOfThemComplete()
    {
        Stage stage(8);
        stage.fleet.node("n3").behaviour.stepSeconds = 0.2; // a rank may come later than the others
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        const auto last = (*run)->wait();
        for (const auto &name : stage.names)
            QCOMPARE(endsOf(*last, name), QString(name < "n5" ? "group1#1 completed" : "group2#1 completed"));
        const auto root = stage.fleet.node("n5").parametersOf("together/group2#1");
        const auto member = stage.fleet.node("n7").parametersOf("together/group2#1");
        QCOMPARE(root.at("role"), std::string("root"));
        QCOMPARE(root.at("rank"), std::string("0"));
        QVERIFY(!root.contains("port"));
        QCOMPARE(member.at("role"), std::string("member"));
        QCOMPARE(member.at("rank"), std::string("2"));
        QCOMPARE(member.at("size"), std::string("4"));
        QCOMPARE(member.at("self"), std::string("n7"));
        QCOMPARE(member.at("root"), std::string("n5"));
        QCOMPARE(member.at("port"), std::string("4242"));
        QCOMPARE(member.at("token"), root.at("token"));
        QCOMPARE(root.at("token").size(), std::size_t(16));
        QCOMPARE(root.at("bytes"), std::string("8"));
        QCOMPARE(last->stepsDone, 8 + 2 + 8);
        QCOMPARE(last->stepsPlanned, last->stepsDone);
    }

    void aHungRankIsNamedAndTheOthersGoOn()
    {
        Stage stage(4);
        behave(stage, "n3", FakeRank::Hangs, 1);
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        const auto last = (*run)->wait();
        QVERIFY(stage.watcher.heard("Collectives, group 1: n3, rank 2, hung in all_reduce of 8 MiB after iteration 112; the other 3 waited for it; measured again"));
        for (const char *name : {"n1", "n2", "n4"})
            QVERIFY2(endsOf(*last, name).contains("group1#2 completed"), qPrintable(endsOf(*last, name)));
        QCOMPARE(stage.fleet.node("n1").parametersOf("together/group1#2").at("size"), std::string("3"));
        // Once more with somebody who has a result, as the second of the two.
        QCOMPARE(endsOf(*last, "n3"), QString("group1#1 abandoned, group2#1 completed"));
        QCOMPARE(stage.fleet.node("n3").parametersOf("together/group2#1").at("rank"), std::string("1"));
        for (const auto &result : last->data->results) {
            if (result.node == NodeId("n3") && result.key.group == 1)
                QVERIFY2(result.finished.reason.find("cancelled") != std::string::npos, result.finished.reason.c_str());
        }
        for (const auto &name : stage.names)
            QVERIFY2(stage.fleet.node(name).everStarted.contains("health-after#1"), name.c_str());
    }

    void aRankThatHangsAgainIsLeftAlone()
    {
        Stage stage(4);
        behave(stage, "n2", FakeRank::Hangs, 100);
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        const auto last = (*run)->wait();
        QVERIFY(!hasResult(*last, "n2"));
        QCOMPARE(groupsOfNode(stage, "n2"), 2); // with all of them, and with one who had a result
        for (const char *name : {"n1", "n3", "n4"})
            QVERIFY(hasResult(*last, name));
        QVERIFY(stage.watcher.heard("group 2: n2, rank 1, hung in all_reduce of 8 MiB after iteration 112; the other one waited for it"));
    }

    void aDeadRankIsNamedAtOnce()
    {
        Stage stage(4);
        behave(stage, "n1", FakeRank::Dies, 1); // rank 0, after the others have found it
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        const auto last = (*run)->wait();
        QVERIFY(stage.watcher.heard("n1, rank 0, hung in all_reduce of 8 MiB after iteration 112, its process is dead by SIGKILL"));
        QCOMPARE(stage.fleet.node("n2").parametersOf("together/group1#2").at("role"), std::string("root"));
        for (const auto &name : stage.names)
            QVERIFY2(hasResult(*last, name), name.c_str());
    }

    void aSilentRootIsNotWaitedForAndAccusedOfNothing()
    {
        Stage stage(4);
        behave(stage, "n1", FakeRank::SaysNothing, 1);
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        const auto last = (*run)->wait();
        QVERIFY(stage.watcher.heard("n1, rank 0, was not ready"));
        QVERIFY(!stage.watcher.heard("hung"));
        for (const auto &name : stage.names)
            QVERIFY2(hasResult(*last, name), name.c_str());
    }

    void aSilentMemberIsNamed()
    {
        Stage stage(4);
        behave(stage, "n4", FakeRank::SaysNothing, 1);
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        const auto last = (*run)->wait();
        QVERIFY(stage.watcher.heard("n4, rank 3, never began; the other 3 waited for it"));
        for (const auto &name : stage.names)
            QVERIFY2(hasResult(*last, name), name.c_str());
    }

    void whoCannotBeToldApartIsMeasuredInHalves()
    {
        Stage stage(4);
        for (const auto &name : stage.names)
            behave(stage, name.c_str(), FakeRank::Stands, 1);
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        const auto last = (*run)->wait();
        QVERIFY(stage.watcher.heard("nobody could be told apart"));
        QVERIFY(stage.watcher.heard("measured again in halves"));
        for (const auto &name : stage.names)
            QCOMPARE(endsOf(*last, name), QString(name < "n3" ? "group1#1 abandoned, group2#1 completed" : "group1#1 abandoned, group3#1 completed"));
    }

    void aGroupThatNeverGetsOnEnds()
    {
        Stage stage(4);
        for (const auto &name : stage.names)
            behave(stage, name.c_str(), FakeRank::Stands, 100);
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        const auto last = (*run)->wait();
        for (const auto &name : stage.names) {
            QVERIFY(!hasResult(*last, name));
            QCOMPARE(groupsOfNode(stage, name), 2); // all four, and two of them
            QVERIFY2(stage.fleet.node(name).everStarted.contains("health-after#1"), name.c_str());
        }
        QVERIFY(stage.watcher.heard("because nobody has a result whom it could be measured with"));
    }

    void aLostNodeIsTakenOut()
    {
        Stage stage(4);
        behave(stage, "n3", FakeRank::Hangs, 100); // it has lost power, and everybody with it what it did
        auto terms_ = terms(stage);
        terms_.patience.lost = 1500ms;
        auto run = Campaign::begin(stage.worlds(), std::move(terms_));
        auto &gone = stage.fleet.node("n3");
        QTRY_VERIFY_WITH_TIMEOUT(gone.isAtWork("together/group1#1"), 10000);
        gone.behaviour.connectFailure = {domain::Stage::Connect, domain::FailureKind::Timeout, "n3: no answer", {}, {}};
        gone.behaviour.connectFails = 100'000;
        gone.cutConnection();
        const auto last = (*run)->wait();
        QVERIFY(stage.watcher.heard("n3, rank 2, was lost"));
        for (const char *name : {"n1", "n2", "n4"})
            QVERIFY2(endsOf(*last, name).endsWith("group1#2 completed"), qPrintable(endsOf(*last, name)));
        QVERIFY(last->nodes.at(2).phase == NodePhase::Failed);
    }

    void aNodeThatIsGivenUpAtOnceIsTakenOut()
    {
        Stage stage(4);
        behave(stage, "n1", FakeRank::Hangs, 100);
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        auto &gone = stage.fleet.node("n1");
        QTRY_VERIFY_WITH_TIMEOUT(gone.isAtWork("together/group1#1"), 10000);
        gone.say(protocol::Goodbye{protocol::Outcome::Broken, "its disk is full"});
        const auto last = (*run)->wait();
        QVERIFY(stage.watcher.heard("n1, rank 0, was lost"));
        for (const char *name : {"n2", "n3", "n4"})
            QVERIFY2(hasResult(*last, name), name);
    }

    void whoDoesNotTakePartIsLeftOut()
    {
        Stage stage(4);
        for (const char *name : {"n1", "n4"}) // before the others were asked, and after
            stage.fleet.node(name).behaviour.ends["host.collective"] = {{}, {}, StepStatus::Waived, protocol::Waiver::NotPresent, "needs glibc 2.36", 0};
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        const auto last = (*run)->wait();
        QVERIFY(stage.watcher.heard("n1, rank 0, does not take part: needs glibc 2.36; measured again"));
        QVERIFY(hasResult(*last, "n2") && hasResult(*last, "n3"));
        for (const char *name : {"n1", "n4"})
            QCOMPARE(groupsOfNode(stage, name), 1); // it is not asked again
    }

    void whatEndsByItselfIsMeasuredOnceMore()
    {
        Stage stage(4);
        stage.fleet.node("n2").behaviour.ends["host.collective"] = {{}, {}, StepStatus::Error, protocol::Waiver::None, "no memory", 0};
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        const auto last = (*run)->wait();
        QVERIFY(stage.watcher.heard("n2, rank 1, ended by itself: no memory; measured again"));
        for (const char *name : {"n1", "n3", "n4"})
            QVERIFY2(hasResult(*last, name), name);
        QCOMPARE(groupsOfNode(stage, "n2"), 3); // twice with somebody who had a result
    }

    void aConnectionThatComesBackHarmsNobody()
    {
        Stage stage(4);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.rank.seconds = 0.4;
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        QTRY_VERIFY_WITH_TIMEOUT(stage.fleet.node("n2").isAtWork("together/group1#1"), 10000);
        stage.fleet.node("n2").cutConnection();
        stage.fleet.node("n1").cutConnection();
        const auto last = (*run)->wait();
        for (const auto &name : stage.names)
            QCOMPARE(endsOf(*last, name), QString("group1#1 completed"));
    }

    void anInterruptedGroupIsMeasuredAgain()
    {
        Stage stage(4);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.rank.seconds = 0.4;
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        QTRY_VERIFY_WITH_TIMEOUT(stage.fleet.node("n2").isAtWork("together/group1#1"), 10000);
        stage.fleet.node("n2").endSupervisor();
        const auto last = (*run)->wait();
        for (const auto &name : stage.names)
            QCOMPARE(endsOf(*last, name), QString("group1#1 abandoned, group1#2 completed"));
        QVERIFY(stage.watcher.heard("n2, rank 1, was interrupted"));
        QVERIFY(!stage.watcher.heard("hung"));
    }

    void aRankThatAPersonEndsIsLeftOut()
    {
        Stage stage(4);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.rank.seconds = 0.4;
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        const auto inWork = [&] {
            const auto now = stage.watcher.now();
            return now && now->nodes.at(1).doing == "Collectives, group 1";
        };
        QTRY_VERIFY_WITH_TIMEOUT(inWork(), 10000);
        (*run)->endStep({NodeId("n2")}, "jane");
        const auto last = (*run)->wait();
        QCOMPARE(groupsOfNode(stage, "n2"), 1);
        for (const char *name : {"n1", "n3", "n4"})
            QVERIFY2(endsOf(*last, name).endsWith("group1#2 completed"), qPrintable(endsOf(*last, name)));
    }

    void aPauseLeavesAGroupToEnd()
    {
        Stage stage(4);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.rank.seconds = 0.3;
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        QTRY_VERIFY_WITH_TIMEOUT(stage.fleet.node("n1").isAtWork("together/group1#1"), 10000);
        (*run)->pause("jane");
        const auto idle = [&] {
            const auto now = stage.watcher.now();
            return now->pause && std::ranges::all_of(now->nodes, [](const auto &node) { return node.phase == NodePhase::Attached && node.doing == "paused"; });
        };
        QTRY_VERIFY_WITH_TIMEOUT(idle(), 10000);
        (*run)->proceed("jane");
        const auto last = (*run)->wait();
        for (const auto &name : stage.names)
            QCOMPARE(endsOf(*last, name), QString("group1#1 completed"));
    }

    void detachAmidAGroupAndContinue()
    {
        Stage stage(8);
        for (const char *name : {"n1", "n2", "n3", "n4"})
            stage.fleet.node(name).behaviour.rank.seconds = 5; // the other four are done by then
        domain::RunId id;
        {
            auto run = Campaign::begin(stage.worlds(), terms(stage));
            id = (*run)->run();
            const auto amid = [&] {
                const auto now = stage.watcher.now();
                return now && now->nodes.at(1).doing == "Collectives, group 1" && hasResult(*now, "n6") && hasResult(*now, "n5") && hasResult(*now, "n7") && hasResult(*now, "n8");
            };
            QTRY_VERIFY_WITH_TIMEOUT(amid(), 10000);
            (*run)->detach();
            (*run)->wait();
        }
        for (const auto &name : stage.names) {
            stage.fleet.node(name).cutConnection();
            stage.fleet.node(name).behaviour.rank.seconds = 0.02;
        }
        auto again = Campaign::resume(stage.worlds(), id, Stage::criteria(), terms(stage));
        QVERIFY(again.has_value());
        const auto last = (*again)->wait();
        for (const auto &name : stage.names) {
            QVERIFY2(hasResult(*last, name), name.c_str());
            QCOMPARE(stage.fleet.node(name).startedTwice, 0);
            QCOMPARE(groupsOfNode(stage, name), name < "n5" ? 2 : 1);
        }
        QVERIFY2(endsOf(*last, "n1").endsWith("group3#1 completed"), qPrintable(endsOf(*last, "n1"))); // numbers are not given again
    }

    void groupsOfASharedHostTakeTurns()
    {
        Stage stage(8);
        behave(stage, "n3", FakeRank::Hangs, 1);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.rank.seconds = 0.1;
        auto terms_ = terms(stage, true);
        terms_.plan.steps.pop_back(); // looks are no load
        auto run = Campaign::begin(stage.worlds(), std::move(terms_));
        const auto last = (*run)->wait();
        for (const auto &name : stage.names)
            QVERIFY2(hasResult(*last, name), name.c_str());
        QVERIFY2(stage.fleet.mostWorking <= 4, qPrintable(QString::number(stage.fleet.mostWorking)));
    }

    void hostileWordsHarmNobodyElse()
    {
        Stage stage(4);
        behave(stage, "n2", FakeRank::Alarms, 1);
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.rank.seconds = 0.4;
        auto terms_ = terms(stage);
        terms_.plan.steps[1].parameters["stage_deadline"] = "6"; // for false alarm on a slow machine
        auto run = Campaign::begin(stage.worlds(), std::move(terms_));
        auto &liar = stage.fleet.node("n4");
        const std::string step = "together/group1#1";
        QTRY_VERIFY_WITH_TIMEOUT(liar.isAtWork(step), 10000);
        const auto token = stage.fleet.node("n1").parametersOf(step).at("token");
        const auto say = [&](const char *code, protocol::Parameters parameters, const std::string &of) {
            liar.say(protocol::Event{protocol::Severity::Info, code, of, "node", "lies", std::move(parameters)});
        };
        say("group.progress", {{"token", token}, {"rank", "0"}, {"stage", "2"}, {"iteration", "1"}, {"state", "stopped (T)"}, {"cause", "self"}}, step);
        say("group.progress", {{"token", "0123456789abcdef"}, {"rank", "3"}, {"stage", "2"}, {"iteration", "1"}, {"state", "stopped (T)"}}, step);
        say("group.progress", {{"token", token}, {"rank", "3"}, {"stage", "-7"}, {"iteration", "99999999999999999999999"}}, step);
        say("group.progress", {{"token", token}, {"rank", "3"}, {"stage", "2"}, {"iteration", "5"}, {"peer_rank", "9999"}}, step);
        say("group.progress", {}, "together/group1#7");
        say("group.progress", {}, std::string(400, '#'));
        say("group.listening", {{"token", token}, {"port", "1"}}, step); // it is not rank 0
        say("group.listening", {{"token", token}, {"port", "1"}}, "together/group77#1"); // nobody ordered it
        say("group.listening", {{"token", token}, {"port", "1"}}, "memory#1");
        liar.say(protocol::StepStarted{"together/group999999#1", "host.collective", {}});
        QTRY_VERIFY(liar.wasToldToEnd("together/group77#1"));
        const auto last = (*run)->wait();
        for (const auto &name : stage.names)
            QCOMPARE(endsOf(*last, name), QString("group1#1 completed"));
        QVERIFY(!stage.watcher.heard("hung"));
    }

    void whoClaimsAResultHoldsNobodyUp_data()
    {
        QTest::addColumn<QString>("liar");
        QTest::newRow("rank 0") << "n1";
        QTest::newRow("a member") << "n3";
    }

    void whoClaimsAResultHoldsNobodyUp()
    {
        QFETCH(QString, liar);
        Stage stage(4);
        behave(stage, liar.toStdString().c_str(), FakeRank::Claims, 100);
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        const auto last = (*run)->wait();
        for (const auto &name : stage.names)
            QVERIFY2(hasResult(*last, name), name.c_str());
        QVERIFY(stage.watcher.heard("it says that it has measured, although it has not met the others"));
    }

    void aLateNodeIsMeasuredWithANeighbour()
    {
        Stage stage(4);
        auto &late = stage.fleet.node("n2");
        late.behaviour.connectFails = 1;
        late.behaviour.connectFailure = {domain::Stage::Connect, domain::FailureKind::Timeout, "n2: no answer for 10 s", {}, {}};
        auto run = Campaign::begin(stage.worlds(), terms(stage));
        const auto last = (*run)->wait();
        for (const auto &name : stage.names)
            QVERIFY2(hasResult(*last, name), name.c_str());
        QCOMPARE(stage.fleet.node("n2").parametersOf("together/group2#1").at("root"), std::string("n3"));
    }
};

QTEST_GUILESS_MAIN(TestCampaignGroups)
#include "tst_campaign_groups.moc"
