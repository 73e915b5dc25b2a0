// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/judge.h"
#include "tests/support/run_builder.h"

#include <QTest>

#include <functional>

using namespace seatrial;
using namespace seatrial::analysis;
using domain::Finding;
using domain::FleetVerdict;
using domain::NodeId;
using domain::Verdict;
using protocol::StepStatus;
using tests::nodeNames;
using tests::RunBuilder;

namespace {

Criteria pairCriteria(Criterion::Kind kind = Criterion::Kind::Fleet, double marginal = 0.7, double failed = 0.5)
{
    Criterion criterion;
    criterion.check = "net.pair";
    criterion.metric = "tcp_throughput";
    criterion.subject = "*";
    criterion.kind = kind;
    criterion.direction = Direction::AtLeast;
    criterion.marginal = marginal;
    criterion.failed = failed;
    criterion.unit = protocol::Unit::GigabitsPerSecond;
    criterion.source = "a table";
    criterion.advice = "check the cable";
    Criteria criteria;
    criteria.name = "test";
    criteria.revision = "1";
    criteria.criteria = {criterion};
    return criteria;
}

using Speed = std::function<double(int from, int to)>; ///< nodes are counted from 0

/// Every node meets its three nearest neighbours on a ring, both ways; @p speed says how fast.
RunBuilder ringOf(int count, const Speed &speed)
{
    const auto names = nodeNames(count);
    RunBuilder run(names);
    run.pairStep("network", "net.pair");
    const auto meet = [&](int a, int b) {
        run.pair("network", names[static_cast<std::size_t>(a)], names[static_cast<std::size_t>(b)], speed(a, b), speed(b, a));
    };
    for (int node = 0; node < count; ++node)
        meet(node, (node + 1) % count);
    for (int node = 0; node < count / 2; ++node)
        meet(node, node + count / 2);
    return run;
}

QStringList named(const FleetVerdict &verdict, Verdict as)
{
    QStringList names;
    for (const auto &node : verdict.nodes) {
        if (node.verdict == as)
            names << QString::fromStdString(node.node.text());
    }
    return names;
}

} // namespace

class PairsTest : public QObject
{
    Q_OBJECT

private slots:
    void healthy();
    void slowNode();
    void slowInOneDirectionOnly();
    void twoSlowNodesThatMeet();
    void slowPathAccusesNobody();
    void aSlowCableDelaysAsWell();
    void twoNodes();
    void absoluteLimitOfTwoNodes();
    void oneSlowOfFour();
    void marginalNode();
    void oneWayOnly();
    void retestHealsAPair();
    void coverage_data();
    void coverage();
    void partnerThatDied();
    void aloneThereIsNoPartner();
    void damagedData();
};

void PairsTest::healthy()
{
    const FleetVerdict verdict = judge(ringOf(8, [](int a, int b) { return 10 + 0.1 * ((a * 7 + b * 3) % 5); }).data(), pairCriteria());
    QCOMPARE(verdict.count(Verdict::Qualified), 8);
    // The node's own figure and every direction of its three pairs.
    QCOMPARE(verdict.find(NodeId("n01"))->findings.size(), std::size_t{7});
}

void PairsTest::slowNode()
{
    const FleetVerdict verdict = judge(ringOf(6, [](int a, int b) { return a == 2 || b == 2 ? 0.94 : 12.0; }).data(), pairCriteria());
    QCOMPARE(named(verdict, Verdict::Failed), QStringList{"n03"});
    QCOMPARE(verdict.count(Verdict::Qualified), 5);
    const Finding &reason = verdict.find(NodeId("n03"))->reasons.front();
    QCOMPARE(QString::fromStdString(reason.text),
             QStringLiteral("tcp_throughput in the middle of 3 partners 0.94 Gbit/s on n03, limit ≥ 8.4 Gbit/s: 92 % under the median of 5 other "
                            "nodes (n[01-02,04-06]), z −31; its partners n[02,04,06] are well without it"));
    QCOMPARE(reason.advice, std::string("check the cable"));
    QVERIFY(verdict.find(NodeId("n02"))->reasons.empty());
    const auto explained = [](const Finding &finding) { return finding.text.ends_with("not held against n02: n03 is bad with its other partners too"); };
    QCOMPARE(std::ranges::count_if(verdict.find(NodeId("n02"))->findings, explained), 2);
}

void PairsTest::slowInOneDirectionOnly()
{
    const FleetVerdict verdict = judge(ringOf(6, [](int, int b) { return b == 2 ? 1.0 : 12.0; }).data(), pairCriteria());
    QCOMPARE(named(verdict, Verdict::Failed), QStringList{"n03"});
    QCOMPARE(verdict.count(Verdict::Qualified), 5);
}

void PairsTest::twoSlowNodesThatMeet()
{
    const auto slow = [](int node) { return node == 2 || node == 3; };
    const FleetVerdict verdict = judge(ringOf(8, [&](int a, int b) { return slow(a) || slow(b) ? 1.0 : 12.0; }).data(), pairCriteria());
    QCOMPARE(named(verdict, Verdict::Failed), (QStringList{"n03", "n04"}));
    QCOMPARE(verdict.count(Verdict::Qualified), 6);
}

/// One delayed pair of a node that is bad by its throughput is no other fault, and not held against its partner.
void PairsTest::aSlowCableDelaysAsWell()
{
    Criteria criteria = pairCriteria();
    Criterion latency = criteria.criteria.front();
    latency.metric = "tcp_latency";
    latency.direction = Direction::AtMost;
    latency.marginal = 4;
    latency.failed = 20;
    latency.unit = protocol::Unit::Microseconds;
    for (const bool latencyFirst : {false, true}) {
        criteria.criteria = {pairCriteria().criteria.front()};
        criteria.criteria.insert(latencyFirst ? criteria.criteria.begin() : criteria.criteria.end(), latency);
        for (const bool slowCable : {true, false}) {
            RunBuilder run = ringOf(6, [&](int a, int b) { return slowCable && (a == 2 || b == 2) ? 0.94 : 12.0; });
            const auto names = nodeNames(6);
            for (std::size_t node = 0; node < names.size(); ++node)
                run.pairLatency("network", names[node], names[(node + 1) % names.size()], node == 1 ? 70 : 12); // n02→n03
            const FleetVerdict verdict = judge(run.data(), criteria);
            QCOMPARE(named(verdict, Verdict::Failed), slowCable ? QStringList{"n03"} : QStringList{});
            QCOMPARE(named(verdict, Verdict::Marginal), slowCable ? QStringList{} : (QStringList{"n02", "n03"}));
        }
    }
}

void PairsTest::slowPathAccusesNobody()
{
    const auto path = [](int a, int b) { return std::min(a, b) == 0 && std::max(a, b) == 1; };
    const FleetVerdict verdict = judge(ringOf(6, [&](int a, int b) { return path(a, b) ? 1.0 : 12.0; }).data(), pairCriteria());
    QCOMPARE(verdict.count(Verdict::Failed), 0);
    QCOMPARE(named(verdict, Verdict::Marginal), (QStringList{"n01", "n02"}));
    QVERIFY(verdict.find(NodeId("n01"))->reasons.front().text.ends_with("it may be the path between them"));
}

void PairsTest::twoNodes()
{
    RunBuilder run({"n01", "n02"});
    run.pairStep("network", "net.pair").pair("network", "n01", "n02", 1, 12);
    const FleetVerdict verdict = judge(run.data(), pairCriteria());
    QCOMPARE(verdict.count(Verdict::Qualified), 2);
    QCOMPARE(verdict.notes, std::vector<std::string>{"fleet test off: 2 nodes, needs 4 (net.pair)"});
    QCOMPARE(verdict.nodes[0].coverage.measured, 1);
}

void PairsTest::absoluteLimitOfTwoNodes()
{
    RunBuilder run({"n01", "n02"});
    run.pairStep("network", "net.pair").pair("network", "n01", "n02", 1, 12);
    const FleetVerdict verdict = judge(run.data(), pairCriteria(Criterion::Kind::Absolute, 9, 5));
    QCOMPARE(verdict.count(Verdict::Marginal), 2); // one of the two or the path: nobody can say
}

void PairsTest::oneSlowOfFour()
{
    const FleetVerdict verdict = judge(ringOf(4, [](int a, int b) { return a == 1 || b == 1 ? 1.0 : 12.0; }).data(), pairCriteria());
    QCOMPARE(named(verdict, Verdict::Failed), QStringList{"n02"});
    QCOMPARE(verdict.count(Verdict::Qualified), 3);
}

void PairsTest::marginalNode()
{
    const FleetVerdict verdict = judge(ringOf(6, [](int a, int b) { return a == 4 || b == 4 ? 7.0 : 12.0; }).data(), pairCriteria());
    QCOMPARE(named(verdict, Verdict::Marginal), QStringList{"n05"});
    QCOMPARE(verdict.count(Verdict::Qualified), 5);
}

/// Figures of one direction only, as another tool might measure.
void PairsTest::oneWayOnly()
{
    RunBuilder run = ringOf(6, [](int a, int b) { return a == 2 || b == 2 ? 1.0 : 12.0; });
    run.change([](const domain::Observation &each) { return each.measurement.subject <= "n" + std::string("05"); });
    QCOMPARE(named(judge(run.data(), pairCriteria()), Verdict::Failed), QStringList{"n03"});
}

void PairsTest::retestHealsAPair()
{
    const auto path = [](int a, int b) { return std::min(a, b) == 0 && std::max(a, b) == 1; };
    RunBuilder run = ringOf(6, [&](int a, int b) { return path(a, b) ? 1.0 : 12.0; });
    run.pair("network", "n01", "n02", 12, 12, 2).pair("network", "n01", "n02", 11.9, 12, 3);
    QCOMPARE(judge(run.data(), pairCriteria()).count(Verdict::Qualified), 6);
}

void PairsTest::coverage_data()
{
    QTest::addColumn<int>("met");
    QTest::addColumn<bool>("error");
    QTest::addColumn<int>("verdict");
    QTest::addColumn<QString>("reason");
    QTest::newRow("three") << 3 << false << static_cast<int>(Verdict::Qualified) << "";
    QTest::newRow("two and an error") << 2 << true << static_cast<int>(Verdict::Unknown)
                                      << "network on n01: met 2 of 3 partners; with n05: the check could not do its work: refused";
    QTest::newRow("two") << 2 << false << static_cast<int>(Verdict::Unknown) << "network on n01: met 2 of 3 partners";
    QTest::newRow("none") << 0 << false << static_cast<int>(Verdict::Unknown) << "network on n01: met 0 of 3 partners";
}

void PairsTest::coverage()
{
    QFETCH(int, met);
    QFETCH(bool, error);
    QFETCH(int, verdict);
    QFETCH(QString, reason);
    RunBuilder run(nodeNames(5));
    run.pairStep("network", "net.pair");
    for (int partner = 0; partner < met; ++partner)
        run.pair("network", "n01", nodeNames(5)[static_cast<std::size_t>(partner) + 1], 12, 12);
    if (error)
        run.pairEnded("network", "n01", "n05", StepStatus::Error, "refused");
    const FleetVerdict judged = judge(run.data(), pairCriteria());
    const auto &node = *judged.find(NodeId("n01"));
    QCOMPARE(static_cast<int>(node.verdict), verdict);
    QCOMPARE(node.reasons.empty() ? QString() : QString::fromStdString(node.reasons.front().text), reason);
}

void PairsTest::partnerThatDied()
{
    RunBuilder run(nodeNames(5));
    run.step("memory", "host.memory").pairStep("network", "net.pair");
    for (const std::string &node : nodeNames(5))
        run.ended(node, "memory");
    run.pair("network", "n01", "n02", 12, 12).pair("network", "n01", "n03", 12, 12);
    run.failure("n05", domain::Stage::Run, domain::FailureKind::Lost, "n05: gone");
    const FleetVerdict verdict = judge(run.data(), pairCriteria());
    QCOMPARE(verdict.find(NodeId("n01"))->verdict, Verdict::Qualified); // it should have met n05
    QCOMPARE(verdict.find(NodeId("n05"))->verdict, Verdict::Unknown);
}

void PairsTest::aloneThereIsNoPartner()
{
    RunBuilder run({"n01", "n02"});
    run.step("memory", "host.memory").pairStep("network", "net.pair").ended("n01", "memory");
    run.failure("n02", domain::Stage::Connect, domain::FailureKind::Timeout, "n02: dead");
    const FleetVerdict verdict = judge(run.data(), pairCriteria());
    QCOMPARE(verdict.find(NodeId("n01"))->verdict, Verdict::Unknown);
    QCOMPARE(verdict.find(NodeId("n01"))->reasons.front().text, std::string("network on n01: no partner could be reached: it takes two nodes"));
}

void PairsTest::damagedData()
{
    RunBuilder run = ringOf(6, [](int, int) { return 12.0; });
    run.pairEnded("network", "n01", "n03", StepStatus::Failed, "data arrived damaged", 1);
    FleetVerdict verdict = judge(run.data(), pairCriteria());
    QCOMPARE(named(verdict, Verdict::Marginal), (QStringList{"n01", "n03"})); // one of them
    run.pairEnded("network", "n02", "n03", StepStatus::Failed, "data arrived damaged", 1);
    verdict = judge(run.data(), pairCriteria());
    QCOMPARE(named(verdict, Verdict::Failed), QStringList{"n03"});
}

QTEST_GUILESS_MAIN(PairsTest)
#include "tst_pairs.moc"
