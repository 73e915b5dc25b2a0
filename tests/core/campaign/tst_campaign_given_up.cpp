// SPDX-License-Identifier: GPL-3.0-or-later
// A node that is given up does not stop working by that. What it shares with others stays its own until it must have ended.
#include "core/protocol/version.h"
#include "tests/core/campaign/campaign_stage.h"

#include <QTest>

using namespace seatrial;
using namespace seatrial::campaign;
using domain::NodeId;
using domain::Verdict;
using tests::Stage;

class TestCampaignGivenUp : public QObject
{
    Q_OBJECT

    /// Two nodes of one machine that are loaded by one step.
    static Terms loadAlone(Stage &stage, double stepSeconds)
    {
        for (const auto &name : stage.names)
            stage.fleet.node(name).behaviour.stepSeconds = stepSeconds;
        auto terms = stage.terms(true);
        terms.plan.steps.pop_back();
        terms.plan.steps.front().deadlineSeconds = 1;
        return terms;
    }

    /// The node that loads the machine; empty while none does.
    static std::string loading(Stage &stage)
    {
        const auto now = stage.watcher.now();
        for (const auto &node : now ? now->nodes : std::vector<NodeProgress>()) {
            if (node.phase == NodePhase::Working && node.steps.front() == StepState::InWork)
                return node.node.text();
        }
        return {};
    }

    static const char *other(const std::string &name) { return name == "n1" ? "n2" : "n1"; }

    static std::string doing(Stage &stage, const std::string &name)
    {
        const auto now = stage.watcher.now();
        return now ? std::ranges::find(now->nodes, NodeId(name), &NodeProgress::node)->doing : std::string();
    }

    static bool waits(Stage &stage, const std::string &name, const std::string &because) { return doing(stage, name).starts_with("waits for host: " + because); }

    /// No connection will be made to @p name any more, and it is no use to try.
    static void unreachable(Stage &stage, const std::string &name)
    {
        auto &behaviour = stage.fleet.node(name).behaviour;
        behaviour.connectFailure = {domain::Stage::HostKey, domain::FailureKind::Changed, "another machine answers", {}, {}};
        behaviour.connectFails = 1000;
    }

    static void cutOff(Stage &stage, const std::string &name)
    {
        unreachable(stage, name);
        stage.fleet.node(name).cutConnection();
    }

private slots:
    void whoCannotBeReachedMayStillLoad()
    {
        Stage stage(2);
        auto run = Campaign::begin(stage.worlds(), loadAlone(stage, 3));
        QVERIFY(run);
        QTRY_VERIFY_WITH_TIMEOUT(!loading(stage).empty(), 10000);
        const std::string lost = loading(stage), waiting = other(lost);
        cutOff(stage, lost);
        QTRY_VERIFY_WITH_TIMEOUT(waits(stage, waiting, lost + " cannot be reached; its step may still load it for "), 5000);
        const auto last = (*run)->wait();
        QCOMPARE(stage.fleet.mostWorking.load(), 1);
        QCOMPARE(last->verdict->find(NodeId(waiting))->verdict, Verdict::Qualified);
        QCOMPARE(last->verdict->find(NodeId(lost))->verdict, Verdict::Unknown);
    }

    void whoIsConnectedIsToldToEnd()
    {
        Stage stage(2);
        auto run = Campaign::begin(stage.worlds(), loadAlone(stage, 1));
        QVERIFY(run);
        QTRY_VERIFY_WITH_TIMEOUT(!loading(stage).empty(), 10000);
        const std::string disbelieved = loading(stage), waiting = other(disbelieved);
        stage.fleet.node(disbelieved).say(protocol::Hello{protocol::kProtocolVersion + 1, "9.0", "fake", disbelieved, disbelieved, "x86_64", "6.0", "glibc 2.36", false});
        QTRY_VERIFY_WITH_TIMEOUT(waits(stage, waiting, disbelieved + " is given up and was told to end; its step may still load it for "), 5000);
        QVERIFY(stage.fleet.node(disbelieved).runCancelled);
        (*run)->cancel("enough was seen");
        (*run)->wait();
        QCOMPARE(stage.fleet.mostWorking.load(), 1);
    }

    void whoseSupervisorEndedLoadsNothing()
    {
        Stage stage(2);
        auto run = Campaign::begin(stage.worlds(), loadAlone(stage, 1));
        QVERIFY(run);
        QTRY_VERIFY_WITH_TIMEOUT(!loading(stage).empty(), 10000);
        const std::string dying = loading(stage), waiting = other(dying);
        unreachable(stage, dying);
        stage.fleet.node(dying).endSupervisor();
        QTRY_VERIFY_WITH_TIMEOUT(loading(stage) == waiting, 5000); // what it had in work ended with it
        const auto last = (*run)->wait();
        QCOMPARE(last->verdict->find(NodeId(waiting))->verdict, Verdict::Qualified);
    }

    void whatAnEarlierLifeOrderedMayStillLoad()
    {
        Stage stage(2);
        auto run = Campaign::begin(stage.worlds(), loadAlone(stage, 4));
        QVERIFY(run);
        QTRY_VERIFY_WITH_TIMEOUT(!loading(stage).empty(), 10000);
        const std::string lost = loading(stage), waiting = other(lost);
        (*run)->detach();
        (*run)->wait();
        cutOff(stage, lost);
        auto again = Campaign::resume(stage.worlds(), (*run)->run(), Stage::criteria(), {});
        QVERIFY(again);
        QTRY_VERIFY_WITH_TIMEOUT(waits(stage, waiting, lost + " cannot be reached; its step may still load it for "), 5000);
        QTRY_VERIFY_WITH_TIMEOUT(stage.fleet.working == 0, 5000); // now it has ended
        QVERIFY(stage.fleet.node(waiting).everStarted.empty());
        (*again)->cancel("enough was seen");
        (*again)->wait();
        QCOMPARE(stage.fleet.mostWorking.load(), 1);
    }
};

QTEST_GUILESS_MAIN(TestCampaignGivenUp)
#include "tst_campaign_given_up.moc"
