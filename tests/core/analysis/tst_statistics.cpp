// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/population.h"
#include "core/analysis/figures.h"
#include "core/analysis/sentences.h"
#include "core/analysis/statistics.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <random>

using namespace seatrial::analysis;
using seatrial::protocol::Unit;

class StatisticsTest : public QObject
{
    Q_OBJECT

private slots:
    void medians();
    void kindMedians();
    void deviations();
    void zOfConstantValues();
    void leavingOutEqualsCountingAnew();
    void globs_data();
    void globs();
    void values_data();
    void values();
    void comparisonsAreTellable();
};

void StatisticsTest::medians()
{
    QCOMPARE(median({}), 0.0);
    QCOMPARE(median({7}), 7.0);
    QCOMPARE(median({9, 1}), 5.0);
    QCOMPARE(median({3, 1, 2}), 2.0);
    QCOMPARE(median({4, 1, 3, 2}), 2.5);
    QCOMPARE(median({1e308, 1e308}), 1e308); // no overflow on the way
}

void StatisticsTest::kindMedians()
{
    QCOMPARE(kindMedian({1, 9}, true), 9.0);
    QCOMPARE(kindMedian({1, 9}, false), 1.0);
    QCOMPARE(kindMedian({1, 9, 9}, true), 9.0);
    QCOMPARE(kindMedian({1, 1, 9}, true), 1.0);
    QCOMPARE(kindMedian({}, true), 0.0);
}

void StatisticsTest::deviations()
{
    const std::vector<double> values{1, 2, 3, 4, 100};
    QCOMPARE(medianAbsoluteDeviation(values, 3), 1.0);
    QCOMPARE(medianAbsoluteDeviation({}, 3), 0.0);
}

void StatisticsTest::zOfConstantValues()
{
    // All others equal: the floor is the spread.
    QCOMPARE(robustZ(90, 100, 0, 0.02), kMadToSigma * -10 / 2);
    QCOMPARE(robustZ(100, 100, 0, 0), 0.0);
    QCOMPARE(robustZ(99, 100, 0, 0), -std::numeric_limits<double>::infinity());
    QCOMPARE(robustZ(1, 0, 0, 0.02), std::numeric_limits<double>::infinity());
    QCOMPARE(robustZ(110, 100, 10, 0.02), kMadToSigma);
}

void StatisticsTest::leavingOutEqualsCountingAnew()
{
    std::mt19937 random(3);
    for (int trial = 0; trial < 300; ++trial) {
        const int owners = 1 + static_cast<int>(random() % 12);
        Population population;
        std::vector<std::pair<int, double>> all;
        for (int owner = 0; owner < owners; ++owner) {
            const unsigned count = 1 + random() % 4;
            for (unsigned index = 0; index < count; ++index) {
                const double value = trial % 2 ? static_cast<double>(random() % 8) : static_cast<double>(random()) / 1e6;
                population.add(owner, value);
                all.emplace_back(owner, value);
            }
        }
        population.seal();
        for (int owner = -1; owner < owners; ++owner) {
            std::vector<double> rest;
            for (const auto &[of, value] : all) {
                if (of != owner)
                    rest.push_back(value);
            }
            const Centre centre = population.without(owner);
            QCOMPARE(centre.owners, static_cast<std::size_t>(owner < 0 ? owners : owners - 1));
            QCOMPARE(centre.median, median(rest));
            QVERIFY(std::abs(centre.mad - medianAbsoluteDeviation(rest, median(rest))) <= 1e-9 * (1 + centre.mad));
        }
    }
}

void StatisticsTest::globs_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("fits");
    QTest::newRow("all") << "*" << "nic/eth0" << true;
    QTest::newRow("all, nothing") << "*" << "" << true;
    QTest::newRow("prefix") << "nic/*" << "nic/eth0" << true;
    QTest::newRow("other") << "nic/*" << "disk/sda" << false;
    QTest::newRow("one") << "cpu/?" << "cpu/3" << true;
    QTest::newRow("one of two") << "cpu/?" << "cpu/13" << false;
    QTest::newRow("middle") << "a*c*e" << "abcde" << true;
    QTest::newRow("back") << "*ab" << "aab" << true;
    QTest::newRow("plain") << "node" << "node1" << false;
    QTest::newRow("many stars") << "*a*a*a*a*a*a*a*a*b" << QString(200, 'a') << false;
}

void StatisticsTest::globs()
{
    QFETCH(QString, pattern);
    QFETCH(QString, text);
    QFETCH(bool, fits);
    QCOMPARE(globMatches(pattern.toStdString(), text.toStdString()), fits);
}

void StatisticsTest::values_data()
{
    QTest::addColumn<double>("value");
    QTest::addColumn<int>("unit");
    QTest::addColumn<QString>("text");
    const auto row = [](double value, Unit unit, const char *text) { QTest::newRow(text) << value << static_cast<int>(unit) << QString::fromUtf8(text); };
    row(8.4, Unit::GigabytesPerSecond, "8.4 GB/s");
    row(8.456, Unit::GigabytesPerSecond, "8.46 GB/s");
    row(84.56, Unit::GigabitsPerSecond, "84.6 Gbit/s");
    row(12345.6, Unit::Microseconds, "12346 us");
    row(0.08512, Unit::None, "0.0851");
    row(0, Unit::Count, "0");
    row(17, Unit::Count, "17");
    row(67.4e9, Unit::Bytes, "67.4 GB");
    row(512, Unit::Bytes, "512 B");
    row(2.41e9, Unit::OperationsPerSecond, "2.41 Gops/s");
    row(-3, Unit::Celsius, "−3 degC");
    row(1e30, Unit::GigabytesPerSecond, "1e+30 GB/s");
}

void StatisticsTest::values()
{
    QFETCH(double, value);
    QFETCH(int, unit);
    QFETCH(QString, text);
    QCOMPARE(QString::fromStdString(shownValue(value, static_cast<Unit>(unit))), text);
}

void StatisticsTest::comparisonsAreTellable()
{
    QCOMPARE(QString::fromStdString(shownComparison(8.3998, "n1", Direction::AtLeast, 8.4, Unit::GigabytesPerSecond)),
             QStringLiteral("8.3998 GB/s on n1, limit ≥ 8.4 GB/s"));
    QCOMPARE(QString::fromStdString(shownLimit(Direction::AtMost, 5, Unit::Count)), QStringLiteral("≤ 5"));
}

QTEST_GUILESS_MAIN(StatisticsTest)
#include "tst_statistics.moc"
