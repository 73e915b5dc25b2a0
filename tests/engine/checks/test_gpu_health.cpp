// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/gpu/gpu_health.h"
#include "engine/checks/gpu/xid_watch.h"
#include "tests/engine/checks/collector.h"
#include "tests/support/nvml_node.h"

#include <QElapsedTimer>
#include <QTest>

#include <set>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;
using protocol::StepStatus;

namespace {

CheckResult look(NvmlNode &node, Collector &collector, protocol::Parameters parameters = {})
{
    auto context = contextFor(collector, std::move(parameters));
    context.machine = &node;
    return GpuHealth().run(context);
}

void putGpuOnBus(NvmlNode &node, const std::string &address)
{
    node.put("sys/bus/pci/devices/" + address + "/vendor", "0x10de\n");
    node.put("sys/bus/pci/devices/" + address + "/class", "0x030200\n");
}

/// Something happens while it works.
class Working : public Check
{
public:
    explicit Working(std::function<void()> work) : m_work(std::move(work)) {}
    std::string_view id() const override { return "gpu.working"; }
    std::string_view summary() const override { return {}; }
    std::vector<std::string> parameterHelp() const override { return {}; }
    bool loads() const override { return true; }
    CheckResult run(const CheckContext &) const override { return m_work(), CheckResult::completed(); }

private:
    std::function<void()> m_work;
};

} // namespace

class TestGpuHealth : public QObject
{
    Q_OBJECT

private slots:
    void aHealthyNodeIsToldInFewRecords()
    {
        NvmlNode node("gpus 8");
        node.log("6,1,1000,-;Linux version 6.1\n");
        Collector collector;
        const auto result = look(node, collector, {{"phase", "before"}});
        QVERIFY2(result.status == StepStatus::Completed, result.reason.c_str());
        QCOMPARE(collector.all<protocol::Part>().size(), 8U);
        QCOMPARE(*collector.value("gpus", "node"), 8.0);
        QCOMPARE(collector.measurement("gpus", "node")->parameters.at("driver"), std::string("590.48.01"));
        QCOMPARE(*collector.value("nvlink_active", "gpu/7"), 18.0);
        QCOMPARE(*collector.value("nvlink_state", "gpu/7"), 1.0);
        QCOMPARE(collector.measurement("nvlink_speed", "gpu/7")->parameters.at("links"), std::string("0-17"));
        QCOMPARE(*collector.value("ecc_total_uncorrectable_volatile", "gpu/0"), 0.0);
        QCOMPARE(*collector.value("xids", "gpu/3"), 0.0);
        QCOMPARE(collector.measurement("recovery_action", "gpu/3")->parameters.at("text"), std::string("None"));
        QVERIFY(collector.measurement("counters_at_zero", "gpu/3")->parameters.at("counters").find("nvlink_replays of links") != std::string::npos);
        QCOMPARE(collector.events("gpu.not_told").size(), 1U);
        QVERIFY(collector.events("gpu.not_told")[0].text.find("of GPU 0-7 (Not Supported (3))") != std::string::npos);
        const std::size_t records = collector.all<protocol::Measurement>().size();
        QVERIFY2(records < 8 * 70, std::to_string(records).c_str()); // 18 links with 20 metrics each alone would be 2880
        Collector after;
        look(node, after, {{"phase", "after"}});
        QVERIFY(after.all<protocol::Measurement>().size() < records);
        QVERIFY(!after.measurement("power_limit_default", "gpu/0")); // did not change
        QVERIFY(after.events("gpu.not_told").empty());
    }

    void whatDiffersIsToldByItself()
    {
        NvmlNode node("gpu 0 link 7 nvlink_state 0\ngpu 0 link 7 nvlink_speed 0\ngpu 1 link 3 nvlink_replays 9\ngpu 1 ecc_dram_uncorrectable_volatile 1\n"
                      "gpu 1 pcie_lane_errors 4\nfail 1 nvmlDeviceGetRemappedRows 4");
        Collector collector;
        QCOMPARE(look(node, collector).status, StepStatus::Completed);
        QCOMPARE(*collector.value("nvlink_state", "gpu/0/link/7"), 0.0);
        QCOMPARE(collector.measurement("nvlink_state", "gpu/0/link/7")->parameters.at("text"), std::string("Inactive"));
        QCOMPARE(*collector.value("nvlink_state", "gpu/0"), 1.0);
        QCOMPARE(collector.measurement("nvlink_state", "gpu/0")->parameters.at("links"), std::string("0-6,8-17"));
        QCOMPARE(*collector.value("nvlink_active", "gpu/0"), 17.0);
        QVERIFY(!collector.measurement("nvlink_state", "gpu/1/link/7"));
        QCOMPARE(*collector.value("nvlink_replays", "gpu/1/link/3"), 9.0);
        QCOMPARE(collector.measurement("nvlink_replays", "gpu/1/link/3")->parameters.at("listed_above"), std::string("0"));
        QCOMPARE(*collector.value("pcie_lane_errors", "gpu/1"), 4.0);
        QVERIFY(!collector.measurement("pcie_lane_errors", "gpu/0")); // in the list of those at zero
        QCOMPARE(*collector.value("ecc_dram_uncorrectable_volatile", "gpu/1"), 1.0);
        QCOMPARE(collector.events("gpu.not_permitted").size(), 1U);
        QVERIFY(collector.events("gpu.not_permitted")[0].text.find("row_remap_pending") != std::string::npos);
    }

    void whoElseComputesIsNamed()
    {
        NvmlNode node("process 1 4242 1500000000 python3 train.py");
        Collector collector;
        look(node, collector);
        QCOMPARE(*collector.value("other_processes", "gpu/0"), 0.0);
        QCOMPARE(*collector.value("other_processes", "gpu/1"), 1.0);
        QCOMPARE(collector.events("gpu.in_use")[0].text, std::string("In use by python3 train.py (pid 4242, 1500 MB)."));
    }

    void aLostGpuFailsAndTheOthersAreRead()
    {
        NvmlNode node("gpus 3\nfail 1 all 15");
        Collector collector;
        const auto result = look(node, collector);
        QCOMPARE(result.status, StepStatus::Failed);
        QVERIFY2(result.reason.find("gpu/1 is lost: ") == 0, result.reason.c_str());
        QVERIFY(collector.value("temperature", "gpu/2"));
        QCOMPARE(collector.events("gpu.lost").size(), 1U);
        QCOMPARE(collector.all<protocol::Part>().size(), 2U);
    }

    void aNodeWithoutGpusIsWaived()
    {
        NvmlNode node({}, "/nowhere/libnvidia-ml.so.1");
        Collector collector;
        const auto result = look(node, collector);
        QCOMPARE(result.status, StepStatus::Waived);
        QCOMPARE(result.waiver, protocol::Waiver::NotPresent);
        QVERIFY2(result.reason.find("no NVIDIA driver is installed") != std::string::npos, result.reason.c_str());
        NvmlNode empty("gpus 0");
        QCOMPARE(look(empty, collector).waiver, protocol::Waiver::NotPresent);
    }

    void gpusThatNobodyCanReachAreNoWaiver()
    {
        NvmlNode node("fail nvmlInit_v2 18\nnvml 13.595.71.05");
        node.put("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  590.48.01  Mon\n");
        putGpuOnBus(node, "0000:1b:00.0");
        Collector collector;
        const auto result = look(node, collector);
        QCOMPARE(result.status, StepStatus::Error);
        QVERIFY2(result.reason.find("1 GPU is on the PCI bus (0000:1b:00.0), but the driver in the kernel, 590.48.01,") == 0, result.reason.c_str());
        QCOMPARE(collector.events("gpu.no_driver").size(), 1U);
    }

    void aGpuThatTheDriverDoesNotCountIsMissed()
    {
        NvmlNode node("gpus 1");
        putGpuOnBus(node, "0000:1b:00.0");
        putGpuOnBus(node, "0000:2b:00.0");
        Collector collector;
        QCOMPARE(look(node, collector).status, StepStatus::Completed);
        QCOMPARE(*collector.value("gpus", "node"), 1.0);
        QCOMPARE(*collector.value("gpus_on_bus", "node"), 2.0); // criteria compare the two
        std::filesystem::create_symlink("/sys/bus/pci/drivers/vfio-pci", node.sysroot() / "sys/bus/pci/devices/0000:2b:00.0/driver");
        Collector second;
        look(node, second);
        QCOMPARE(*second.value("gpus_on_bus", "node"), 1.0); // that one is a virtual machine's
        NvmlNode none("gpus 0");
        putGpuOnBus(none, "0000:1b:00.0");
        QCOMPARE(look(none, collector).status, StepStatus::Failed);
    }

    void aDriverThatHangsIsNamedByItsCall()
    {
        auto *const node = new NvmlNode("hang nvmlDeviceGetSerial", "libmock_nvml_hanging.so"); // its call never ends
        Collector collector;
        QElapsedTimer clock;
        clock.start();
        const auto result = look(*node, collector, {{"patience", "0.5"}});
        QVERIFY(clock.elapsed() < 10'000);
        QCOMPARE(result.status, StepStatus::Failed);
        QVERIFY2(result.reason.find("nvmlDeviceGetSerial has not come back for 0.5 s") != std::string::npos, result.reason.c_str());
    }

    void xidsOfTheKernelLogBelongToTheirGpu()
    {
        NvmlNode node;
        node.log("4,1,5000000,-;NVRM: Xid (PCI:0000:2b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.\n"
                 "4,2,6000000,-;NVRM: Xid (PCI:0000:1b:00): 94, pid=7, name=python3, Ch 00000008\n"
                 "4,3,6100000,-;NVRM: Xid (PCI:0000:1b:00): 94, pid=7, name=python3, Ch 00000009\n"
                 "4,4,6200000,-;NVRM: Xid (PCI:0000:1b:00): 149, NETIR_LINK_EVT Fatal XC0 i0 Link 01 (0x021425c6 0x00000000)\n"
                 "4,5,6300000,-;NVRM: Xid (PCI:0000:1b:00): 149, NETIR_LINK_EVT Fatal XC0 i0 Link 02 (0x021445c6 0x00000000)\n"
                 "4,6,6400000,-;nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 22013, Non-fatal, Link 44\n"
                 "4,7,6500000,-;NVRM: Xid (PCI:0000:99:00): 13, Graphics SM Warp Exception\n");
        Collector collector;
        const auto result = look(node, collector);
        QVERIFY2(result.status == StepStatus::Completed, result.reason.c_str());
        const auto events = collector.events("gpu.xid");
        QCOMPARE(events.size(), 6U);
        QCOMPARE(events[0].subject, std::string("gpu/1"));
        QCOMPARE(events[0].parameters.at("xid"), std::string("79"));
        QCOMPARE(events[0].parameters.at("first_seconds"), std::string("5"));
        QCOMPARE(events[1].parameters.at("count"), std::string("2")); // one error, two channels
        QCOMPARE(events[2].parameters.at("xid"), std::string("149")); // two links: two errors
        QVERIFY(events[3].text.find("Link 02") != std::string::npos);
        QCOMPARE(events[4].parameters.at("sxid"), std::string("22013"));
        QVERIFY(!events[4].parameters.contains("xid"));
        QCOMPARE(events[5].subject, std::string("pci/0000:99:00.0")); // none of the GPUs that the driver knows
        QCOMPARE(*collector.value("xids", "gpu/0"), 4.0);
    }

    void xidsDuringAStepAreOfThatStep()
    {
        NvmlNode node("xid 0 31");
        node.log("4,1,5000000,-;NVRM: Xid (PCI:0000:1b:00): 31, pid=7, name=old\n");
        Collector collector;
        auto context = contextFor(collector);
        context.machine = &node;
        context.step = "gemm";
        Reporter reporter(context, "gpu.gemm");
        XidWatch watch(context, reporter);
        QCOMPARE(watch.report(), 0U); // what was before is not of this step
        node.tell("xid 0 31\nxid 1 79\nxid 0 48");
        node.log("4,1,5000000,-;NVRM: Xid (PCI:0000:1b:00): 31, pid=7, name=old\n4,2,9000000,-;NVRM: Xid (PCI:0000:2b:00): 79, GPU has fallen off the bus.\n"
                 "4,3,9500000,-;NVRM: Xid (PCI:0000:1b:00): 31, pid=9, name=new\n");
        QCOMPARE(watch.report(), 4U);
        const auto events = collector.events("gpu.xid");
        QCOMPARE(events.size(), 4U);
        QCOMPARE(events[0].step, std::string("gemm"));
        QCOMPARE(events[0].parameters.at("count"), std::string("1")); // the new one of the same kind
        QCOMPARE(events[0].parameters.at("first_seconds"), std::string("9.5"));
        QCOMPARE(events[1].subject, std::string("gpu/1"));
        QCOMPARE(events[1].parameters.at("source"), std::string("kernel log"));
        std::set<std::string> byDriver;
        for (std::size_t i = 2; i < 4; ++i) {
            QCOMPARE(events[i].parameters.at("source"), std::string("nvml"));
            byDriver.insert(events[i].subject + " " + events[i].parameters.at("xid"));
        }
        QCOMPARE(byDriver, (std::set<std::string>{"gpu/0 48", "gpu/1 79"}));
        QCOMPARE(watch.report(), 0U);
    }

    void aCheckTellsWhatTheKernelLoggedMeanwhile()
    {
        NvmlNode node;
        const std::string old = "4,1,5000000,-;NVRM: Xid (PCI:0000:1b:00): 31, pid=7, name=old\n";
        node.log(old);
        const auto check = tiedToXids(std::make_unique<Working>([&] { node.log(old + "4,2,9000000,-;NVRM: Xid (PCI:0000:2b:00): 79, GPU has fallen off the bus.\n"); }));
        QCOMPARE(check->id(), std::string_view("gpu.working"));
        Collector collector;
        auto context = contextFor(collector);
        context.machine = &node;
        QCOMPARE(check->run(context).status, StepStatus::Completed);
        const auto events = collector.events("gpu.xid");
        QCOMPARE(events.size(), 1U);
        QCOMPARE(events[0].step, std::string("s1"));
        QCOMPARE(events[0].subject, std::string("pci/0000:2b:00.0")); // the driver was not opened
    }

    void aChildTellsTheXidsOfItsOwnGpu()
    {
        NvmlNode node("gpus 3");
        Collector collector;
        auto context = contextFor(collector);
        context.machine = &node;
        DriverXids ofSecond(context, 1);
        node.tell("gpus 3\nxid 0 13\nxid 1 79\nxid 1 79");
        QCOMPARE(ofSecond.report(Reporter(context, "gpu.gemm")), 1U);
        const auto events = collector.events("gpu.xid");
        QCOMPARE(events[0].subject, std::string("gpu/1"));
        QCOMPARE(events[0].parameters.at("count"), std::string("2"));
        QCOMPARE(events[0].parameters.at("source"), std::string("nvml"));
    }

    void badParametersAreRefused()
    {
        NvmlNode node;
        Collector collector;
        QCOMPARE(look(node, collector, {{"phase", "later"}}).status, StepStatus::Error);
        QCOMPARE(look(node, collector, {{"patience", "never"}}).status, StepStatus::Error);
        QVERIFY(collector.all<protocol::Measurement>().empty());
    }
};

QTEST_APPLESS_MAIN(TestGpuHealth)
#include "test_gpu_health.moc"
