// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/device/verbs/rdma_ports.h"
#include "tests/engine/verbs/rdma_tree.h"

#include <QTest>

using namespace seatrial::engine::verbs;
using namespace seatrial::tests;

namespace {

constexpr const char *none = "0000:0000:0000:0000:0000:0000:0000:0000";
constexpr const char *local = "fe80:0000:0000:0000:946d:aeff:fecd:e72c";
constexpr const char *routed = "2001:0db8:0000:0000:0000:0000:0000:0007";
constexpr const char *mapped = "0000:0000:0000:0000:0000:ffff:0a00:0001";

} // namespace

/// InfiniBand and RoCE ports as sysfs shows them.
class TestPorts : public QObject
{
    Q_OBJECT

private slots:
    void portsComeInTheOrderOfTheirNumbers()
    {
        const RdmaTree tree;
        for (const char *name : {"mlx5_10", "mlx5_2", "bnxt_re0", "mlx5_0"})
            tree.port(name);
        tree.port("mlx5_2", "10 Gb/sec (4X SDR)", "1: DOWN", "3: Disabled", 2);
        QStringList names;
        const auto ports = readPorts(tree.root());
        for (const auto &port : ports)
            names.append(QString::fromStdString(port.name()));
        QCOMPARE(names, (QStringList{"bnxt_re0", "mlx5_0", "mlx5_2/1", "mlx5_2/2", "mlx5_10"}));
        QVERIFY(ports[1].active);
        QCOMPARE(ports[1].gigabitsPerSecond, 400.);
        QVERIFY(!ports[3].active);
    }

    void aPortThatIsDownSaysWhy_data()
    {
        QTest::addColumn<QString>("state");
        QTest::addColumn<QString>("physical");
        QTest::addColumn<QString>("says");
        QTest::newRow("cable") << "1: DOWN"
                               << "2: Polling"
                               << "nothing answers at the other end";
        QTest::newRow("off") << "1: DOWN"
                             << "3: Disabled"
                             << "switched off";
        QTest::newRow("no subnet manager") << "2: INIT"
                                           << "5: LinkUp"
                                           << "no subnet manager";
        QTest::newRow("odd") << "1: DOWN"
                             << "6: LinkErrorRecovery"
                             << "LinkErrorRecovery";
        QTest::newRow("garbage") << "\x01\xff"
                                 << ""
                                 << "its state is";
    }
    void aPortThatIsDownSaysWhy()
    {
        QFETCH(QString, state);
        QFETCH(QString, physical);
        QFETCH(QString, says);
        const RdmaTree tree;
        tree.port("mlx5_0", "10 Gb/sec (4X SDR)", state.toStdString(), physical.toStdString());
        const auto ports = readPorts(tree.root());
        QCOMPARE(ports.size(), std::size_t(1));
        QVERIFY(!ports.front().active);
        QVERIFY2(ports.front().down.find(says.toStdString()) != std::string::npos, ports.front().down.c_str());
    }

    void damagedTreesEnd()
    {
        const RdmaTree tree;
        QVERIFY(readPorts(tree.root()).empty());
        tree.write("sys/class/infiniband/mlx5_0/ports/one/state", "4: ACTIVE");
        tree.write("sys/class/infiniband/mlx5_0/ports/-1/state", "4: ACTIVE");
        tree.write("sys/class/infiniband/mlx5_0/ports/300/state", "4: ACTIVE");
        QVERIFY(readPorts(tree.root()).empty());
        tree.write("sys/class/infiniband/mlx5_1/ports/1/rate", "Gb/sec");
        QCOMPARE(readPorts(tree.root()).front().gigabitsPerSecond, 0.);
        for (int i = 0; i < 70; ++i)
            tree.port("rxe" + std::to_string(i));
        QCOMPARE(readPorts(tree.root()).size(), std::size_t(64));
    }

    void theAddressThatRoceIsUsedWith_data()
    {
        QTest::addColumn<QStringList>("gids"); // each "address kind"
        QTest::addColumn<int>("index");
        QTest::newRow("made of IPv4 before all others")
            << QStringList{QString(local) + " IB/RoCE v1", QString(local) + " RoCE v2", QString(routed) + " RoCE v2", QString(mapped) + " IB/RoCE v1",
                           QString(mapped) + " RoCE v2"}
            << 4;
        QTest::newRow("routed before link-local") << QStringList{QString(local) + " RoCE v2", QString(routed) + " RoCE v2"} << 1;
        QTest::newRow("link-local v2 before v1") << QStringList{QString(mapped) + " IB/RoCE v1", QString(local) + " RoCE v2"} << 1;
        QTest::newRow("v1 where there is no other") << QStringList{QString(local) + " IB/RoCE v1"} << 0;
        QTest::newRow("empty places do not count") << QStringList{QString(none) + " RoCE v2", QString(local) + " RoCE v2"} << 1;
        QTest::newRow("nor does garbage") << QStringList{"fe80::1 RoCE v2", "zzzz:0000:0000:0000:0000:ffff:0a00:0001 RoCE v2",
                                                         QString(local) + " RoCE v2"}
                                          << 2;
        QTest::newRow("none") << QStringList{QString(none) + " RoCE v2"} << -1;
    }
    void theAddressThatRoceIsUsedWith()
    {
        QFETCH(QStringList, gids);
        QFETCH(int, index);
        const RdmaTree tree;
        tree.port("mlx5_0");
        for (int i = 0; i < gids.size(); ++i)
            tree.gid("mlx5_0", i, gids[i].section(' ', 0, 0).toStdString(), gids[i].section(' ', 1).toStdString());
        const auto gid = chooseGid(tree.root(), readPorts(tree.root()).front());
        QCOMPARE(gid ? gid->index : -1, index);
        if (index == 4) {
            QCOMPARE(int(gid->raw[10]), 0xff);
            QCOMPARE(int(gid->raw[15]), 1);
        }
    }
};

QTEST_GUILESS_MAIN(TestPorts)
#include "test_ports.moc"
