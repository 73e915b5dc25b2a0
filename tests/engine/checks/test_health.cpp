// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/health/host_health.h"
#include "engine/checks/health/kernel_log.h"
#include "tests/engine/checks/collector.h"

#include <QElapsedTimer>
#include <QTest>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

void look(Collector &collector, const char *tree, protocol::Parameters parameters = {})
{
    auto context = contextFor(collector, std::move(parameters));
    context.sysroot = sysroot(tree);
    const auto result = HostHealth().run(context);
    QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
}

std::optional<protocol::Part> partAt(const Collector &collector, const std::string &place, const std::string &kind)
{
    for (auto &part : collector.all<protocol::Part>()) {
        if (part.place == place && part.kind == kind)
            return part;
    }
    return std::nullopt;
}

} // namespace

class TestHealth : public QObject
{
    Q_OBJECT

private slots:
    void aNodeInNumbers_data()
    {
        QTest::addColumn<QString>("metric");
        QTest::addColumn<QString>("subject");
        QTest::addColumn<double>("value");
        const auto row = [](const char *metric, const char *subject, double value) {
            QTest::addRow("%s of %s", metric, subject) << metric << subject << value;
        };
        row("pcie_width", "pci/0000:41:00.0", 8); // of 16: the planted fault
        row("pcie_width_max", "pci/0000:41:00.0", 16);
        row("pcie_speed", "pci/0000:41:00.0", 32);
        row("pcie_speed_max", "pci/0000:41:00.0", 32);
        row("pcie_aer_correctable", "pci/0000:41:00.0", 12);
        row("pcie_width", "pci/0000:51:00.0", 16);
        row("pcie_speed", "pci/0000:61:00.0", 16);
        row("link", "nic/eth0", 1);
        row("nic_speed", "nic/eth0", 100);
        row("nic_errors", "nic/eth0", 142);
        row("nic_drops", "nic/eth0", 31);
        row("carrier_changes", "nic/eth0", 9);
        row("thermal_throttle", "socket/0", 0);
        row("thermal_throttle", "socket/1", 17);
        row("memory_total", "node", 2113396920. * 1024);
        row("memory_available", "node", 2050000000. * 1024);
        row("memory_errors_corrected", "memory/mc0", 3);
        row("cpu_count", "node", 4);
        row("kernel_xid", "node", 3);
        row("kernel_machine_checks", "node", 1);
        row("kernel_aer", "node", 2);
        row("kernel_hardware_errors", "node", 1);
        row("kernel_oom", "node", 1);
        row("kernel_io_errors", "node", 3);
        row("kernel_link_down", "node", 1);
    }
    void aNodeInNumbers()
    {
        QFETCH(QString, metric);
        QFETCH(QString, subject);
        QFETCH(double, value);
        Collector collector;
        look(collector, "gpu-node", {{"phase", "after"}});
        const auto found = collector.measurement(metric.toStdString(), subject.toStdString());
        QVERIFY(found);
        QCOMPARE(found->value, value);
        QCOMPARE(found->parameters.at("phase"), std::string("after"));
    }

    void bridgesVirtualFunctionsAndContainerEndsAreLeftOut()
    {
        Collector collector;
        look(collector, "gpu-node");
        for (const auto &one : collector.all<protocol::Measurement>()) {
            QVERIFY2(!one.subject.starts_with("pci/0000:00:"), one.subject.c_str());
            QVERIFY2(one.subject != "pci/0000:41:00.1", one.metric.c_str()); // its link says "Unknown"
            QVERIFY2(!one.subject.starts_with("nic/") || one.subject == "nic/eth0", one.subject.c_str());
            QVERIFY(!one.parameters.contains("phase"));
        }
    }

    void parts()
    {
        Collector collector;
        look(collector, "gpu-node");
        const auto board = partAt(collector, "node", "board");
        QVERIFY(board);
        QCOMPARE(board->identity, std::string("EX-000123"));
        QCOMPARE(board->model, std::string("Example Systems GX8"));
        QVERIFY(!board->attributes.contains("board_serial")); // "To be filled by O.E.M."
        const auto cpu = partAt(collector, "socket/1", "cpu");
        QVERIFY(cpu);
        QCOMPARE(cpu->model, std::string("Intel(R) Xeon(R) Platinum 8480C"));
        QCOMPARE(cpu->attributes.at("threads"), std::string("2"));
        const auto nvme = partAt(collector, "disk/nvme0n1", "disk");
        QVERIFY(nvme);
        QCOMPARE(nvme->identity, std::string("S64HNE0T000001"));
        QCOMPARE(nvme->firmware, std::string("GDC5602Q"));
        QCOMPARE(partAt(collector, "disk/sda", "disk")->identity, std::string("BTYF00000000480BGN"));
        QVERIFY(!partAt(collector, "disk/loop0", "disk"));
        const auto nic = partAt(collector, "nic/eth0", "nic");
        QVERIFY(nic);
        QCOMPARE(nic->identity, std::string("a0:88:c2:00:00:01"));
        QCOMPARE(nic->firmware, std::string("28.39.1002"));
        QCOMPARE(nic->attributes.at("driver"), std::string("mlx5_core"));
        QCOMPARE(nic->attributes.at("bus"), std::string("0000:41:00.0"));
        QVERIFY(partAt(collector, "pci/0000:51:00.0", "pci"));
    }

    void versions()
    {
        Collector collector;
        look(collector, "gpu-node");
        const auto events = collector.events("versions");
        QCOMPARE(events.size(), std::size_t(1));
        const auto &versions = events.front().parameters;
        QCOMPARE(versions.at("kernel"), std::string("5.14.0-427.el9.x86_64"));
        QCOMPARE(versions.at("bios_version"), std::string("1.4b"));
        QCOMPARE(versions.at("boot_id"), std::string("11111111-2222-3333-4444-555555555555"));
        QCOMPARE(versions.at("uptime_seconds"), std::string("86400.25"));
        QCOMPARE(versions.at("nvidia_driver"), std::string("580.65.06"));
        QCOMPARE(versions.at("os"), std::string("Rocky Linux 9.4 (Blue Onyx)"));
    }

    void troubleIsFoldedAndKeepsItsPlace()
    {
        Collector collector;
        look(collector, "gpu-node");
        const auto xids = collector.events("kernel.xid");
        QCOMPARE(xids.size(), std::size_t(2));
        QCOMPARE(xids[0].parameters.at("xid"), std::string("79"));
        QCOMPARE(xids[0].subject, std::string("pci/0000:51:00.0"));
        QCOMPARE(xids[0].severity, protocol::Severity::Error);
        QCOMPARE(xids[1].parameters.at("xid"), std::string("63"));
        QCOMPARE(xids[1].parameters.at("count"), std::string("2"));
        QCOMPARE(xids[1].parameters.at("last_seconds"), std::string("9.5"));
        const auto disks = collector.events("kernel.io_error");
        QCOMPARE(disks.size(), std::size_t(2)); // two sectors of one disk, and another disk
        QCOMPARE(disks[0].parameters.at("count"), std::string("2"));
    }

    void aContainerShowsItsOnlyInterface()
    {
        Collector collector;
        look(collector, "container");
        QCOMPARE(collector.value("link", "nic/eth0").value_or(-1), 1.);
        QCOMPARE(collector.value("nic_speed", "nic/eth0").value_or(-1), 10.);
        QVERIFY(!collector.measurement("link", "nic/lo"));
        QVERIFY(!collector.measurement("nic_drops", "nic/eth0")); // not counted here: not zero
        QCOMPARE(partAt(collector, "socket/0", "cpu")->model, std::string("0x41 0xd40"));
        QVERIFY(!partAt(collector, "node", "board"));
    }

    void anEmptyMachineIsNoError()
    {
        Collector collector;
        look(collector, "nothing");
        QVERIFY(collector.all<protocol::Measurement>().empty());
        QVERIFY(collector.all<protocol::Part>().empty());
        const auto refused = collector.events("kernel_log.not_permitted");
        QCOMPARE(refused.size(), std::size_t(1));
        QCOMPARE(refused.front().severity, protocol::Severity::Warning);
        QVERIFY(refused.front().parameters.at("tried").find("/dev/kmsg") != std::string::npos);
    }

    void thisMachine()
    {
        QElapsedTimer timer;
        timer.start();
        Collector collector;
        const auto result = HostHealth().run(contextFor(collector));
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        QVERIFY2(timer.elapsed() < 500, qPrintable(QString::number(timer.elapsed())));
        QVERIFY(collector.value("memory_total", "node").value_or(0) > 1e6);
        QVERIFY(collector.value("cpu_count", "node").value_or(0) >= 1);
        QVERIFY(!HostHealth().loads());
    }

    void badPhaseIsExplained()
    {
        Collector collector;
        QCOMPARE(HostHealth().run(contextFor(collector, {{"phase", "noon"}})).reason,
                 std::string("parameter phase is \"noon\": expected before or after"));
    }

    void whatAMessageMeans_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("code"); ///< empty if it is no trouble
        const auto row = [](const char *code, const char *text) { QTest::newRow(text) << text << code; };
        row("kernel.xid", "NVRM: Xid (PCI:0000:3b:00): 48, pid=1, DBE (double bit error) ECC Error");
        row("kernel.xid", "nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 22013, Non-fatal, Link 44");
        row("kernel.mce", "mce: [Hardware Error]: CPU 12: Machine Check: 0 Bank 7: cc00008000010092");
        row("kernel.aer", "pcieport 0000:d7:00.0: AER: Multiple Uncorrectable (Fatal) error received: 0000:d8:00.0");
        row("kernel.aer", "pcieport 0000:d7:00.0: AER: Correctable error message received from 0000:d8:00.0");
        row("kernel.hardware_error", "{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 1");
        row("kernel.hardware_error", "EDAC MC1: 1 UE memory scrubbing error on CPU_SrcID#1_MC#0");
        row("kernel.oom", "Memory cgroup out of memory: Killed process 77 (hog)");
        row("kernel.io_error", "Buffer I/O error on dev sdb1, logical block 0, async page read");
        row("kernel.io_error", "nvme nvme2: I/O 12 QID 3 timeout, aborting");
        row("kernel.io_error", "nvme nvme0: controller is down; will reset: CSTS=0xffffffff");
        row("kernel.link_down", "ixgbe 0000:04:00.0 eno1: NIC Link is Down");
        row("kernel.link_down", "bond0: (slave eth1): link status definitely down, disabling slave eth1 ... Link down");
        row("", "mce: CPU supports 32 MCE banks");
        row("", "pcieport 0000:00:1c.0: AER: enabled with IRQ 124");
        row("", "EDAC MC: Ver: 3.0.0");
        row("", "EDAC MC0: Giving out device to module skx_edac controller Skylake Socket#0 IMC#0");
        row("", "ata5: SATA link down (SStatus 0 SControl 300)");
        row("", "blk_update_request: I/O error, dev fd0, sector 0 op 0x0:(READ)");
        row("", "mlx5_core 0000:41:00.0 eth0: Link up");
        row("", "");
    }
    void whatAMessageMeans()
    {
        QFETCH(QString, text);
        const auto trouble = classify(text.toStdString());
        const auto code = trouble ? codeOf(*trouble) : std::string_view();
        QTEST(QString::fromUtf8(code.data(), qsizetype(code.size())), "code");
    }

    void aFloodIsBounded()
    {
        std::vector<KernelMessage> messages;
        for (int disk = 0; disk < 80; ++disk) {
            for (int i = 0; i < 10; ++i)
                messages.push_back({double(i), "I/O error, dev sd" + std::to_string(disk) + "x, sector " + std::to_string(i)});
        }
        const auto troubles = foldTroubles(messages, 50);
        QCOMPARE(troubles.counts.at(KernelTrouble::IoError), 800ull);
        QCOMPARE(troubles.folded.size(), std::size_t(50));
        QCOMPARE(troubles.folded.front().count, 10ull);
        QCOMPARE(troubles.left, 300ull);
        // Each Xid is judged by what it says: a flood of others does not push it out.
        messages.push_back({9, "NVRM: Xid (PCI:0000:51:00): 79, GPU has fallen off the bus."});
        const auto withXid = foldTroubles(messages, 50);
        QCOMPARE(withXid.folded.size(), std::size_t(51));
        QCOMPARE(withXid.folded.back().xid, std::string("79"));
        QCOMPARE(withXid.left, 300ull);
    }
};

QTEST_GUILESS_MAIN(TestHealth)
#include "test_health.moc"
