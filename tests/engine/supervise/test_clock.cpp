// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/supervise/clock_bounds.h"

#include <QTest>

#include <limits>

using namespace seatrial;
using engine::ClockBounds;

/// A node's clock against the desktop's, by what went to and fro.
class TestClock : public QObject
{
    Q_OBJECT

private slots:
    void twoBoundsHoldTheOffset()
    {
        ClockBounds clock; // the node is 5 s ahead; a line takes 10 ms there and 30 ms back
        const auto first = clock.heard(1000, 5 - 0.030, 1005.010);
        QVERIFY(first);
        QCOMPARE(first->metric, std::string("offset"));
        QCOMPARE(first->check, std::string("clock"));
        QVERIFY(first->spread.minimum <= 5 && first->spread.maximum >= 5);
        QVERIFY(std::abs(first->value - 5) < 0.02);
        QCOMPARE(first->parameters.at("half_round_trip_us"), std::string("20000"));
        QVERIFY(!clock.heard(1010, 5 - 0.029, 1015.011)); // nothing new
        const auto better = clock.heard(1020, 5 - 0.001, 1025.002);
        QVERIFY(better);
        QVERIFY(better->spread.maximum - better->spread.minimum < 0.005);
    }

    void oneBoundAloneIsNone()
    {
        ClockBounds clock;
        QVERIFY(!clock.heard(1000, std::nullopt, 1000));
        QVERIFY(!clock.heard(1000, 10, 1000)); // heard across a jump: contradicts itself
    }

    void aJumpIsSeen()
    {
        ClockBounds clock;
        QVERIFY(clock.heard(1000, -0.01, 1000.01));
        QVERIFY(!clock.jumped());
        const auto after = clock.heard(1010, -3600.01, -2589.99); // a negative time of the node is one like any other
        QVERIFY(after);
        QVERIFY(clock.jumped());
        QVERIFY(std::abs(after->value + 3600) < 0.02);
    }

    void whoeverFeedsItRubbishWritesLittle()
    {
        ClockBounds clock;
        int written = 0;
        for (int i = 0; i < 1000; ++i)
            written += clock.heard(0, i % 2 ? 1e6 : -1e6, i % 2 ? 1e6 + 1 : -1e6 + 1).has_value();
        QVERIFY(written <= 10);
        const double largest = std::numeric_limits<double>::max();
        QVERIFY(!clock.heard(-largest, largest, largest));
    }
};

QTEST_GUILESS_MAIN(TestClock)
#include "test_clock.moc"
