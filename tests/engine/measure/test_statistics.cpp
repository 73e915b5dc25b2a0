// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/measure/samples.h"
#include "engine/measure/stopping_rule.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <random>

using namespace seatrial::engine;

Q_DECLARE_METATYPE(std::vector<double>)

class TestStatistics : public QObject
{
    Q_OBJECT

private slots:
    void knownSets_data()
    {
        QTest::addColumn<std::vector<double>>("values");
        QTest::addColumn<double>("median");
        QTest::addColumn<double>("minimum");
        QTest::addColumn<double>("maximum");
        QTest::addColumn<double>("mean");
        QTest::addColumn<double>("cv");
        QTest::addColumn<double>("mad");
        QTest::newRow("none") << std::vector<double>{} << 0. << 0. << 0. << 0. << 0. << 0.;
        QTest::newRow("one") << std::vector<double>{7} << 7. << 7. << 7. << 7. << 0. << 0.;
        QTest::newRow("two") << std::vector<double>{1, 3} << 2. << 1. << 3. << 2. << std::sqrt(2.) / 2 << 1.;
        QTest::newRow("odd, unordered") << std::vector<double>{9, 1, 5} << 5. << 1. << 9. << 5. << 4. / 5 << 4.;
        QTest::newRow("an outlier") << std::vector<double>{10, 10, 10, 10, 60} << 10. << 10. << 60. << 20. << std::sqrt(500.) / 20 << 0.;
        QTest::newRow("negative mean") << std::vector<double>{-1, -3} << -2. << -3. << -1. << -2. << std::sqrt(2.) / 2 << 1.;
        QTest::newRow("mean of zero") << std::vector<double>{-1, 1} << 0. << -1. << 1. << 0. << 0. << 1.;
    }
    void knownSets()
    {
        QFETCH(std::vector<double>, values);
        const Samples samples(values);
        QTEST(samples.median(), "median");
        QTEST(samples.minimum(), "minimum");
        QTEST(samples.maximum(), "maximum");
        QTEST(samples.mean(), "mean");
        QTEST(samples.cv(), "cv");
        QTEST(samples.mad(), "mad");
        QCOMPARE(samples.spread().cv, samples.cv());
        QCOMPARE(samples.values(), values);
    }

    void percentilesInterpolate()
    {
        const Samples samples({4, 1, 3, 2, 5});
        QCOMPARE(samples.percentile(0), 1.);
        QCOMPARE(samples.percentile(25), 2.);
        QCOMPARE(samples.percentile(90), 4.6);
        QCOMPARE(samples.percentile(100), 5.);
        QCOMPARE(samples.percentile(200), 5.);
    }

    /// Ranks of the 95 % interval from tables of the sign test.
    void intervalOfTheMedian_data()
    {
        QTest::addColumn<int>("count");
        QTest::addColumn<int>("cut");
        QTest::newRow("6") << 6 << 0;
        QTest::newRow("9") << 9 << 1;
        QTest::newRow("10") << 10 << 1;
        QTest::newRow("20") << 20 << 5;
        QTest::newRow("50") << 50 << 17;
        QTest::newRow("100") << 100 << 39;
    }
    void intervalOfTheMedian()
    {
        QFETCH(int, count);
        QFETCH(int, cut);
        Samples samples;
        for (int i = 0; i < count; ++i)
            samples.add(1000 + i);
        const double expected = double(count - 1 - 2 * cut) / 2 / samples.median();
        QVERIFY(samples.relativeHalfWidth());
        QCOMPARE(*samples.relativeHalfWidth(), expected);
    }

    void fewSamplesHaveNoInterval()
    {
        QVERIFY(!Samples({1, 2, 3, 4, 5}).relativeHalfWidth());
        QVERIFY(!Samples({0, 0, 0, 0, 0, 0, 0}).relativeHalfWidth()); // relative to a median of zero
    }

    /// In 95 % of many experiments the interval must hold the true median; also where exact ranks give way to the
    /// normal approximation.
    void theIntervalCovers_data()
    {
        QTest::addColumn<int>("count");
        QTest::newRow("exact") << 40;
        QTest::newRow("approximate") << 800;
    }
    void theIntervalCovers()
    {
        QFETCH(int, count);
        std::mt19937 random(7);
        std::lognormal_distribution<double> skewed(0, 1); // median 1
        int covered = 0;
        constexpr int experiments = 1000;
        for (int i = 0; i < experiments; ++i) {
            std::vector<double> values(static_cast<std::size_t>(count));
            std::generate(values.begin(), values.end(), [&] { return skewed(random); });
            const Samples samples(values);
            // The interval lies around the median but not evenly: test its width against the error instead.
            const double error = std::abs(samples.median() - 1) / samples.median();
            covered += error <= 1.25 * *samples.relativeHalfWidth();
        }
        QVERIFY2(covered > 0.93 * experiments, qPrintable(QString::number(covered)));
    }

    void stopping_data()
    {
        QTest::addColumn<std::vector<double>>("values");
        QTest::addColumn<double>("elapsed");
        QTest::addColumn<QString>("reason");
        const std::vector<double> steady(12, 5.);
        std::vector<double> wild;
        for (int i = 0; i < 12; ++i)
            wild.push_back(i % 2 ? 1 : 9);
        QTest::newRow("nothing measured yet, time is up") << std::vector<double>{} << 9. << "";
        QTest::newRow("steady but too few") << std::vector<double>(8, 5.) << 0.1 << "";
        QTest::newRow("steady") << steady << 0.1 << "precision";
        QTest::newRow("wild") << wild << 0.1 << "";
        QTest::newRow("wild, time is up") << wild << 1.1 << "time";
        QTest::newRow("few, time is up") << std::vector<double>{5} << 1.1 << "time";
        QTest::newRow("many") << std::vector<double>(20, 5.) << 0.1 << "repetitions";
    }
    void stopping()
    {
        QFETCH(std::vector<double>, values);
        QFETCH(double, elapsed);
        const StoppingRule rule{0.01, 1, 10, 20};
        const auto reason = rule.stop(Samples(values), elapsed);
        const auto text = reason ? stopReasonText(*reason) : std::string_view();
        QTEST(QString::fromUtf8(text.data(), qsizetype(text.size())), "reason");
    }
};

QTEST_GUILESS_MAIN(TestStatistics)
#include "test_statistics.moc"
