// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/device/verbs/verbs_rails.h"
#include "tests/engine/verbs/mocked_verbs.h"

#include <QTest>

#include <cerrno>

#include <sys/resource.h>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;
using engine::verbs::VerbsRails;

namespace {

constexpr std::uint64_t large = 1 << 20, small = 64 << 10;

/// A node of two InfiniBand ports.
struct MockedPorts {
    RdmaTree tree;
    MockIbverbs &mock = freshVerbs();
    VerbsRails rails{{.sysroot = tree.root(), .idleSeconds = 0.3}};

    MockedPorts()
    {
        tree.port("mlx5_0");
        tree.port("mlx5_1");
    }
};

double gigabits(std::uint64_t bytes, int times, const Outcome<double> &seconds)
{
    return seconds.ok() ? double(bytes) * times * 8e-9 / *seconds : 0;
}

bool says(const DeviceProblem &problem, const char *words)
{
    if (problem.text.find(words) != std::string::npos)
        return true;
    qWarning("\"%s\" does not say \"%s\"", problem.text.c_str(), words);
    return false;
}

} // namespace

/// Ports that write to themselves, on a libibverbs that copies in memory at the pace of a port.
class TestLoopback : public QObject
{
    Q_OBJECT

private slots:
    void allPortsAreListed()
    {
        MockedPorts node;
        node.tree.port("mlx5_2", "10 Gb/sec (4X SDR)", "1: DOWN", "2: Polling");
        const auto rails = node.rails.list();
        QVERIFY(rails.ok());
        QCOMPARE(rails->size(), std::size_t(3));
        QCOMPARE(rails->front().name, std::string("mlx5_0"));
        QCOMPARE(rails->front().gigabitsPerSecond, 400.);
        QVERIFY(rails->front().active && !rails->back().active && !rails->back().down.empty());
        QCOMPARE(node.mock.objects, 0);
    }

    void thePaceOfThePortIsMeasured()
    {
        MockedPorts node;
        node.mock.adapters[1].gigabitsPerSecond = 10;
        QVERIFY(node.rails.prepare("mlx5_0", large).ok());
        // The mock keeps its pace by the clock: never faster, slower on a machine that is busy with others.
        const double fast = gigabits(large, 200, node.rails.loopback("mlx5_0", large, 200));
        const double slow = gigabits(large, 50, node.rails.loopback("mlx5_1", large, 50));
        QVERIFY2(fast > 4 && fast <= 40.5, std::to_string(fast).c_str());
        QVERIFY2(slow > 1 && slow <= 10.5, std::to_string(slow).c_str());
        QVERIFY(gigabits(small, 500, node.rails.loopback("mlx5_0", small, 500)) <= 40.5);
        QCOMPARE(node.mock.mostOnTheWay, 64); // of small ones
    }

    void latencyIsThatOfSingleWrites()
    {
        MockedPorts node;
        node.mock.adapters[0].seconds = 50e-6;
        const auto took = node.rails.latency("mlx5_0", 100);
        QVERIFY(took.ok());
        QVERIFY2(*took >= 50e-6 && *took < 5e-3, std::to_string(*took).c_str());
        QCOMPARE(node.mock.mostOnTheWay, 1);
        QCOMPARE(node.mock.writes, std::uint64_t(100));
    }

    void anAdapterWithoutInlineOrRelaxedOrderingServes()
    {
        MockedPorts node;
        node.mock.takesInline = false;
        node.mock.relaxedOrdering = false;
        QVERIFY(node.rails.latency("mlx5_0", 10).ok());
        QVERIFY(node.rails.loopback("mlx5_0", large, 10).ok());
        QCOMPARE(node.rails.details("mlx5_0").at("relaxed_ordering"), std::string("no"));
    }

    /// The odd size ends in the middle of a word; one message, and fewer than places.
    void oddSizesAndNumbersWork()
    {
        MockedPorts node;
        for (const std::uint64_t bytes : {1, 8, 65, 4097, 3 << 20, 33 << 20}) {
            for (const int times : {1, 3}) {
                const auto took = node.rails.loopback("mlx5_0", bytes, times);
                QVERIFY2(took.ok(), took.ok() ? "" : took.problem().text.c_str());
            }
        }
        node.mock.maxMessageBytes = 1 << 20;
        VerbsRails fresh({.sysroot = node.tree.root()});
        QCOMPARE(fresh.loopback("mlx5_0", 2 << 20, 1).problem().trouble, DeviceTrouble::NotSupported);
    }

    void roceGoesByItsAddress()
    {
        MockedPorts node;
        node.mock.adapters[0].ethernet = true;
        node.mock.adapters[0].mtu = 3;
        node.tree.gid("mlx5_0", 0, "fe80:0000:0000:0000:946d:aeff:fecd:e72c", "IB/RoCE v1");
        node.tree.gid("mlx5_0", 1, "0000:0000:0000:0000:0000:ffff:0a00:0001", "RoCE v2");
        QVERIFY(node.rails.loopback("mlx5_0", small, 10).ok());
        const auto &address = node.mock.connected.address;
        QCOMPARE(int(address.isGlobal), 1);
        QCOMPARE(int(address.gidIndex), 1);
        QCOMPARE(int(address.gid[11]), 0xff);
        QCOMPARE(int(address.gid[15]), 1);
        QCOMPARE(node.mock.connected.pathMtu, 3);
        const auto details = node.rails.details("mlx5_0");
        QCOMPARE(details.at("transport"), std::string("RoCE"));
        QCOMPARE(details.at("mtu"), std::string("1024"));
        QVERIFY(QByteArray::fromStdString(details.at("gid")).contains("RoCE v2"));
    }

    void rocePortsWithoutAddressAreToldWhatToDo()
    {
        MockedPorts node;
        node.mock.adapters[0].ethernet = true;
        const auto took = node.rails.loopback("mlx5_0", small, 1);
        QCOMPARE(took.problem().trouble, DeviceTrouble::NotPermitted);
        QVERIFY(says(took.problem(), "IP address"));
    }

    void infinibandGoesByItsLid()
    {
        MockedPorts node;
        QVERIFY(node.rails.loopback("mlx5_1", small, 1).ok());
        QCOMPARE(int(node.mock.connected.address.isGlobal), 0);
        QCOMPARE(int(node.mock.connected.address.lid), 7);
        QCOMPARE(node.rails.details("mlx5_1").at("lid"), std::string("7"));
    }

    void whatIsNotThereIsSaid()
    {
        MockedPorts node;
        QCOMPARE(node.rails.loopback("mlx5_9", small, 1).problem().trouble, DeviceTrouble::NotPresent);
        QCOMPARE(node.rails.loopback("../mlx5_0", small, 1).problem().trouble, DeviceTrouble::NotPresent);
        node.tree.port("rxe0"); // the kernel has it, the library does not
        const auto unknown = node.rails.loopback("rxe0", small, 1);
        QCOMPARE(unknown.problem().trouble, DeviceTrouble::NotPermitted);
        QVERIFY(says(unknown.problem(), "ibverbs-providers"));
        node.tree.port("iwp0");
        node.tree.write("sys/class/infiniband/iwp0/node_type", "4: RNIC\n");
        QCOMPARE(node.rails.loopback("iwp0", small, 1).problem().trouble, DeviceTrouble::NotSupported);
    }

    void aNodeWithoutTheLibraryIsNoNodeWithoutAdapters()
    {
        MockedPorts node;
        ::setenv("SEATRIAL_IBVERBS", "/nonexistent/libibverbs.so.1", 1);
        const auto none = node.rails.list();
        QCOMPARE(none.problem().trouble, DeviceTrouble::NotPermitted);
        QVERIFY(says(none.problem(), "rdma-core"));
        ::setenv("SEATRIAL_IBVERBS", "libdl.so.2", 1); // one that is none
        QVERIFY(says(VerbsRails({.sysroot = node.tree.root()}).list().problem(), "ibv_get_device_list"));
        ::setenv("SEATRIAL_IBVERBS", MOCK_IBVERBS, 1);
        node.mock.adapters.clear();
        const auto empty = node.rails.list();
        QCOMPARE(empty.problem().trouble, DeviceTrouble::NotPermitted);
        QVERIFY(says(empty.problem(), "ib_uverbs"));
        const RdmaTree bare;
        QCOMPARE(VerbsRails({.sysroot = bare.root()}).list().problem().trouble, DeviceTrouble::NotPresent);
    }

    void anyCallMayFail_data()
    {
        QTest::addColumn<QString>("call");
        QTest::addColumn<int>("error");
        QTest::addColumn<int>("trouble");
        QTest::addColumn<QString>("says");
        const auto row = [](const char *call, int error, DeviceTrouble trouble, const char *says) {
            QTest::addRow("%s %d", call, error) << call << error << int(trouble) << says;
        };
        row("ibv_get_device_list", ENOSYS, DeviceTrouble::Unclear, "ENOSYS");
        row("ibv_open_device", EACCES, DeviceTrouble::NotPermitted, "/dev/infiniband/uverbs");
        row("ibv_open_device", EPERM, DeviceTrouble::NotPermitted, "/dev/infiniband/uverbs");
        row("ibv_open_device", EIO, DeviceTrouble::Unclear, "EIO");
        row("ibv_query_port", EIO, DeviceTrouble::Unclear, "the state of port mlx5_0");
        row("ibv_alloc_pd", ENOMEM, DeviceTrouble::Unclear, "protection domain");
        row("ibv_create_cq", EINVAL, DeviceTrouble::Unclear, "completion queue");
        row("ibv_create_qp", EOPNOTSUPP, DeviceTrouble::NotSupported, "no reliable connections");
        row("ibv_create_qp", EINVAL, DeviceTrouble::Unclear, "queue pair");
        row("ibv_create_qp", EPERM, DeviceTrouble::NotPermitted, "EPERM");
        row("ibv_modify_qp 1", EINVAL, DeviceTrouble::Unclear, "started");
        row("ibv_modify_qp 2", ETIMEDOUT, DeviceTrouble::Unclear, "connected to itself with LID 7");
        row("ibv_modify_qp 3", EINVAL, DeviceTrouble::Unclear, "made ready to send");
        row("ibv_reg_mr", EINVAL, DeviceTrouble::Unclear, "cannot be registered");
        row("ibv_post_send", EIO, DeviceTrouble::Unclear, "does not take a write");
    }
    /// The name and number of the error, and nothing stays open.
    void anyCallMayFail()
    {
        QFETCH(QString, call);
        QFETCH(int, error);
        QFETCH(int, trouble);
        QFETCH(QString, says);
        const MockIbverbs *mock = nullptr;
        {
            MockedPorts node;
            mock = &node.mock;
            node.mock.errors[call.toStdString()] = error;
            node.mock.adapter = call == "ibv_get_device_list" ? "" : "mlx5_0";
            const auto took = node.rails.loopback("mlx5_0", small, 4);
            QVERIFY(!took.ok());
            QCOMPARE(int(took.problem().trouble), trouble);
            QVERIFY2(took.problem().text.find(says.toStdString()) != std::string::npos, took.problem().text.c_str());
            if (call != "ibv_get_device_list")
                QVERIFY(node.rails.loopback("mlx5_1", small, 4).ok()); // the other goes on
        }
        QCOMPARE(mock->objects, 0);
    }

    void nothingStaysOpen()
    {
        MockIbverbs *mock = nullptr;
        {
            MockedPorts node;
            mock = &node.mock;
            QVERIFY(node.rails.loopback("mlx5_0", small, 4).ok());
            QVERIFY(node.rails.loopback("mlx5_0", large, 4).ok());
            QCOMPARE(mock->objects, 8); // context, domain, completions, four pairs, memory
            mock->errors["ibv_modify_qp 2"] = EINVAL;
            QVERIFY(!node.rails.loopback("mlx5_1", small, 4).ok());
            QCOMPARE(mock->objects, 8);
        }
        QCOMPARE(mock->objects, 0);
    }

    void aWriteThatFailsIsNamed()
    {
        MockedPorts node;
        node.mock.failsAfter = 100;
        const auto took = node.rails.loopback("mlx5_0", small, 200);
        QCOMPARE(took.problem().trouble, DeviceTrouble::Broken);
        QVERIFY(says(took.problem(), "transport retry counter exceeded"));
        QVERIFY(says(took.problem(), "after 100 that went well"));
        QVERIFY(says(took.problem(), "vendor error 0x00000081"));
        node.mock.failsAfter = -1;
        QCOMPARE(node.rails.loopback("mlx5_0", small, 1).problem().text, took.problem().text); // such queues do nothing more
        QVERIFY(node.rails.loopback("mlx5_1", small, 1).ok());
    }

    /// Loopback may be switched off, an address be of another network: that accuses no hardware.
    void aPortThatNeverAnswersIsNotAccused()
    {
        MockedPorts node;
        node.mock.failsAfter = 0;
        const auto took = node.rails.loopback("mlx5_0", small, 10);
        QCOMPARE(took.problem().trouble, DeviceTrouble::Unclear);
        QVERIFY(says(took.problem(), "loopback is switched off"));
    }

    void aPortThatGoesDownIsNamed()
    {
        MockedPorts node;
        node.mock.failsAfter = 5;
        node.mock.goesDown = true;
        const auto took = node.rails.loopback("mlx5_0", small, 10);
        QCOMPARE(took.problem().trouble, DeviceTrouble::Broken);
        QVERIFY(says(took.problem(), "no longer active"));
        node.mock.failsAfter = -1;
        QCOMPARE(VerbsRails({.sysroot = node.tree.root()}).loopback("mlx5_0", small, 1).problem().trouble, DeviceTrouble::NotPresent);
    }

    void wrongDataIsFound()
    {
        for (const std::uint64_t offset : {std::uint64_t(0), std::uint64_t(100), small - 1}) {
            MockedPorts node;
            node.mock.wrongAfter = 63; // the last round of the places: nothing is written over it
            node.mock.wrongOffset = offset;
            const auto took = node.rails.loopback("mlx5_0", small, 64);
            QVERIFY(!took.ok());
            QCOMPARE(took.problem().trouble, DeviceTrouble::Broken);
            QVERIFY(says(took.problem(), ("offset " + std::to_string(offset)).c_str()));
            QVERIFY(says(took.problem(), "1 of 65536 bytes"));
        }
        MockedPorts node;
        node.mock.wrongAfter = 3;
        QCOMPARE(node.rails.latency("mlx5_0", 10).problem().trouble, DeviceTrouble::Broken);
    }

    void dataThatNeverArrivesIsFound()
    {
        MockedPorts node;
        node.mock.neverArrives = 2;
        const auto took = node.rails.loopback("mlx5_0", large, 4);
        QCOMPARE(took.problem().trouble, DeviceTrouble::Broken);
        QVERIFY(says(took.problem(), "1048576 of 1048576 bytes"));
    }

    void aPortThatHangsIsLeftAtOurOwnDeadline()
    {
        MockedPorts node;
        node.mock.hangsAfter = 20;
        const auto took = node.rails.loopback("mlx5_0", small, 100);
        QCOMPARE(took.problem().trouble, DeviceTrouble::Broken);
        QVERIFY(says(took.problem(), "no write of mlx5_0 was completed for 0.3 s"));
        QVERIFY(says(took.problem(), "20 were before"));
    }

    void completionsThatCannotBeRead()
    {
        MockedPorts node;
        node.mock.pollFails = -5;
        QVERIFY(says(node.rails.loopback("mlx5_0", small, 1).problem(), "-5"));
    }

    void aSoftLimitIsRaisedBeforeAnythingIsLocked()
    {
        rlimit before{};
        QCOMPARE(::getrlimit(RLIMIT_MEMLOCK, &before), 0);
        if (before.rlim_max <= 64 << 10)
            QSKIP("the hard limit is as low as that");
        const rlimit soft{64 << 10, before.rlim_max};
        QCOMPARE(::setrlimit(RLIMIT_MEMLOCK, &soft), 0);
        MockedPorts node;
        node.mock.errors["ibv_create_cq"] = EINVAL; // before the queues
        QVERIFY(!node.rails.loopback("mlx5_0", small, 1).ok());
        rlimit now{};
        QCOMPARE(::getrlimit(RLIMIT_MEMLOCK, &now), 0);
        QCOMPARE(now.rlim_cur, before.rlim_max);
    }

    /// The last one: what may be locked is not raised again by everybody.
    void memoryThatMayNotBeLocked()
    {
        const rlimit little{8 << 20, 8 << 20};
        QCOMPARE(::setrlimit(RLIMIT_MEMLOCK, &little), 0);
        MockedPorts node;
        node.mock.lockableBytes = 7 << 20;
        QVERIFY(node.rails.loopback("mlx5_0", large, 20).ok()); // fewer on the way
        QCOMPARE(node.mock.registeredBytes, std::uint64_t(6 << 20));
        QCOMPARE(node.rails.details("mlx5_0").at("in_flight"), std::string("3"));
        node.mock.lockableBytes = 64 << 10;
        const auto took = node.rails.prepare("mlx5_1", large);
        QCOMPARE(took.problem().trouble, DeviceTrouble::NotPermitted);
        for (const char *words : {"ulimit -l", "8 MiB", "memlock unlimited", "ENOMEM"})
            QVERIFY(says(took.problem(), words));
        node.mock.lockableBytes = ~0ull;
        node.mock.errors["ibv_create_qp"] = ENOMEM;
        QVERIFY(says(VerbsRails({.sysroot = node.tree.root()}).prepare("mlx5_0", large).problem(), "the memory of its queues"));
    }
};

QTEST_GUILESS_MAIN(TestLoopback)
#include "test_loopback.moc"
