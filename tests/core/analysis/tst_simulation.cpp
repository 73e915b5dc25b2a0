// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/judge.h"
#include "tests/support/run_builder.h"

#include <QElapsedTimer>
#include <QTest>

#include <algorithm>
#include <random>

using namespace seatrial;
using namespace seatrial::analysis;
using domain::NodeId;
using domain::Verdict;
using protocol::Unit;
using tests::nodeNames;
using tests::RunBuilder;

namespace {

constexpr double kNoise = 0.03; ///< of a single measurement, as a fraction
constexpr int kTrials = 200;

/// Seeded fleets, measured as the quick plan measures and judged by the built-in criteria.
class SimulatedFleet
{
public:
    SimulatedFleet(int count, unsigned seed) : m_names(nodeNames(count)), m_run(m_names), m_random(seed)
    {
        m_run.step("memory", "host.memory").pairStep("network", "net.pair");
    }

    /// Node @p slow is slower by the fractions given; -1 for none.
    domain::RunData &measure(int slow, double slowMemory, double slowNetwork)
    {
        const int count = static_cast<int>(m_names.size());
        for (int node = 0; node < count; ++node) {
            const std::string &name = m_names[static_cast<std::size_t>(node)];
            for (const char *metric : {"copy", "scale", "add", "triad", "read"})
                m_run.value(name, "memory", metric, noisy(10 * (node == slow ? 1 - slowMemory : 1)), Unit::GigabytesPerSecond);
            m_run.ended(name, "memory");
        }
        // Three perfect matchings, as the rounds of a run are.
        for (int round = 0; round < 3; ++round) {
            for (const auto &[a, b] : matching(count, round)) {
                const double speed = 12 * (a == slow || b == slow ? 1 - slowNetwork : 1);
                m_run.pair("network", m_names[static_cast<std::size_t>(a)], m_names[static_cast<std::size_t>(b)], noisy(speed), noisy(speed));
            }
        }
        return m_run.data();
    }

private:
    double noisy(double value) { return value * (1 + kNoise * m_normal(m_random)); }

    /// The circle method: one seat is fixed, the others turn.
    static std::vector<std::pair<int, int>> matching(int count, int round)
    {
        const auto seat = [&](int index) { return index == 0 ? 0 : 1 + (index - 1 + round) % (count - 1); };
        std::vector<std::pair<int, int>> pairs;
        for (int index = 0; index < count / 2; ++index)
            pairs.emplace_back(seat(index), seat(count - 1 - index));
        return pairs;
    }

    std::vector<std::string> m_names;
    RunBuilder m_run;
    std::mt19937 m_random;
    std::normal_distribution<double> m_normal;
};

Criteria hostCriteria()
{
    return *loadCriteria(std::string(SEATRIAL_SOURCE_DIR) + "/resources/criteria/host.yaml");
}

/// The same with limits as tight as the z test alone allows.
Criteria tightCriteria()
{
    Criteria criteria = hostCriteria();
    for (Criterion &criterion : criteria.criteria) {
        if (criterion.kind == Criterion::Kind::Fleet && criterion.direction == Direction::AtLeast)
            criterion.marginal = 0.95;
    }
    return criteria;
}

} // namespace

class SimulationTest : public QObject
{
    Q_OBJECT

private slots:
    void healthyFleetsAreNotAccused_data();
    void healthyFleetsAreNotAccused();
    void slowNodesAreFound_data();
    void slowNodesAreFound();
    void largeFleetIsJudgedSoon();
};

void SimulationTest::healthyFleetsAreNotAccused_data()
{
    QTest::addColumn<int>("count");
    for (const int count : {8, 64, 256})
        QTest::addRow("%d nodes", count) << count;
}

void SimulationTest::healthyFleetsAreNotAccused()
{
    QFETCH(int, count);
    const Criteria criteria = hostCriteria();
    int clean = 0;
    for (unsigned trial = 0; trial < kTrials; ++trial) {
        SimulatedFleet fleet(count, 1000 + trial);
        clean += judge(fleet.measure(-1, 0, 0), criteria).count(Verdict::Qualified) == count;
    }
    qInfo("%3d nodes, %.0f %% noise: %d of %d healthy runs without an accusation", count, 100 * kNoise, clean, kTrials);
    QVERIFY(clean >= kTrials * 95 / 100);
}

void SimulationTest::slowNodesAreFound_data()
{
    QTest::addColumn<bool>("network");
    QTest::addColumn<double>("slow");
    QTest::addColumn<bool>("tight");
    QTest::addColumn<double>("least"); // share of runs in which it must be named
    QTest::newRow("memory 50 %") << false << 0.5 << false << 1.0;
    QTest::newRow("memory 20 %") << false << 0.2 << false << 0.95;
    QTest::newRow("memory 10 %") << false << 0.1 << false << 0.0;
    QTest::newRow("memory 20 %, tight limits") << false << 0.2 << true << 0.95;
    QTest::newRow("memory 10 %, tight limits") << false << 0.1 << true << 0.0;
    QTest::newRow("network 50 %") << true << 0.5 << false << 0.99;
    QTest::newRow("network 20 %") << true << 0.2 << false << 0.0;
    QTest::newRow("network 10 %") << true << 0.1 << false << 0.0;
    QTest::newRow("network 20 %, tight limits") << true << 0.2 << true << 0.95;
    QTest::newRow("network 10 %, tight limits") << true << 0.1 << true << 0.4;
}

void SimulationTest::slowNodesAreFound()
{
    QFETCH(bool, network);
    QFETCH(double, slow);
    QFETCH(bool, tight);
    QFETCH(double, least);
    const Criteria criteria = tight ? tightCriteria() : hostCriteria();
    constexpr int count = 64;
    int found = 0, wrong = 0;
    for (unsigned trial = 0; trial < kTrials; ++trial) {
        SimulatedFleet fleet(count, 5000 + trial);
        const int odd = static_cast<int>(trial) % count;
        const auto verdict = judge(fleet.measure(odd, network ? 0 : slow, network ? slow : 0), criteria);
        for (int node = 0; node < count; ++node) {
            const bool accused = verdict.nodes[static_cast<std::size_t>(node)].verdict != Verdict::Qualified;
            found += accused && node == odd;
            wrong += accused && node != odd;
        }
    }
    const double recall = double(found) / kTrials, precision = found + wrong > 0 ? double(found) / (found + wrong) : 1;
    qInfo("%s: found in %.1f %% of %d runs of %d nodes, precision %.3f", QTest::currentDataTag(), 100 * recall, kTrials, count, precision);
    QVERIFY(recall >= least);
    // At the edge of what noise allows a single pair may stand out before its node does: that is what retests are for.
    const bool atTheEdge = slow <= 0.1;
    QVERIFY(precision >= 0.95 || atTheEdge || found == 0);
}

void SimulationTest::largeFleetIsJudgedSoon()
{
    SimulatedFleet fleet(5000, 1);
    const auto &run = fleet.measure(17, 0.5, 0);
    const Criteria criteria = hostCriteria();
    QElapsedTimer timer;
    timer.start();
    const auto verdict = judge(run, criteria);
    qInfo("5000 nodes, %zu figures: judged in %lld ms", run.observations.size(), timer.elapsed());
    QCOMPARE(verdict.count(Verdict::Failed), 1);
    QVERIFY(timer.elapsed() < 10'000);
}

QTEST_GUILESS_MAIN(SimulationTest)
#include "tst_simulation.moc"
