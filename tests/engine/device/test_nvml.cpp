// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/nvml_node.h"

#include <QTest>

#include <algorithm>
#include <thread>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

const Reading *find(const std::vector<Reading> &readings, const std::string &metric, const std::string &subject = "gpu/0")
{
    const auto found = std::find_if(readings.begin(), readings.end(), [&](const Reading &one) { return one.metric == metric && one.subject == subject; });
    return found == readings.end() ? nullptr : &*found;
}

double valueOf(const std::vector<Reading> &readings, const std::string &metric, const std::string &subject = "gpu/0")
{
    const auto *reading = find(readings, metric, subject);
    return reading && reading->value ? *reading->value : -12345;
}

} // namespace

class TestNvml : public QObject
{
    Q_OBJECT

private slots:
    void everyPartIsIdentified()
    {
        NvmlNode node("gpus 2\ngpu 1 slot 7\ngpu 1 tray 3\ngpu 1 chassis_serial 1821024190071");
        QCOMPARE(*node.management().count(), 2);
        QCOMPARE(node.management().versions(), (protocol::Parameters{{"driver", "590.48.01"}, {"nvml", "13.590.48.01"}, {"cuda", "13.1"}}));
        const auto part = *node.management().identity(1);
        QCOMPARE(part.kind, std::string("gpu"));
        QCOMPARE(part.place, std::string("gpu/1"));
        QCOMPARE(part.identity, std::string("1650925000002"));
        QCOMPARE(part.model, std::string("NVIDIA H200"));
        QCOMPARE(part.firmware, std::string("96.00.A5.00.03"));
        const protocol::Parameters expected{
            {"serial", "1650925000002"}, {"uuid", "GPU-5ea74121-0000-4000-8000-000000000001"}, {"pci_address", "0000:2b:00.0"}, {"pci_device_id", "0x233510DE"},
            {"pci_subsystem_id", "0x18BE10DE"}, {"board_part_number", "695-2G520-0280-001"}, {"inforom_image", "G520.0280.02.02"}, {"inforom_oem", "2.1"},
            {"inforom_ecc", "7.16"}, {"architecture", "Hopper"}, {"minor_number", "1"}, {"module_id", "2"}, {"mig_mode", "Disabled"}, {"ecc_mode", "Enabled"},
            {"persistence_mode", "Enabled"}, {"compute_mode", "Default"}, {"fabric_state", "Completed"}, {"fabric_status", "Success"}, {"fabric_clique", "0"},
            {"fabric_cluster_uuid", "00112233-4455-6677-8899-aabbccddeeff"}, {"slot", "7"}, {"tray", "3"}, {"chassis_serial", "1821024190071"},
            {"gsp_firmware", "590.48.01"}, {"memory_bytes", "150754820096"}, {"driver", "590.48.01"}};
        for (const auto &[name, value] : expected)
            QCOMPARE(part.attributes.contains(name) ? part.attributes.at(name) : "missing " + name, value);
        QVERIFY(!part.attributes.contains("inforom_power")); // this model has none
    }

    void readingsHaveTheirUnits()
    {
        NvmlNode node;
        const auto readings = node.management().readings(0);
        QCOMPARE(valueOf(readings, "pcie_speed"), 32.0);
        QCOMPARE(valueOf(readings, "power"), 77.88);
        QCOMPARE(valueOf(readings, "power_limit"), 700.0);
        QCOMPARE(valueOf(readings, "temperature_slowdown_margin"), -2.0); // a negative number in a field
        QCOMPARE(valueOf(readings, "nvlink_count"), 18.0);
        QCOMPARE(valueOf(readings, "nvlink_active"), 18.0);
        QCOMPARE(valueOf(readings, "nvlink_speed", "gpu/0/link/17"), 26.562);
        QCOMPARE(find(readings, "nvlink_version", "gpu/0/link/0")->text, std::string("4.0"));
        QCOMPARE(find(readings, "clock_event_reasons")->text, std::string("idle"));
        QCOMPARE(find(readings, "recovery_action")->text, std::string("None"));
        QCOMPARE(find(readings, "memory_total")->unit, protocol::Unit::Bytes);
        QVERIFY(find(readings, "ecc_dram_correctable_volatile")->counter);
        QVERIFY(find(readings, "power_limit_default")->fixed);
    }

    void linksToTheProcessorAreRead()
    {
        NvmlNode node("gpu * c2c_links 5\ngpu 0 link 3 c2c_state 0\ngpu 0 link 3 c2c_speed -\ngpu 1 link 0 c2c_replays 4");
        const auto readings = node.management().readings(0);
        QCOMPARE(valueOf(readings, "c2c_links"), 5.0);
        QCOMPARE(valueOf(readings, "c2c_active"), 4.0);
        QCOMPARE(find(readings, "c2c_state", "gpu/0/c2c/3")->text, std::string("Inactive"));
        QCOMPARE(valueOf(readings, "c2c_speed", "gpu/0/c2c/4"), 44.712);
        QVERIFY(!find(readings, "c2c_speed", "gpu/0/c2c/3")->value);
        const auto other = node.management().readings(1);
        QCOMPARE(valueOf(other, "c2c_active", "gpu/1"), 5.0);
        QCOMPARE(valueOf(other, "c2c_replays", "gpu/1/c2c/0"), 4.0);
        NvmlNode without;
        const auto none = without.management().readings(0);
        QVERIFY(find(none, "c2c_links") && !find(none, "c2c_links")->value && !find(none, "c2c_active"));
    }

    void whatIsNearIsRead()
    {
        NvmlNode node("gpu 1 cpu_affinity 0 1 2 70 71 140\ngpu 1 numa_affinity 0 3 4 5 11\ngpu 1 gpu_numa_id 10");
        const auto usual = *node.management().identity(0), shared = *node.management().identity(1);
        QCOMPARE(usual.attributes.at("cpu_affinity"), std::string("0-3,8-9"));
        QCOMPARE(usual.attributes.at("numa_affinity"), std::string("0"));
        QVERIFY(!usual.attributes.contains("gpu_numa_id"));
        QCOMPARE(shared.attributes.at("cpu_affinity"), std::string("0-2,70-71,140"));
        QCOMPARE(shared.attributes.at("numa_affinity"), std::string("0,3-5,11"));
        QCOMPARE(shared.attributes.at("gpu_numa_id"), std::string("10"));
    }

    void everyFaultIsRead_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("metric");
        QTest::addColumn<double>("value");
        QTest::addColumn<QString>("text");
        const auto row = [](const char *line, const char *metric, double value, const char *text = "") { QTest::newRow(line) << line << metric << value << text; };
        row("gpu 0 ecc_dram_correctable_volatile 7", "ecc_dram_correctable_volatile", 7);
        row("gpu 0 ecc_dram_uncorrectable_volatile 1", "ecc_dram_uncorrectable_volatile", 1);
        row("gpu 0 ecc_dram_uncorrectable_aggregate 3", "ecc_total_uncorrectable_aggregate", 3);
        row("gpu 0 ecc_sram_uncorrectable_volatile 1", "ecc_sram_uncorrectable_volatile", 1);
        row("gpu 0 ecc_l2_correctable_aggregate 4", "ecc_l2_correctable_aggregate", 4);
        row("gpu 0 ecc_sram_secded_volatile 2", "ecc_sram_secded_volatile", 2);
        row("gpu 0 ecc_sram_parity_aggregate 2", "ecc_sram_parity_aggregate", 2);
        row("gpu 0 ecc_sram_microcontroller_uncorrectable_aggregate 5", "ecc_sram_microcontroller_uncorrectable_aggregate", 5);
        row("gpu 0 ecc_sram_threshold_exceeded 1", "ecc_sram_threshold_exceeded", 1, "Yes");
        row("gpu 0 ecc_mode 0", "ecc_mode", 0, "Disabled");
        row("gpu 0 mig_mode 1", "mig_mode", 1, "Enabled");
        row("gpu 0 row_remap_correctable 2", "row_remap_correctable", 2);
        row("gpu 0 row_remap_uncorrectable 1", "row_remap_uncorrectable", 1);
        row("gpu 0 row_remap_pending 1", "row_remap_pending", 1, "Yes");
        row("gpu 0 row_remap_failure 1", "row_remap_failure", 1, "Yes");
        row("gpu 0 row_remap_banks_none 2", "row_remap_banks_none", 2);
        row("gpu 0 channel_repair_pending 1", "channel_repair_pending", 1, "Yes");
        row("gpu 0 tpc_repair_pending 1", "tpc_repair_pending", 1, "Yes");
        row("gpu 0 memory_unrepairable 1", "memory_unrepairable", 1, "Yes");
        row("gpu 0 retired_pages_uncorrectable 3", "retired_pages_uncorrectable", 3);
        row("gpu 0 retired_pages_pending 1", "retired_pages_pending", 1, "Yes");
        row("gpu 0 pcie_width 8", "pcie_width", 8);
        row("gpu 0 pcie_speed 16000", "pcie_speed", 16);
        row("gpu 0 pcie_generation 4", "pcie_generation", 4);
        row("gpu 0 pcie_replays 12", "pcie_replays", 12);
        row("gpu 0 pcie_fatal_errors 1", "pcie_fatal_errors", 1);
        row("gpu 0 pcie_lane_errors 6", "pcie_lane_errors", 6);
        row("gpu 0 link 7 nvlink_state 0", "nvlink_active", 17);
        row("gpu 0 clock_event_reasons 104", "clock_event_reasons", 0x68, "hardware slowdown, software thermal slowdown, hardware thermal slowdown");
        row("gpu 0 clock_limited_by_hardware_thermal 2500000000", "clock_limited_by_hardware_thermal", 2.5);
        row("gpu 0 core_clock_max 1755", "core_clock_max", 1755);
        row("gpu 0 power_limit 500000", "power_limit", 500);
        row("gpu 0 memory_temperature 96", "memory_temperature", 96);
        row("gpu 0 temperature_slowdown 87", "temperature_slowdown", 87);
        row("gpu 0 recovery_action 1", "recovery_action", 1, "GPU Reset");
        row("gpu 0 recovery_action 4", "recovery_action", 4, "Drain and Reset");
        row("gpu 0 fabric_state 2", "fabric_state", 2, "In Progress");
        row("gpu 0 fabric_status 999", "fabric_status", 999, "fabric: Unknown Error (999)");
        row("gpu 0 fabric_health_mask 1", "fabric_bandwidth_degraded", 1, "Yes");
        row("gpu 0 fabric_health_mask 1280", "fabric_incorrect_configuration", 4, "Insufficient NVLinks");
        row("gpu 0 fabric_health_summary 2", "fabric_health", 1, "Unhealthy");
        row("gpu 0 persistence_mode 0", "persistence_mode", 0, "Disabled");
        row("gpu 0 compute_mode 2", "compute_mode", 2, "Prohibited");
    }
    void everyFaultIsRead()
    {
        QFETCH(QString, line);
        QFETCH(QString, metric);
        QFETCH(double, value);
        QFETCH(QString, text);
        NvmlNode healthy;
        const double well = valueOf(healthy.management().readings(0), metric.toStdString());
        QVERIFY(well != value); // else nothing is shown below
        NvmlNode node(line.toStdString());
        const auto readings = node.management().readings(0);
        QCOMPARE(valueOf(readings, metric.toStdString()), value);
        QCOMPARE(QString::fromStdString(find(readings, metric.toStdString())->text), text);
        QCOMPARE(valueOf(node.management().readings(1), metric.toStdString(), "gpu/1"), well); // the other GPU
    }

    void aLinkIsReadByItself()
    {
        NvmlNode node("gpu 0 link 7 nvlink_state 0\ngpu 0 link 7 nvlink_speed 0\ngpu 0 link 3 nvlink_replays 9\ngpu 0 link 3 nvlink_recoveries 2\n"
                      "gpu 0 link 5 nvlink_crc_flit_errors 44\ngpu 0 link 5 nvlink_crc_data_errors 4\ngpu 0 link 2 nvlink_effective_ber 2320\n"
                      "gpu 0 link 2 nvlink_symbol_ber 3855\ngpu 0 link 2 nvlink_recoveries_failed 1");
        const auto readings = node.management().readings(0);
        QCOMPARE(valueOf(readings, "nvlink_state", "gpu/0/link/7"), 0.0);
        QCOMPARE(find(readings, "nvlink_state", "gpu/0/link/7")->text, std::string("Inactive"));
        QCOMPARE(valueOf(readings, "nvlink_state", "gpu/0/link/6"), 1.0);
        QVERIFY(!find(readings, "nvlink_speed", "gpu/0/link/7")); // what is down has no speed
        QCOMPARE(valueOf(readings, "nvlink_replays", "gpu/0/link/3"), 9.0);
        QCOMPARE(valueOf(readings, "nvlink_recoveries", "gpu/0/link/3"), 2.0);
        QCOMPARE(valueOf(readings, "nvlink_crc_flit_errors", "gpu/0/link/5"), 44.0);
        QCOMPARE(valueOf(readings, "nvlink_crc_data_errors", "gpu/0/link/5"), 4.0);
        QCOMPARE(valueOf(readings, "nvlink_effective_ber", "gpu/0/link/2"), 9e-16); // 0x910
        QCOMPARE(valueOf(readings, "nvlink_symbol_ber", "gpu/0/link/2"), 15e-15);   // 0xf0f
        QCOMPARE(valueOf(readings, "nvlink_recoveries_failed", "gpu/0/link/2"), 1.0);
    }

    void countersGrowWhileItRuns()
    {
        NvmlNode node("gpu 0 pcie_replays 5 +2");
        const double first = valueOf(node.management().readings(0), "pcie_replays");
        QCOMPARE(valueOf(node.management().readings(0), "pcie_replays"), first + 2);
    }

    void whatCannotBeReadSaysWhy()
    {
        NvmlNode node("fail nvmlDeviceGetRemappedRows 3\nfail 0 nvmlDeviceGetPcieReplayCounter 4\nfield 230 999\nfail nvmlDeviceGetSerial 4");
        const auto readings = node.management().readings(0);
        const auto *remaps = find(readings, "row_remap_pending");
        QVERIFY(remaps && !remaps->value);
        QCOMPARE(remaps->absent, DeviceTrouble::NotSupported);
        QCOMPARE(remaps->text, std::string("nvmlDeviceGetRemappedRows: Not Supported (3)"));
        QCOMPARE(find(readings, "pcie_replays")->absent, DeviceTrouble::NotPermitted);
        QCOMPARE(valueOf(node.management().readings(1), "pcie_replays", "gpu/1"), 0.0);
        QCOMPARE(find(readings, "recovery_action")->absent, DeviceTrouble::Broken);
        QCOMPARE(find(readings, "recovery_action")->text, std::string("field 230: Unknown Error (999)"));
        QCOMPARE(node.management().identity(0)->identity, std::string("GPU-5ea74121-0000-4000-8000-000000000000")); // no serial: the UUID
    }

    void aLibraryOfLongAgoServesAsFarAsItGoes()
    {
        NvmlNode node({}, "libmock_nvml_old.so");
        QCOMPARE(*node.management().count(), 2);
        const auto readings = node.management().readings(1);
        QCOMPARE(valueOf(readings, "pcie_width", "gpu/1"), 16.0);
        QCOMPARE(valueOf(readings, "clock_event_reasons", "gpu/1"), 1.0); // under its former name
        QCOMPARE(valueOf(readings, "power", "gpu/1"), 77.67);            // no fields: what it was over the last second
        QCOMPARE(find(readings, "row_remap_pending", "gpu/1")->text,
                 std::string("nvmlDeviceGetRemappedRows: the driver's library is older than this function (13)"));
        QVERIFY(node.management().sample(0)->powerWatts.has_value());
        QVERIFY(node.management().events().empty());
        QCOMPARE(node.management().versions().at("driver"), std::string("590.48.01"));
    }

    void aLostGpuLeavesTheOthers()
    {
        NvmlNode node("fail 1 all 15");
        QCOMPARE(*node.management().count(), 2);
        QVERIFY(node.management().identity(0).ok());
        const auto identity = node.management().identity(1);
        QVERIFY(!identity.ok());
        QCOMPARE(identity.problem().trouble, DeviceTrouble::Lost);
        QVERIFY2(identity.problem().text.find("GPU is lost (15)") != std::string::npos, identity.problem().text.c_str());
        QCOMPARE(node.management().sample(1).problem().trouble, DeviceTrouble::Lost);
        QCOMPARE(node.management().readings(1).front().absent, DeviceTrouble::Lost);
        QVERIFY(valueOf(node.management().readings(0), "temperature") > 0);
    }

    void aGpuThatIsLostOnTheWayIsAskedNoMore()
    {
        NvmlNode node;
        QVERIFY(node.management().identity(0).ok());
        node.tell("fail 0 nvmlDeviceGetCurrPcieLinkWidth 15");
        const auto readings = node.management().readings(0);
        QVERIFY(valueOf(readings, "row_remap_pending") == 0); // came before
        QCOMPARE(find(readings, "temperature")->absent, DeviceTrouble::Lost);
        QCOMPARE(find(readings, "power")->absent, DeviceTrouble::Lost);
    }

    void withoutADriverItIsSaidWhy_data()
    {
        QTest::addColumn<QString>("lines");
        QTest::addColumn<QString>("library");
        QTest::addColumn<int>("trouble");
        QTest::addColumn<QString>("words");
        QTest::newRow("no library") << "" << "/nowhere/libnvidia-ml.so.1" << int(DeviceTrouble::NotPresent) << "no NVIDIA driver is installed";
        QTest::newRow("not loaded") << "fail nvmlInit_v2 9" << "" << int(DeviceTrouble::NotPresent) << "no NVIDIA driver is loaded";
        QTest::newRow("versions differ") << "fail nvmlInit_v2 18\nnvml 13.595.71.05" << "" << int(DeviceTrouble::NotPresent)
                                         << "the driver in the kernel, 590.48.01, and the driver's library, NVML 13.595.71.05, are of different releases";
        QTest::newRow("not for us") << "fail nvmlInit_v2 4" << "" << int(DeviceTrouble::NotPermitted) << "may not open its devices";
        QTest::newRow("unknown") << "fail nvmlInit_v2 999" << "" << int(DeviceTrouble::Broken) << "590.48.01 could not be asked (nvmlInit_v2: Unknown Error (999))";
    }
    void withoutADriverItIsSaidWhy()
    {
        QFETCH(QString, lines);
        QFETCH(QString, library);
        QFETCH(int, trouble);
        QFETCH(QString, words);
        NvmlNode node(lines.toStdString(), library.isEmpty() ? "libmock_nvml.so" : library.toStdString());
        node.put("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  590.48.01  Release Build  (dvs-builder@U22)\n");
        const auto count = node.management().count();
        QVERIFY(!count.ok());
        QCOMPARE(int(count.problem().trouble), trouble);
        QVERIFY2(QString::fromStdString(count.problem().text).contains(words), count.problem().text.c_str());
        QVERIFY(node.management().versions().empty());
        QVERIFY(!node.management().identity(0).ok());
    }

    void aCallThatHangsCanBeNamed()
    {
        {
            NvmlNode node("hang nvmlInit_v2", "libmock_nvml_hanging.so");
            std::thread([&management = node.management()] { management.count(); }).detach();
            QTRY_COMPARE(QString::fromStdString(node.management().doing()), "nvmlInit_v2");
        } // does not wait for that call, and takes nothing from it
        NvmlNode another;
        QVERIFY(another.management().count().ok());
        QCOMPARE(another.management().doing(), std::string());
    }

    void processesAreNamed()
    {
        NvmlNode node("process 0 4242 1048576 python3 train.py\nprocess 1 77 5 other");
        const auto processes = *node.management().processes(0);
        QCOMPARE(processes.size(), 1U);
        QCOMPARE(processes[0].pid, 4242);
        QCOMPARE(processes[0].name, std::string("python3 train.py"));
        QCOMPARE(processes[0].memoryBytes, 1048576U);
    }

    void relationsAreThoseOfTopo()
    {
        NvmlNode node("gpus 4\ngpu 2 links 0\ngpu 3 links 0\nconnected 2 3 10\nconnected 0 2 30\ngpu 1 link 4 nvlink_state 0");
        QCOMPARE(node.management().relation(0, 0)->word, std::string("X"));
        const auto linked = *node.management().relation(0, 1);
        QCOMPARE(linked.word, std::string("NV17")); // through switches; one link of the other is down
        QCOMPARE(linked.links, 17);
        QCOMPARE(node.management().relation(2, 3)->word, std::string("PIX"));
        QCOMPARE(node.management().relation(0, 2)->word, std::string("PHB"));
        QCOMPARE(node.management().relation(1, 3)->word, std::string("SYS"));
    }

    void linksBetweenTwoAreCounted()
    {
        NvmlNode node("gpu * links 4\ngpu * nvlink_remote_type 0\ngpu 0 link 0 nvlink_remote_gpu 1\ngpu 0 link 1 nvlink_remote_gpu 1\n"
                      "gpu 0 link 2 nvlink_remote_gpu 1\ngpu 0 link 2 nvlink_state 0\ngpu 0 link 3 nvlink_remote_gpu 0");
        QCOMPARE(node.management().relation(0, 1)->word, std::string("NV2"));
    }

    void eventsComeOnce()
    {
        NvmlNode node("xid 0 13");
        QVERIFY(node.management().events().empty()); // begins to listen: what was before is the kernel log's
        node.tell("xid 0 13\nxid 1 79\nxid 1 45");
        const auto events = node.management().events();
        QCOMPARE(events.size(), 2U);
        QCOMPARE(events[0].gpu, 1);
        QCOMPARE(events[0].xid, 79U);
        QCOMPARE(events[0].source, std::string("nvml"));
        QVERIFY(node.management().events().empty());
    }

    void theFileOfTheLibraryCanBeNamed()
    {
        setenv("SEATRIAL_NVML", SEATRIAL_BINARY_DIR "/tests/libmock_nvml.so", 1);
        NvmlNode state("gpus 5");
        QCOMPARE(*NvmlManagement().count(), 5);
        unsetenv("SEATRIAL_NVML");
    }
};

QTEST_APPLESS_MAIN(TestNvml)
#include "test_nvml.moc"
