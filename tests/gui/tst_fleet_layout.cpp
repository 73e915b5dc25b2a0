// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/fleet/fleet_layout.h"
#include "tests/gui/support/sample_fleet.h"

#include <QTest>

using namespace seatrial::gui;

class TestFleetLayout : public QObject {
    Q_OBJECT

private slots:
    void everyNodeIsFoundWhereItIsDrawn_data()
    {
        QTest::addColumn<qreal>("pixels");
        for (const qreal pixels : {3.0, 4.5, 6.0, 7.5, 9.0, 13.0, 21.7, 30.0})
            QTest::addRow("%g px a unit", pixels) << pixels;
    }
    void everyNodeIsFoundWhereItIsDrawn()
    {
        QFETCH(qreal, pixels);
        const FleetSnapshot fleet = test::largeFleet(37, 20);
        const FleetIndex index(*fleet);
        const FleetLayout layout(*fleet, index, FleetLevel::Racks, pixels, {1200, 640});
        for (int r = 0; r < static_cast<int>(fleet->racks.size()); ++r) {
            for (int n = 0; n < static_cast<int>(fleet->racks[static_cast<std::size_t>(r)].nodes.size()); ++n) {
                const NodeRef ref{r, n};
                const auto found = layout.nodeAt(index, layout.nodeRect(*fleet, ref).center());
                QVERIFY(found.has_value());
                QCOMPARE(*found, ref);
            }
        }
    }

    void nodesOfOneChassisShareItsWidth()
    {
        FleetViewData fleet;
        RackView rack;
        rack.height = 10;
        for (int column = 0; column < 2; ++column) {
            NodeView node;
            node.id = QString::number(column);
            node.unit = 3;
            node.height = 2;
            node.column = column;
            node.columns = 2;
            rack.nodes.push_back(node);
        }
        fleet.racks.push_back(rack);
        const FleetIndex index(fleet);
        const FleetLayout layout(fleet, index, FleetLevel::Racks, 13, {800, 400});
        const QRectF left = layout.nodeRect(fleet, {0, 0});
        const QRectF right = layout.nodeRect(fleet, {0, 1});
        QVERIFY(left.right() <= right.left());
        QCOMPARE(layout.nodeAt(index, left.center()), std::optional(NodeRef{0, 0}));
        QCOMPARE(layout.nodeAt(index, right.center()), std::optional(NodeRef{0, 1}));
    }

    void unitsMayCountFromTheTop()
    {
        RackView rack;
        rack.height = 42;
        rack.startingUnit = 1;
        QCOMPARE(slotOf(rack, 1, 2), 0);
        QCOMPARE(slotOf(rack, 41, 2), 40);
        rack.unitsDescend = true;
        QCOMPARE(slotOf(rack, 1, 2), 40);
        QCOMPARE(slotOf(rack, 42, 1), 0);
        rack.unitsDescend = false;
        QCOMPARE(slotOf(rack, 99, 2), 40); // beyond the rack: drawn at its top, never outside
    }

    void nothingStandsBetweenRacks()
    {
        const FleetSnapshot fleet = test::sampleHall();
        const FleetIndex index(*fleet);
        const FleetLayout layout(*fleet, index, FleetLevel::Racks, 13, {1000, 640});
        const QRectF first = layout.block(0);
        QVERIFY(!layout.rackAt({first.right() + 5, first.center().y()}));
        QVERIFY(!layout.nodeAt(index, {first.left() + 4, first.center().y()})); // on the ruler
        QVERIFY(!layout.nodeAt(index, {-50, -50}));
        QVERIFY(!layout.rackAt({1e7, 1e7}));
    }

    void theHallFindsItsTiles()
    {
        const FleetSnapshot fleet = test::largeFleet(130, 2);
        const FleetIndex index(*fleet);
        const FleetLayout layout(*fleet, index, FleetLevel::Hall, 13, {900, 600});
        for (int r = 0; r < layout.rackCount(); ++r)
            QCOMPARE(layout.rackAt(layout.block(r).center()), std::optional(r));
    }

    void racksInAnAreaAreExact()
    {
        const FleetSnapshot fleet = test::largeFleet(60, 4);
        const FleetIndex index(*fleet);
        const FleetLayout layout(*fleet, index, FleetLevel::Racks, 4, {700, 640});
        const QRectF area(200, 0, 300, 500);
        std::vector<int> expected;
        for (int r = 0; r < layout.rackCount(); ++r) {
            if (layout.block(r).intersects(area))
                expected.push_back(r);
        }
        std::vector<int> found = layout.racksIn(area);
        std::sort(found.begin(), found.end());
        for (const int rack : expected)
            QVERIFY(std::binary_search(found.begin(), found.end(), rack));
    }

    void detailFollowsTheHeight()
    {
        QCOMPARE(detailFor(24), Detail::Full);
        QCOMPARE(detailFor(13), Detail::Compact);
        QCOMPARE(detailFor(6), Detail::Block);
    }

    void anEmptyFleetIsFine()
    {
        const FleetViewData fleet;
        const FleetIndex index(fleet);
        const FleetLayout layout(fleet, index, FleetLevel::Racks, 13, {800, 600});
        QVERIFY(layout.racksIn({0, 0, 800, 600}).empty());
        QVERIFY(!layout.nodeAt(index, {10, 10}));
    }
};

QTEST_GUILESS_MAIN(TestFleetLayout)
#include "tst_fleet_layout.moc"
