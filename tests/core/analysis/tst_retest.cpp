// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/judge.h"
#include "tests/support/run_builder.h"

#include <QTest>

#include <set>

using namespace seatrial;
using namespace seatrial::analysis;
using domain::NodeId;
using domain::Verdict;
using protocol::StepStatus;
using protocol::Unit;
using tests::nodeNames;
using tests::RunBuilder;

namespace {

Criteria criteria()
{
    Criteria criteria;
    criteria.name = "test";
    criteria.revision = "1";
    for (const auto &[check, metric, unit] : {std::tuple{"host.memory", "triad", Unit::GigabytesPerSecond},
                                              std::tuple{"host.memory", "copy", Unit::GigabytesPerSecond},
                                              std::tuple{"net.pair", "tcp_throughput", Unit::GigabitsPerSecond}}) {
        Criterion criterion;
        criterion.check = check;
        criterion.metric = metric;
        criterion.subject = "*";
        criterion.kind = Criterion::Kind::Fleet;
        criterion.marginal = 0.8;
        criterion.failed = 0.5;
        criterion.unit = unit;
        criterion.source = "a table";
        criteria.criteria.push_back(criterion);
    }
    return criteria;
}

/// "n03 memory", "n01 network with n04"
QStringList wanted(RunBuilder &run)
{
    QStringList list;
    for (const Retest &retest : retestsWanted(run.data(), judge(run.data(), criteria()))) {
        const std::string with = retest.peer.empty() ? "" : " with " + retest.peer.text();
        list << QString::fromStdString(retest.node.text() + " " + retest.step.text() + with);
    }
    return list;
}

RunBuilder memoryRun(double odd, int retests = 2)
{
    RunBuilder run(nodeNames(5));
    run.step("memory", "host.memory", domain::Need::Required, retests);
    for (const std::string &node : nodeNames(5)) {
        run.value(node, "memory", "copy", node == "n03" ? odd : 10, Unit::GigabytesPerSecond);
        run.measured(node, "memory", "triad", node == "n03" ? odd : 10, Unit::GigabytesPerSecond);
    }
    return run;
}

/// All pairs of the first three neighbours, of a fleet where n03 or one path is slow.
RunBuilder pairRun(bool slowNode)
{
    RunBuilder run(nodeNames(8));
    run.pairStep("network", "net.pair");
    const auto names = nodeNames(8);
    const auto speed = [&](const std::string &a, const std::string &b) {
        if (slowNode)
            return a == "n03" || b == "n03" ? 1.0 : 12.0;
        return a == "n01" && b == "n02" ? 1.0 : 12.0;
    };
    const auto meet = [&](std::size_t a, std::size_t b) { run.pair("network", names[a], names[b], speed(names[a], names[b]), speed(names[a], names[b])); };
    for (std::size_t node = 0; node < 8; ++node)
        meet(node, (node + 1) % 8);
    for (std::size_t node = 0; node < 4; ++node)
        meet(node, node + 4);
    return run;
}

} // namespace

class RetestTest : public QObject
{
    Q_OBJECT

private slots:
    void goodFleetNeedsNone();
    void missedLimitIsMeasuredAgainUntilItCounts();
    void noneLeftByThePlan();
    void whatWasAbandonedUsesUpNone();
    void whatWasDisturbedIsMeasuredAgain();
    void reasonsAreSaid();
    void errorsAreTriedAgain();
    void wrongHardwareIsNot();
    void lostNodesAreNot();
    void slowPairIsMeasuredAgain();
    void accusedNodeMeetsOthers();
    void accusedNodeIsNotTriedForever();
};

void RetestTest::goodFleetNeedsNone()
{
    RunBuilder memory = memoryRun(10), pairs = pairRun(true);
    QCOMPARE(wanted(memory), QStringList());
    pairs.data().observations.clear();
    QCOMPARE(wanted(pairs), QStringList());
}

void RetestTest::missedLimitIsMeasuredAgainUntilItCounts()
{
    RunBuilder run = memoryRun(4);
    QCOMPARE(wanted(run), QStringList{"n03 memory"}); // once, though two metrics missed
    run.value("n03", "memory", "copy", 4, Unit::GigabytesPerSecond, "node", 2).measured("n03", "memory", "triad", 4, Unit::GigabytesPerSecond, 2);
    QCOMPARE(wanted(run), QStringList{"n03 memory"});
    run.value("n03", "memory", "copy", 4, Unit::GigabytesPerSecond, "node", 3).measured("n03", "memory", "triad", 4, Unit::GigabytesPerSecond, 3);
    QCOMPARE(wanted(run), QStringList());
    QCOMPARE(judge(run.data(), criteria()).find(NodeId("n03"))->verdict, Verdict::Failed);
}

void RetestTest::whatWasAbandonedUsesUpNone()
{
    RunBuilder run = memoryRun(4, 1);
    run.data().results.clear(); // a pause took it back twice before it was measured
    for (const std::string &node : nodeNames(5)) {
        for (int attempt = 1; attempt <= 2; ++attempt)
            run.ended(node, "memory", StepStatus::Abandoned, "cancelled", attempt);
        run.ended(node, "memory", StepStatus::Completed, {}, 3);
    }
    QCOMPARE(wanted(run), QStringList{"n03 memory"});
    for (int attempt = 4; attempt <= 6; ++attempt) // but what is always abandoned comes to an end
        run.ended("n03", "memory", StepStatus::Abandoned, "killed", attempt);
    QCOMPARE(wanted(run), QStringList());
}

void RetestTest::noneLeftByThePlan()
{
    RunBuilder run = memoryRun(4, 0);
    QCOMPARE(wanted(run), QStringList());
}

void RetestTest::whatWasDisturbedIsMeasuredAgain()
{
    RunBuilder run = memoryRun(4);
    run.change([](domain::Observation &observation) {
        observation.measurement.parameters["cpu_share_least"] = "0.5";
        return true;
    });
    QCOMPARE(judge(run.data(), criteria()).find(NodeId("n03"))->verdict, Verdict::Unknown);
    QCOMPARE(wanted(run), QStringList{"n03 memory"});
    // In quiet it is as slow: now it counts, and is measured once more as every missed limit is.
    run.value("n03", "memory", "copy", 4, Unit::GigabytesPerSecond, "node", 2).measured("n03", "memory", "triad", 4, Unit::GigabytesPerSecond, 2);
    QCOMPARE(judge(run.data(), criteria()).find(NodeId("n03"))->verdict, Verdict::Failed);
    QCOMPARE(wanted(run), QStringList{"n03 memory"});
}

void RetestTest::reasonsAreSaid()
{
    RunBuilder run = memoryRun(4);
    const auto retests = retestsWanted(run.data(), judge(run.data(), criteria()));
    QVERIFY(QString::fromStdString(retests.front().reason).contains(QStringLiteral("4 GB/s on n03, limit ≥ 8 GB/s")));
}

void RetestTest::errorsAreTriedAgain()
{
    RunBuilder run = memoryRun(10);
    run.ended("n02", "memory", StepStatus::Error, "out of memory", 2).ended("n04", "memory", StepStatus::Timeout, "too slow", 2);
    run.ended("n05", "memory", StepStatus::Abandoned, "cancelled", 2);
    QCOMPARE(wanted(run), (QStringList{"n02 memory", "n04 memory"}));
    run.ended("n02", "memory", StepStatus::Error, "out of memory", 3);
    QCOMPARE(wanted(run), QStringList{"n04 memory"});
}

void RetestTest::wrongHardwareIsNot()
{
    RunBuilder run = memoryRun(10);
    run.ended("n02", "memory", StepStatus::Failed, "miscompare", 1);
    QCOMPARE(wanted(run), QStringList());
}

void RetestTest::lostNodesAreNot()
{
    RunBuilder run = memoryRun(4);
    run.failure("n03", domain::Stage::Run, domain::FailureKind::Lost, "n03: gone");
    QCOMPARE(wanted(run), QStringList());
}

void RetestTest::slowPairIsMeasuredAgain()
{
    RunBuilder run = pairRun(false);
    QCOMPARE(wanted(run), QStringList{"n01 network with n02"});
    run.pair("network", "n01", "n02", 1, 1, 2).pair("network", "n01", "n02", 1, 1, 3);
    QCOMPARE(wanted(run), QStringList());
}

void RetestTest::accusedNodeMeetsOthers()
{
    RunBuilder run = pairRun(true);
    // Neighbours of n03 are n02, n04 and n07: the others come first.
    QCOMPARE(wanted(run), (QStringList{"n03 network with n05", "n03 network with n06", "n03 network with n08"}));
}

void RetestTest::accusedNodeIsNotTriedForever()
{
    RunBuilder run = pairRun(true);
    std::set<QString> asked;
    int rounds = 0;
    for (QStringList list = wanted(run); !list.isEmpty(); list = wanted(run)) {
        QVERIFY(++rounds < 10);
        for (const Retest &retest : retestsWanted(run.data(), judge(run.data(), criteria()))) {
            int attempt = 1;
            for (const auto &result : run.data().results) {
                if (result.node == retest.node && result.key.peer == retest.peer && !result.key.serving)
                    attempt = std::max(attempt, result.key.attempt + 1);
            }
            run.pair("network", retest.node.text(), retest.peer.text(), 1, 1, attempt);
        }
    }
    QCOMPARE(rounds, 2);
    const auto verdict = judge(run.data(), criteria());
    QCOMPARE(verdict.count(Verdict::Failed), 1);
    QCOMPARE(verdict.find(NodeId("n03"))->verdict, Verdict::Failed);
}

QTEST_GUILESS_MAIN(RetestTest)
#include "tst_retest.moc"
