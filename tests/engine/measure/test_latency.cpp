// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/measure/calm.h"
#include "engine/measure/latency_histogram.h"
#include "engine/measure/random_order.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using namespace seatrial::engine;

namespace {

/// Of an exactly sorted set, by the same definition: that part of all took no longer.
double exactly(const std::vector<std::uint64_t> &sorted, double percent)
{
    const auto rank = std::max<std::size_t>(1, std::size_t(std::ceil(percent / 100 * double(sorted.size()))));
    return double(sorted[rank - 1]);
}

} // namespace

class TestLatency : public QObject
{
    Q_OBJECT

private slots:
    void percentilesOfKnownDistributions_data()
    {
        QTest::addColumn<int>("kind");
        QTest::newRow("one to a million") << 0;
        QTest::newRow("exponential, 100 us") << 1;
        QTest::newRow("two humps: cache and platter") << 2;
        QTest::newRow("all the same") << 3;
    }
    void percentilesOfKnownDistributions()
    {
        QFETCH(int, kind);
        std::mt19937_64 random(7);
        std::exponential_distribution<double> exponential(1 / 100e3);
        std::vector<std::uint64_t> values;
        LatencyHistogram histogram;
        for (std::uint64_t i = 1; i <= 1'000'000; ++i) {
            const auto value = kind == 0 ? i : kind == 1 ? std::uint64_t(exponential(random)) : kind == 2 ? (i % 50 == 0 ? 8'000'000 + i : 20'000 + i % 97) : 12'345;
            values.push_back(value);
            histogram.add(value);
        }
        std::sort(values.begin(), values.end());
        QCOMPARE(histogram.count(), std::uint64_t(values.size()));
        QCOMPARE(histogram.minimum(), double(values.front()));
        QCOMPARE(histogram.maximum(), double(values.back()));
        QCOMPARE(histogram.percentile(100), double(values.back()));
        for (const double percent : {50., 90., 97.9, 98.1, 99., 99.9, 99.99}) {
            const double expected = exactly(values, percent);
            const double got = histogram.percentile(percent);
            QVERIFY2(std::abs(got - expected) <= 0.01 * expected + 0.5, qPrintable(QString("p%1: %2, expected %3").arg(percent).arg(got).arg(expected)));
        }
    }

    void extremesAndNothing()
    {
        LatencyHistogram histogram;
        QCOMPARE(histogram.percentile(99), 0.);
        QCOMPARE(histogram.cv(), 0.);
        histogram.add(~std::uint64_t(0));
        histogram.add(0);
        QCOMPARE(histogram.percentile(50), 0.);
        QCOMPARE(histogram.percentile(100), double(~std::uint64_t(0)));
    }

    void threadsAddUp()
    {
        LatencyHistogram left, right, empty;
        for (std::uint64_t i = 0; i < 1000; ++i)
            (i % 2 ? left : right).add(i);
        left.add(right);
        left.add(empty);
        QCOMPARE(left.count(), std::uint64_t(1000));
        QCOMPARE(left.minimum(), 0.);
        QCOMPARE(left.maximum(), 999.);
        QVERIFY(std::abs(left.percentile(50) - 499) < 5);
        QVERIFY(std::abs(left.mean() - 499.5) < 1e-9);
        QVERIFY(std::abs(left.cv() - 0.578) < 0.001); // of the numbers below 1000
    }

    void aRandomOrderHasEveryNumberOnce_data()
    {
        QTest::addColumn<quint64>("count");
        for (const quint64 count : {1ull, 2ull, 3ull, 8ull, 384ull, 1000ull, 4096ull, 65537ull, 1000003ull})
            QTest::addRow("%llu", static_cast<unsigned long long>(count)) << count;
    }
    void aRandomOrderHasEveryNumberOnce()
    {
        QFETCH(quint64, count);
        const RandomOrder order(count, 42);
        std::vector<bool> seen(count);
        std::size_t steps = 0; // neighbours in time that are neighbours in place: what a prefetcher lives on
        for (std::uint64_t place = 0; place < count; ++place) {
            const auto at = order.at(place);
            QVERIFY(at < count && !seen[at]);
            seen[at] = true;
            steps += place > 0 && at - order.at(place - 1) + 2 <= 4;
        }
        QVERIFY2(count < 4096 || steps < count / 100, qPrintable(QString::number(steps)));
    }

    void theCalmestCount()
    {
        std::vector<Repetition> all(10, {0.5, 1});
        for (int i = 0; i < 4; ++i)
            all.push_back({0.99, 2});
        const auto calm = calmest(all);
        QCOMPARE(calm.size(), std::size_t(4));
        QVERIFY(std::all_of(calm.begin(), calm.end(), [](auto &one) { return one.value == 2; }));
        QCOMPARE(calmest({10, Repetition{0.5, 1}}).size(), std::size_t(3)); // nobody was calm: the least disturbed
        QCOMPARE(calmest({}).size(), std::size_t(0));
    }
};

QTEST_GUILESS_MAIN(TestLatency)
#include "test_latency.moc"
