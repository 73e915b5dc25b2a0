// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/gpu/nic_loopback.h"
#include "engine/device/real_machine.h"
#include "tests/engine/checks/collector.h"
#include "tests/engine/verbs/mocked_verbs.h"

#include <QTest>

#include <cerrno>
#include <csignal>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::protocol;
using namespace seatrial::tests;

namespace {

/// A node of two ports at 40 Gbit/s, in a slot that carries more.
struct Node {
    RdmaTree tree;
    MockIbverbs &mock = freshVerbs();
    std::unique_ptr<Machine> machine = realMachine(tree.root());
    Collector collector;

    Node()
    {
        std::signal(SIGTERM, SIG_DFL); // children are told to end by it; Qt Test would trace them instead
        for (const char *name : {"mlx5_0", "mlx5_1"})
            tree.port(name, "40 Gb/sec (4X QDR)");
        tree.slot("mlx5_0", "0000:02:00.0", "8.0", 8);
        tree.slot("mlx5_1", "0000:03:00.0", "8.0", 8);
    }

    CheckResult run(Parameters parameters = {})
    {
        parameters.insert({"seconds", "0.1"});
        auto context = contextFor(collector, std::move(parameters));
        context.machine = machine.get();
        context.sysroot = tree.root();
        return NicLoopback().run(context);
    }
};

bool says(const CheckResult &result, const char *words)
{
    if (result.reason.find(words) != std::string::npos)
        return true;
    qWarning("\"%s\" does not say \"%s\"", result.reason.c_str(), words);
    return false;
}

} // namespace

/// nic.loopback on real ports, in processes of their own, with a libibverbs of the tests.
class TestCheck : public QObject
{
    Q_OBJECT

private slots:
    void eachPortIsMeasured()
    {
        Node node;
        const auto result = node.run();
        QVERIFY2(result.status == StepStatus::Completed, result.reason.c_str());
        for (const char *subject : {"nic/mlx5_0", "nic/mlx5_1"}) {
            for (const char *metric : {"loopback", "loopback_small"}) {
                const auto speed = node.collector.measurement(metric, subject);
                QVERIFY2(speed && speed->unit == Unit::GigabitsPerSecond && speed->value > 1 && speed->value <= 40.5, metric);
                QCOMPARE(speed->parameters.at("transport"), std::string("InfiniBand"));
                QCOMPARE(speed->parameters.at("mtu"), std::string("4096"));
                QVERIFY(QByteArray::fromStdString(speed->parameters.at("provenance")).contains("seatrial-engine"));
            }
            const auto latency = node.collector.measurement("loopback_latency", subject);
            QVERIFY(latency && latency->unit == Unit::Microseconds && latency->value >= 2 && latency->value < 5000);
            QCOMPARE(node.collector.value("link_rate", subject), std::optional<double>(40));
            const auto ceiling = node.collector.measurement("loopback_ceiling", subject);
            QVERIFY(ceiling);
            QCOMPARE(ceiling->value, 40.);
            QCOMPARE(ceiling->parameters.at("limited_by"), std::string("link"));
        }
        QCOMPARE(node.collector.measurement("loopback", "nic/mlx5_0")->parameters.at("bytes"), std::string("1048576"));
        QCOMPARE(node.collector.measurement("loopback_small", "nic/mlx5_0")->parameters.at("bytes"), std::string("65536"));
    }

    /// Four lanes at 8 GT/s carry 31.5 Gbit/s, and of it 256 of 280 bytes are data.
    void aSlotThatCarriesLessIsTheCeiling()
    {
        Node node;
        node.tree.write("sys/devices/pci0000:00/0000:00:01.0/0000:02:00.0/max_link_width", "4\n");
        QCOMPARE(node.run({{"nic", "mlx5_0"}}).status, StepStatus::Completed);
        const auto ceiling = node.collector.measurement("loopback_ceiling", "nic/mlx5_0");
        QVERIFY(ceiling);
        QVERIFY(qAbs(ceiling->value - 8. * 4 * 128 / 130 * 256 / 280) < 1e-6);
        QCOMPARE(ceiling->parameters.at("limited_by"), std::string("PCIe"));
        QVERIFY(!node.collector.value("loopback", "nic/mlx5_1"));
    }

    void aSlowPortShows()
    {
        Node node;
        node.mock.adapters[1].gigabitsPerSecond = 4;
        QCOMPARE(node.run().status, StepStatus::Completed);
        QVERIFY(*node.collector.value("loopback", "nic/mlx5_1") <= 4.1);
    }

    void aPortThatIsDownCostsItselfAlone()
    {
        Node node;
        node.tree.port("mlx5_1", "10 Gb/sec (4X SDR)", "1: DOWN", "2: Polling");
        QCOMPARE(node.run().status, StepStatus::Completed);
        QVERIFY(node.collector.value("loopback", "nic/mlx5_0") && !node.collector.value("loopback", "nic/mlx5_1"));
        const auto events = node.collector.events("nic.down");
        QCOMPARE(events.size(), std::size_t(1));
        QCOMPARE(events.front().subject, std::string("nic/mlx5_1"));
        QVERIFY2(events.front().text.find("nothing answers at the other end") != std::string::npos, events.front().text.c_str());
        const auto alone = node.run({{"nic", "mlx5_1"}});
        QCOMPARE(alone.waiver, Waiver::NotPresent);
        QVERIFY(says(alone, "DOWN"));
    }

    void wrongDataFailsThatPort()
    {
        Node node;
        node.mock.adapter = "mlx5_1";
        node.mock.wrongAfter = 10;
        const auto result = node.run();
        QCOMPARE(result.status, StepStatus::Failed);
        QVERIFY(says(result, "nic/mlx5_1: "));
        QVERIFY(says(result, "1 of 1048576 bytes"));
        QVERIFY(says(result, "the other 1 went well"));
        QVERIFY(node.collector.value("loopback", "nic/mlx5_0"));
    }

    void aWriteThatFailsFailsThatPort()
    {
        Node node;
        node.mock.adapter = "mlx5_0";
        node.mock.failsAfter = 50;
        const auto result = node.run();
        QCOMPARE(result.status, StepStatus::Failed);
        QVERIFY(says(result, "transport retry counter exceeded"));
        QVERIFY(node.collector.value("loopback", "nic/mlx5_1"));
    }

    /// The adapter's driver itself does not come back: whoever watches ends its process.
    void aCallThatNeverComesBackIsEnded()
    {
        Node node;
        node.mock.adapter = "mlx5_1";
        node.mock.pollSleepsSeconds = 600;
        const auto result = node.run({{"stall", "8"}});
        QCOMPARE(result.status, StepStatus::Error);
        QVERIFY(says(result, "nic/mlx5_1: it hung during"));
        QVERIFY(node.collector.value("loopback", "nic/mlx5_0"));
    }

    void whatIsForbiddenIsWaivedOnce()
    {
        Node node;
        node.mock.errors["ibv_open_device"] = EACCES;
        const auto result = node.run();
        QCOMPARE(result.status, StepStatus::Waived);
        QCOMPARE(result.waiver, Waiver::NotPermitted);
        QVERIFY(says(result, "each of the 2 ports: "));
        QVERIFY(says(result, "/dev/infiniband/uverbs"));
    }

    void aNodeWithoutTheLibraryIsWaived()
    {
        Node node;
        ::setenv("SEATRIAL_IBVERBS", "/nonexistent/libibverbs.so.1", 1);
        const auto result = node.run();
        QCOMPARE(result.status, StepStatus::Waived);
        QCOMPARE(result.waiver, Waiver::NotPermitted);
        QVERIFY2(result.reason.starts_with("libibverbs cannot be opened"), result.reason.c_str());
    }

    void aNodeWithoutAdaptersHasNone()
    {
        Node node;
        const RdmaTree bare;
        auto context = contextFor(node.collector);
        context.machine = node.machine.get();
        context.sysroot = bare.root();
        QCOMPARE(NicLoopback().run(context).waiver, Waiver::NotPresent);
    }

    void portsOfOneAdapterAreNamedApart()
    {
        Node node;
        node.tree.port("mlx5_1", "40 Gb/sec (4X QDR)", "1: DOWN", "3: Disabled", 2);
        QCOMPARE(node.run().status, StepStatus::Completed);
        QVERIFY(node.collector.value("loopback", "nic/mlx5_1/1"));
        QCOMPARE(node.collector.value("loopback_ceiling", "nic/mlx5_1/1"), std::optional<double>(40));
        QCOMPARE(node.collector.events("nic.down").front().subject, std::string("nic/mlx5_1/2"));
    }
};

QTEST_GUILESS_MAIN(TestCheck)
#include "test_check.moc"
