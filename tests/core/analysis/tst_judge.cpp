// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/judge.h"
#include "tests/support/run_builder.h"

#include <QTest>

using namespace seatrial;
using namespace seatrial::analysis;
using domain::Finding;
using domain::FleetVerdict;
using domain::NodeId;
using domain::NodeVerdict;
using domain::Verdict;
using protocol::Unit;
using tests::nodeNames;
using tests::RunBuilder;

namespace {

constexpr Unit kRate = Unit::GigabytesPerSecond;

Criterion criterion(Criterion::Kind kind, Direction direction, std::optional<double> marginal, std::optional<double> failed,
                    const std::string &metric = "triad", Unit unit = kRate)
{
    Criterion value;
    value.check = "host.memory";
    value.metric = metric;
    value.subject = "*";
    value.kind = kind;
    value.direction = direction;
    value.marginal = marginal;
    value.failed = failed;
    value.unit = unit;
    value.source = "a table";
    value.advice = "do something";
    return value;
}

Criteria criteriaOf(std::vector<Criterion> list)
{
    Criteria criteria;
    criteria.name = "test";
    criteria.revision = "1";
    criteria.criteria = std::move(list);
    return criteria;
}

Criteria fleetCriteria()
{
    return criteriaOf({criterion(Criterion::Kind::Fleet, Direction::AtLeast, 0.85, 0.70)});
}

/// A fleet whose nodes all measured @p value, n03 @p odd.
RunBuilder fleetWithOdd(int count, double value, double odd)
{
    RunBuilder run(nodeNames(count));
    run.step("memory", "host.memory");
    for (const std::string &node : nodeNames(count))
        run.measured(node, "memory", "triad", node == "n03" ? odd : value, kRate);
    return run;
}

const NodeVerdict &of(const FleetVerdict &verdict, const char *node)
{
    return *verdict.find(NodeId(node));
}

QString textOf(const std::string &text)
{
    return QString::fromStdString(text);
}

} // namespace

class JudgeTest : public QObject
{
    Q_OBJECT

private slots:
    void figuresOfAHostAccuseNoNodeOfIt()
    {
        Criteria criteria = fleetCriteria();
        criteria.criteria.front().ofHost = true;
        RunBuilder one = fleetWithOdd(8, 10, 5);
        one.oneHost("h1", nodeNames(8));
        const FleetVerdict alone = judge(one.data(), criteria);
        QCOMPARE(alone.count(Verdict::Qualified), 8);
        QCOMPARE(alone.notes.size(), std::size_t(1));
        QVERIFY(QString::fromStdString(alone.notes.front()).contains("1 physical host"));

        // With hosts to compare with, both nodes of a slow one are found.
        RunBuilder many(nodeNames(10));
        many.step("memory", "host.memory");
        for (int i = 0; i < 10; ++i)
            many.measured(nodeNames(10)[i], "memory", "triad", i < 2 ? 5 : 10, kRate);
        for (int i = 0; i < 10; i += 2)
            many.oneHost("h" + std::to_string(i), {nodeNames(10)[i], nodeNames(10)[i + 1]});
        const FleetVerdict verdict = judge(many.data(), criteria);
        QCOMPARE(verdict.count(Verdict::Failed), 2);
        QVERIFY(QString::fromStdString(verdict.nodes.front().reasons.front().text).contains("8 other nodes"));
    }

    void slowNodeIsNamed();
    void levels_data();
    void levels();
    void scatteringFleetAccusesNobody();
    void constantFleet();
    void twoNodesAreNotCompared();
    void medianOfAttemptsCounts();
    void aDisturbedFigureAccusesNobody();
    void attemptsInQuietCountFirst();
    void absoluteLimits_data();
    void absoluteLimits();
    void impossibleValue();
    void anotherUnit();
    void noNumber();
    void ratios();
    void ratiosAreCappedBySlots();
    void deltas_data();
    void deltas();
    void worseOfBothPhases();
    void sameSubjectOnly();
    void figuresWithoutLimitAreListed();
    void findingsAreSorted();
    void simulatedIsNoted();
    void strangersAreIgnored();
};

void JudgeTest::slowNodeIsNamed()
{
    const FleetVerdict verdict = judge(fleetWithOdd(6, 10.7, 6.1).data(), fleetCriteria());
    QCOMPARE(verdict.count(Verdict::Failed), 1);
    QCOMPARE(verdict.count(Verdict::Qualified), 5);
    const NodeVerdict &slow = of(verdict, "n03");
    QCOMPARE(slow.verdict, Verdict::Failed);
    QCOMPARE(slow.rack, domain::RackId("R1"));
    QCOMPARE(slow.reasons.size(), std::size_t{1});
    const Finding &reason = slow.reasons[0];
    QCOMPARE(textOf(reason.text), QStringLiteral("triad 6.1 GB/s on n03, limit ≥ 9.09 GB/s: 43 % under the median of 5 other nodes (n[01-02,04-06]), z −14"));
    QCOMPARE(textOf(reason.limit), QStringLiteral("≥ 9.09 GB/s"));
    QCOMPARE(textOf(reason.source), QStringLiteral("criteria test 1, against the fleet: a table"));
    QCOMPARE(textOf(reason.advice), QStringLiteral("do something"));
    QCOMPARE(reason.judgement, domain::Judgement::Fleet);
    QVERIFY(reason.margin && std::abs(*reason.margin + 0.3293) < 0.001);
    QVERIFY(of(verdict, "n01").reasons.empty());
    QCOMPARE(of(verdict, "n01").findings.size(), std::size_t{1});
    QVERIFY(*of(verdict, "n01").findings[0].margin > 0);
    QVERIFY(verdict.notes.empty());
}

void JudgeTest::levels_data()
{
    QTest::addColumn<double>("odd");
    QTest::addColumn<int>("verdict");
    QTest::newRow("equal") << 10.0 << static_cast<int>(Verdict::Qualified);
    QTest::newRow("better") << 20.0 << static_cast<int>(Verdict::Qualified);
    QTest::newRow("just good") << 8.5 << static_cast<int>(Verdict::Qualified);
    QTest::newRow("just not") << 8.49 << static_cast<int>(Verdict::Marginal);
    QTest::newRow("just not failed") << 7.0 << static_cast<int>(Verdict::Marginal);
    QTest::newRow("failed") << 6.99 << static_cast<int>(Verdict::Failed);
}

void JudgeTest::levels()
{
    QFETCH(double, odd);
    QFETCH(int, verdict);
    QCOMPARE(static_cast<int>(of(judge(fleetWithOdd(8, 10, odd).data(), fleetCriteria()), "n03").verdict), verdict);
}

void JudgeTest::scatteringFleetAccusesNobody()
{
    // 20 % below the median, but half of the others lie as far from it.
    RunBuilder run(nodeNames(6));
    run.step("memory", "host.memory");
    const std::vector<double> values{8, 12, 8, 12, 10, 10};
    for (std::size_t index = 0; index < values.size(); ++index)
        run.measured(nodeNames(6)[index], "memory", "triad", values[index], kRate);
    QCOMPARE(judge(run.data(), fleetCriteria()).count(Verdict::Qualified), 6);
}

void JudgeTest::constantFleet()
{
    QCOMPARE(judge(fleetWithOdd(5, 10, 10).data(), fleetCriteria()).count(Verdict::Qualified), 5);
    // Nothing but zeros: there is no fraction of it, and nobody is accused.
    const FleetVerdict zeros = judge(fleetWithOdd(5, 0, 0).data(), fleetCriteria());
    QCOMPARE(zeros.count(Verdict::Qualified), 5);
    QVERIFY(textOf(of(zeros, "n01").findings[0].text).contains("not judged: the median of the other nodes is 0"));
}

void JudgeTest::twoNodesAreNotCompared()
{
    RunBuilder run({"n01", "n03"});
    run.step("memory", "host.memory").measured("n01", "memory", "triad", 10, kRate).measured("n03", "memory", "triad", 1, kRate);
    const FleetVerdict verdict = judge(run.data(), fleetCriteria());
    QCOMPARE(verdict.count(Verdict::Qualified), 2);
    QCOMPARE(verdict.notes, std::vector<std::string>{"fleet test off: 2 nodes, needs 4 (host.memory)"});
    QCOMPARE(textOf(of(verdict, "n03").findings[0].limit), QStringLiteral("—"));
}

void JudgeTest::medianOfAttemptsCounts()
{
    RunBuilder hiccup = fleetWithOdd(6, 10, 4);
    hiccup.measured("n03", "memory", "triad", 10, kRate, 2).measured("n03", "memory", "triad", 9.9, kRate, 3);
    QCOMPARE(judge(hiccup.data(), fleetCriteria()).count(Verdict::Qualified), 6);

    RunBuilder stays = fleetWithOdd(6, 10, 4);
    stays.measured("n03", "memory", "triad", 4.2, kRate, 2).measured("n03", "memory", "triad", 9.9, kRate, 3);
    const FleetVerdict verdict = judge(stays.data(), fleetCriteria());
    QCOMPARE(of(verdict, "n03").verdict, Verdict::Failed);
    QVERIFY(textOf(of(verdict, "n03").reasons[0].text).contains("triad 4.2 GB/s on n03"));
    QVERIFY(textOf(of(verdict, "n03").reasons[0].text).endsWith("the median of 3 attempts"));
}

void JudgeTest::aDisturbedFigureAccusesNobody()
{
    RunBuilder run(nodeNames(6));
    run.step("memory", "host.memory");
    for (const std::string &node : nodeNames(6)) {
        run.value(node, "memory", "triad", node == "n03" ? 4 : 10, kRate, "node", 1, {{"cpu_share_least", node == "n01" || node == "n03" ? "0.71" : "0.99"}});
        run.ended(node, "memory");
    }
    const FleetVerdict verdict = judge(run.data(), fleetCriteria());
    QCOMPARE(of(verdict, "n01").verdict, Verdict::Qualified); // disturbed, and good enough all the same
    QCOMPARE(of(verdict, "n03").verdict, Verdict::Unknown);
    QVERIFY2(textOf(of(verdict, "n03").reasons[0].text).contains("; disturbed: others or a quota held its CPUs"), of(verdict, "n03").reasons[0].text.c_str());
    QCOMPARE(verdict.count(Verdict::Qualified), 5);
}

void JudgeTest::attemptsInQuietCountFirst()
{
    const auto attempt = [](RunBuilder &run, double value, int number, const char *share) {
        run.value("n03", "memory", "triad", value, kRate, "node", number, {{"cpu_share_least", share}});
    };
    RunBuilder good = fleetWithOdd(6, 10, 10);
    attempt(good, 4, 1, "0.5");
    attempt(good, 3, 2, "0.6");
    attempt(good, 10, 3, "0.98");
    QCOMPARE(judge(good.data(), fleetCriteria()).count(Verdict::Qualified), 6);

    RunBuilder bad = fleetWithOdd(6, 10, 10); // quick while disturbed is luck, slow in quiet is slow
    attempt(bad, 10, 1, "0.5");
    attempt(bad, 4, 2, "nonsense"); // no word of being disturbed
    QCOMPARE(of(judge(bad.data(), fleetCriteria()), "n03").verdict, Verdict::Failed);
}

void JudgeTest::absoluteLimits_data()
{
    QTest::addColumn<int>("direction");
    QTest::addColumn<double>("marginal");
    QTest::addColumn<double>("failed");
    QTest::addColumn<double>("value");
    QTest::addColumn<int>("verdict");
    const auto row = [](const char *name, Direction direction, double marginal, double failed, double value, Verdict verdict) {
        QTest::newRow(name) << static_cast<int>(direction) << marginal << failed << value << static_cast<int>(verdict);
    };
    row("above", Direction::AtLeast, 9, 8, 9, Verdict::Qualified);
    row("between", Direction::AtLeast, 9, 8, 8.5, Verdict::Marginal);
    row("below", Direction::AtLeast, 9, 8, 7.9, Verdict::Failed);
    row("low enough", Direction::AtMost, 5, 9, 5, Verdict::Qualified);
    row("a little high", Direction::AtMost, 5, 9, 6, Verdict::Marginal);
    row("too high", Direction::AtMost, 5, 9, 9.1, Verdict::Failed);
}

void JudgeTest::absoluteLimits()
{
    QFETCH(int, direction);
    QFETCH(double, marginal);
    QFETCH(double, failed);
    QFETCH(double, value);
    QFETCH(int, verdict);
    const auto criteria = criteriaOf({criterion(Criterion::Kind::Absolute, static_cast<Direction>(direction), marginal, failed)});
    RunBuilder run({"n01"});
    run.step("memory", "host.memory").measured("n01", "memory", "triad", value, kRate);
    QCOMPARE(static_cast<int>(of(judge(run.data(), criteria), "n01").verdict), verdict);
}

void JudgeTest::impossibleValue()
{
    Criterion limited = criterion(Criterion::Kind::Absolute, Direction::AtLeast, 900, std::nullopt);
    limited.possibleMaximum = 1000;
    RunBuilder run({"n01"});
    run.step("memory", "host.memory").measured("n01", "memory", "triad", 9000, kRate);
    const FleetVerdict verdict = judge(run.data(), criteriaOf({limited}));
    QCOMPARE(of(verdict, "n01").verdict, Verdict::Unknown);
    QVERIFY(textOf(of(verdict, "n01").reasons[0].text).startsWith("triad 9000 GB/s on n01: impossible value: more than 1000 GB/s cannot be"));
}

void JudgeTest::anotherUnit()
{
    RunBuilder run({"n01"});
    run.step("memory", "host.memory").measured("n01", "memory", "triad", 9000, Unit::GigabitsPerSecond);
    const FleetVerdict verdict = judge(run.data(), criteriaOf({criterion(Criterion::Kind::Absolute, Direction::AtLeast, 900, std::nullopt)}));
    QCOMPARE(of(verdict, "n01").verdict, Verdict::Unknown);
    QVERIFY(textOf(of(verdict, "n01").reasons[0].text).endsWith("measured in Gbit/s, but the criteria expect GB/s"));
}

void JudgeTest::noNumber()
{
    RunBuilder run = fleetWithOdd(6, 10, std::nan(""));
    const FleetVerdict verdict = judge(run.data(), fleetCriteria());
    QCOMPARE(of(verdict, "n03").verdict, Verdict::Unknown);
    QCOMPARE(verdict.count(Verdict::Qualified), 5);
}

void JudgeTest::ratios()
{
    Criterion width = criterion(Criterion::Kind::Ratio, Direction::AtLeast, 1, 0.3, "width", Unit::Lanes);
    width.of = "width_max";
    RunBuilder run({"n01", "n02", "n03"});
    run.step("memory", "host.memory");
    for (const auto &[node, lanes] : {std::pair{"n01", 16.0}, std::pair{"n02", 8.0}, std::pair{"n03", 4.0}})
        run.value(node, "memory", "width_max", 16, Unit::Lanes, "pci/0").value(node, "memory", "width", lanes, Unit::Lanes, "pci/0").ended(node, "memory");
    run.value("n01", "memory", "width", 1, Unit::Lanes, "pci/1"); // nothing is known of what it could do
    const FleetVerdict verdict = judge(run.data(), criteriaOf({width}));
    QCOMPARE(of(verdict, "n01").verdict, Verdict::Qualified);
    QCOMPARE(of(verdict, "n02").verdict, Verdict::Marginal);
    QCOMPARE(textOf(of(verdict, "n02").reasons[0].text), QStringLiteral("width 8 lanes on n02 (pci/0), limit ≥ 16 lanes: 50 % of width_max 16 lanes"));
    QCOMPARE(of(verdict, "n03").verdict, Verdict::Failed);
}

void JudgeTest::ratiosAreCappedBySlots()
{
    Criterion width = criterion(Criterion::Kind::Ratio, Direction::AtLeast, 1, std::nullopt, "width", Unit::Lanes);
    width.of = "width_max";
    width.cappedBy = "slot";
    RunBuilder run({"n01", "n02"});
    run.step("memory", "host.memory");
    for (const auto &[node, lanes] : {std::pair{"n01", 8.0}, std::pair{"n02", 4.0}})
        run.value(node, "memory", "width_max", 16, Unit::Lanes, "pci/0")
            .value(node, "memory", "width", lanes, Unit::Lanes, "pci/0", 1, {{"slot", "8"}})
            .ended(node, "memory");
    const FleetVerdict verdict = judge(run.data(), criteriaOf({width}));
    QCOMPARE(of(verdict, "n01").verdict, Verdict::Qualified);
    QCOMPARE(of(verdict, "n02").verdict, Verdict::Marginal);
}

void JudgeTest::deltas_data()
{
    QTest::addColumn<double>("before");
    QTest::addColumn<double>("after");
    QTest::addColumn<int>("verdict");
    QTest::addColumn<QString>("text");
    QTest::newRow("same") << 7.0 << 7.0 << static_cast<int>(Verdict::Qualified) << "errors 0 on n01 (nic/eth0), limit ≤ 0";
    QTest::newRow("some") << 7.0 << 9.0 << static_cast<int>(Verdict::Marginal) << "errors 2 on n01 (nic/eth0), limit ≤ 0: it went from 7 to 9 during the run";
    QTest::newRow("many") << 7.0 << 70.0 << static_cast<int>(Verdict::Failed) << "errors 63 on n01 (nic/eth0), limit ≤ 0: it went from 7 to 70 during the run";
    QTest::newRow("anew") << 7.0 << 2.0 << static_cast<int>(Verdict::Marginal) << "errors 2 on n01 (nic/eth0), limit ≤ 0: the counter began anew during the run";
}

void JudgeTest::deltas()
{
    QFETCH(double, before);
    QFETCH(double, after);
    QFETCH(int, verdict);
    QFETCH(QString, text);
    RunBuilder run({"n01"});
    run.step("first", "host.memory").step("second", "host.memory");
    run.value("n01", "first", "errors", before, Unit::Count, "nic/eth0", 1, {{"phase", "before"}}).ended("n01", "first");
    run.value("n01", "second", "errors", after, Unit::Count, "nic/eth0", 1, {{"phase", "after"}}).ended("n01", "second");
    const FleetVerdict judged = judge(run.data(), criteriaOf({criterion(Criterion::Kind::Delta, Direction::AtMost, 0, 10, "errors", Unit::Count)}));
    QCOMPARE(static_cast<int>(of(judged, "n01").verdict), verdict);
    QCOMPARE(of(judged, "n01").findings.size(), std::size_t{1});
    QCOMPARE(textOf(of(judged, "n01").findings[0].text), text);
}

void JudgeTest::worseOfBothPhases()
{
    RunBuilder run({"n01"});
    run.step("first", "host.memory").step("second", "host.memory");
    run.value("n01", "first", "link", 0, Unit::None, "nic/eth0", 1, {{"phase", "before"}}).ended("n01", "first");
    run.value("n01", "second", "link", 1, Unit::None, "nic/eth0", 1, {{"phase", "after"}}).ended("n01", "second");
    const FleetVerdict judged = judge(run.data(), criteriaOf({criterion(Criterion::Kind::Absolute, Direction::Equal, 1, std::nullopt, "link", Unit::None)}));
    QCOMPARE(of(judged, "n01").verdict, Verdict::Marginal);
    QCOMPARE(of(judged, "n01").findings.size(), std::size_t{1});
}

void JudgeTest::sameSubjectOnly()
{
    // Every node has a port that nobody uses; n03 also has its used one down.
    Criterion link = criterion(Criterion::Kind::Fleet, Direction::AtLeast, 0.9, 0.5, "link", Unit::None);
    link.sameSubject = true;
    RunBuilder run(nodeNames(5));
    run.step("memory", "host.memory");
    for (const std::string &node : nodeNames(5))
        run.value(node, "memory", "link", node == "n03" ? 0 : 1, Unit::None, "nic/a").value(node, "memory", "link", 0, Unit::None, "nic/b").ended(node, "memory");
    const FleetVerdict verdict = judge(run.data(), criteriaOf({link}));
    QCOMPARE(verdict.count(Verdict::Qualified), 4);
    QCOMPARE(of(verdict, "n03").verdict, Verdict::Failed);
    QCOMPARE(of(verdict, "n03").reasons.size(), std::size_t{1});
    QCOMPARE(of(verdict, "n03").reasons[0].subject, std::string("nic/a"));
}

void JudgeTest::figuresWithoutLimitAreListed()
{
    RunBuilder run({"n01"});
    run.step("memory", "host.memory").measured("n01", "memory", "latency", 80, Unit::Nanoseconds);
    const FleetVerdict verdict = judge(run.data(), fleetCriteria());
    QCOMPARE(of(verdict, "n01").verdict, Verdict::Qualified);
    const Finding &finding = of(verdict, "n01").findings[0];
    QCOMPARE(textOf(finding.limit), QStringLiteral("—"));
    QCOMPARE(textOf(finding.source), QStringLiteral("no limit in criteria test"));
    QCOMPARE(finding.value, std::optional(80.0));
}

void JudgeTest::findingsAreSorted()
{
    const auto criteria = criteriaOf({criterion(Criterion::Kind::Absolute, Direction::AtLeast, 9, 8, "a"),
                                      criterion(Criterion::Kind::Absolute, Direction::AtLeast, 9, 8, "b"),
                                      criterion(Criterion::Kind::Absolute, Direction::AtLeast, 9, 8, "c"),
                                      criterion(Criterion::Kind::Absolute, Direction::AtLeast, 9, 8, "d")});
    RunBuilder run({"n01"});
    run.step("memory", "host.memory").ended("n01", "memory");
    for (const auto &[metric, value] : {std::pair{"a", 20.0}, std::pair{"b", 8.5}, std::pair{"c", 1.0}, std::pair{"d", 7.0}})
        run.value("n01", "memory", metric, value, kRate);
    const FleetVerdict verdict = judge(run.data(), criteria);
    QString order;
    for (const Finding &finding : of(verdict, "n01").findings)
        order += textOf(finding.metric);
    QVERIFY2(order.startsWith("cdba"), qPrintable(order)); // figures without a limit come last
    QCOMPARE(of(verdict, "n01").reasons.size(), std::size_t{3});
}

void JudgeTest::simulatedIsNoted()
{
    RunBuilder run = fleetWithOdd(5, 10, 10);
    run.change([](domain::Observation &each) {
        each.simulated = each.node.text() == "n02";
        return true;
    });
    QCOMPARE(judge(run.data(), fleetCriteria()).notes, std::vector<std::string>{"simulated results: n02"});
}

void JudgeTest::strangersAreIgnored()
{
    RunBuilder run = fleetWithOdd(5, 10, 10);
    run.measured("stranger", "memory", "triad", 1, kRate).measured("n01", "unknown-step", "triad", 10, kRate);
    const FleetVerdict verdict = judge(run.data(), fleetCriteria());
    QCOMPARE(verdict.nodes.size(), std::size_t{5});
    QCOMPARE(verdict.count(Verdict::Qualified), 5);
}

QTEST_GUILESS_MAIN(JudgeTest)
#include "tst_judge.moc"
