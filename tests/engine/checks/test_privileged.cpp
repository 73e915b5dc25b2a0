// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/health/host_health.h"
#include "engine/checks/health/kernel_log.h"
#include "engine/checks/health/privileged_reads.h"
#include "engine/checks/health/smbios.h"
#include "engine/measure/command.h"
#include "engine/measure/read_privileged.h"
#include "tests/engine/checks/collector.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

void write(const std::filesystem::path &file, std::string_view content, int mode = 0644)
{
    std::filesystem::create_directories(file.parent_path());
    QFile out(QString::fromStdString(file.string()));
    QVERIFY(out.open(QIODevice::WriteOnly));
    out.write(content.data(), qint64(content.size()));
    out.close();
    QCOMPARE(::chmod(file.c_str(), mode_t(mode)), 0);
}

/// A structure of the firmware's table.
std::string structure(int type, std::string fields, const std::vector<std::string> &texts)
{
    std::string bytes{char(type), char(fields.size() + 4), 0, 0};
    bytes += fields;
    for (const auto &text : texts)
        bytes += text + '\0';
    return bytes + std::string(texts.empty() ? 2 : 1, '\0');
}

/// Fields of a memory device from 0x04 on, as of SMBIOS 3.2.
std::string device(unsigned size, unsigned extended, unsigned speed, unsigned configured)
{
    std::string fields(0x5C - 4, '\0');
    const auto put = [&](std::size_t at, unsigned value, int bytes) {
        for (int i = 0; i < bytes; ++i)
            fields[at - 4 + std::size_t(i)] = char(value >> (8 * i));
    };
    put(0x0C, size, 2);
    put(0x10, 1, 1);
    put(0x11, 2, 1);
    put(0x12, 0x22, 1);
    put(0x15, speed, 2);
    put(0x17, 3, 1);
    put(0x18, 4, 1);
    put(0x1A, 5, 1);
    put(0x1C, extended, 4);
    put(0x20, configured, 2);
    return fields;
}

std::string goodTable()
{
    std::string array(0x17 - 4, '\0');
    array[2] = 6;
    return structure(16, array, {}) + structure(17, device(0x7FFF, 65536, 5600, 4800), {"DIMM_A1", "P0_Node0", "Samsung", "H0KE0001", "M321R8GA0BB0  "})
        + structure(17, device(16384, 0, 5600, 5600), {"DIMM_A2", "P0_Node0", "Samsung", "To be filled by O.E.M.", "x\x1b[31m"})
        + structure(17, device(0, 0, 0, 0), {"DIMM_A3", "P0_Node0"}) + structure(127, {}, {});
}

/// A folder with a program "sudo" that comes first in PATH while it lives.
class FakeSudo
{
public:
    explicit FakeSudo(const std::string &script) : m_path(qgetenv("PATH"))
    {
        write(std::filesystem::path(m_folder.path().toStdString()) / "sudo", "#!/bin/sh\n" + script + "\n", 0755);
        qputenv("PATH", m_folder.path().toUtf8() + ':' + m_path);
    }
    ~FakeSudo() { qputenv("PATH", m_path); }
    QString file(const char *name) const { return m_folder.filePath(QLatin1String(name)); }

private:
    QTemporaryDir m_folder;
    const QByteArray m_path;
};

const std::string enginePath = SEATRIAL_BINARY_DIR "/bin/seatrial-engine";
const std::string tableFile = "sys/firmware/dmi/tables/DMI";

/// What the helper answers for @p root.
QByteArray answerFor(const std::filesystem::path &root)
{
    QTemporaryDir folder;
    const auto file = folder.filePath("answer").toStdString();
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT, 0600);
    const bool well = readPrivileged(root, fd);
    ::close(fd);
    QFile in(QString::fromStdString(file));
    return well && in.open(QIODevice::ReadOnly) ? in.readAll() : QByteArray();
}

} // namespace

class TestPrivileged : public QObject
{
    Q_OBJECT

private slots:
    void memoryModulesAreRead()
    {
        const auto table = parseSmbios(goodTable());
        QCOMPARE(table.problem, std::string());
        QCOMPARE(table.errorCorrection, std::string("multi-bit ECC"));
        QCOMPARE(table.modules.size(), std::size_t(3));
        const auto &first = table.modules[0];
        QCOMPARE(first.bytes, std::uint64_t(64) << 30);
        QCOMPARE(first.locator, std::string("DIMM_A1"));
        QCOMPARE(first.type, std::string("DDR5"));
        QCOMPARE(first.speed, 5600u);
        QCOMPARE(first.configured, 4800u);
        QCOMPARE(first.serial, std::string("H0KE0001"));
        QCOMPARE(first.part, std::string("M321R8GA0BB0"));
        QCOMPARE(table.modules[1].bytes, std::uint64_t(16) << 30);
        QCOMPARE(table.modules[1].serial, std::string());
        QCOMPARE(table.modules[1].part, std::string("x?[31m")); // no escape gets through
        QVERIFY(!table.modules[2].present);
        QCOMPARE(table.modules[2].locator, std::string("DIMM_A3"));
    }

    void aTruncatedTableKeepsWhatCameBefore()
    {
        const auto whole = goodTable();
        for (std::size_t length = 0; length <= whole.size(); ++length) {
            const auto table = parseSmbios(std::string_view(whole).substr(0, length));
            QVERIFY(table.modules.size() <= 3);
            for (std::size_t i = 0; i < table.modules.size(); ++i)
                QVERIFY2(table.modules[i].locator == "DIMM_A" + std::to_string(i + 1), table.modules[i].locator.c_str());
        }
        QVERIFY(parseSmbios(std::string_view(whole).substr(0, whole.size() / 2)).problem.find("damaged at byte") != std::string::npos);
    }

    void aHostileTableIsBounded()
    {
        std::mt19937 random(7);
        const auto whole = goodTable();
        for (int round = 0; round < 3000; ++round) {
            auto damaged = whole;
            for (int i = 0; i < 8; ++i)
                damaged[random() % damaged.size()] = char(random());
            for (const auto &module : parseSmbios(damaged).modules)
                QVERIFY(module.locator.size() <= 100 && module.part.size() <= 100);
        }
        std::string flood;
        for (int i = 0; i < 5000; ++i)
            flood += structure(17, device(1024, 0, 1, 1), {std::string(60000 / 5000, 'x')});
        QCOMPARE(parseSmbios(flood).modules.size(), std::size_t(1024));
        std::string tiny;
        for (int i = 0; i < 200000; ++i)
            tiny += structure(1, {}, {});
        QVERIFY(parseSmbios(tiny).problem.find("too many") != std::string::npos);
        QVERIFY(parseSmbios(std::string(100000, '\0')).problem.find("impossible length") != std::string::npos);
    }

    void modulesBecomeParts()
    {
        QTemporaryDir folder;
        const std::filesystem::path root = folder.path().toStdString();
        write(root / tableFile, goodTable());
        write(root / "proc/meminfo", "MemTotal:       80000000 kB\n");
        Collector collector;
        auto context = contextFor(collector);
        context.sysroot = root;
        QCOMPARE(HostHealth().run(context).status, protocol::StepStatus::Completed);
        QCOMPARE(collector.value("memory_modules", "node").value_or(-1), 2.);
        QCOMPARE(collector.value("memory_installed", "node").value_or(-1), 80. * (1 << 30));
        QCOMPARE(collector.value("memory_speed", "dimm/DIMM_A1").value_or(-1), 4.8);
        QCOMPARE(collector.measurement("memory_modules", "node")->parameters.at("read_by"), std::string("direct"));
        int modules = 0;
        for (const auto &part : collector.all<protocol::Part>()) {
            if (part.kind != "dimm")
                continue;
            ++modules;
            QCOMPARE(part.attributes.at("error_correction"), std::string("multi-bit ECC"));
        }
        QCOMPARE(modules, 2);
    }

    void whatIsMissingIsSaid()
    {
        Collector collector;
        auto context = contextFor(collector);
        context.sysroot = sysroot("nothing");
        HostHealth().run(context);
        const auto missing = collector.events("health.not_present");
        QCOMPARE(missing.size(), std::size_t(1));
        for (const char *what : {"EDAC", "AER", "InfiniBand", "BMC", "machine checks", "SMBIOS"})
            QVERIFY2(missing.front().text.find(what) != std::string::npos, what);
        Collector again; // after the load it is not said once more
        context.out = &again;
        context.parameters["phase"] = "after";
        HostHealth().run(context);
        QVERIFY(again.events("health.not_present").empty());
    }

    void countersOfMemoryPciAndInfiniband()
    {
        QTemporaryDir folder;
        const std::filesystem::path root = folder.path().toStdString();
        const auto mc = root / "sys/devices/system/edac/mc/mc0";
        write(mc / "ce_count", "48\n");
        write(mc / "ue_count", "1\n");
        write(mc / "ce_noinfo_count", "0\n");
        write(mc / "seconds_since_reset", "172800\n");
        write(mc / "dimm3/dimm_ce_count", "48\n");
        write(mc / "dimm3/dimm_ue_count", "1\n");
        write(mc / "dimm3/dimm_label", "CPU_SrcID#0_MC#0_Chan#1_DIMM#0\n");
        write(mc / "dimm4/dimm_ce_count", "-5\n"); // hostile: a counter below zero is none
        const auto port = root / "sys/class/infiniband/mlx5_0/ports/1";
        write(port / "state", "4: ACTIVE\n");
        write(port / "rate", "400 Gb/sec (4X NDR)\n");
        write(port / "counters/link_downed", "2\n");
        const auto bridge = root / "sys/bus/pci/devices/0000:40:01.0";
        write(bridge / "class", "0x060400\n");
        write(bridge / "aer_dev_fatal", "Undefined 0\nDLP 3\nTOTAL_ERR_FATAL 3\n");
        write(bridge / "0000:41:00.0/class", "0x020700\n");
        write(root / "proc/interrupts", "           CPU0  CPU1\n MCE:          1          2   Machine check exceptions\n THR:  0 4  Threshold\n");
        Collector collector;
        auto context = contextFor(collector);
        context.sysroot = root;
        HostHealth().run(context);
        QCOMPARE(collector.value("memory_errors_corrected", "memory/mc0/dimm3").value_or(-1), 48.);
        QCOMPARE(collector.value("memory_errors_uncorrected", "memory/mc0/dimm3").value_or(-1), 1.);
        QCOMPARE(collector.value("memory_errors_per_day", "memory/mc0/dimm3").value_or(-1), 24.);
        QCOMPARE(collector.value("memory_errors_corrected", "memory/mc0").value_or(-1), 0.); // not counted twice
        QVERIFY(!collector.measurement("memory_errors_corrected", "memory/mc0/dimm4"));
        QCOMPARE(collector.measurement("memory_errors_corrected", "memory/mc0/dimm3")->parameters.at("dimm_label"), std::string("CPU_SrcID#0_MC#0_Chan#1_DIMM#0"));
        QCOMPARE(collector.value("ib_rate", "ib/mlx5_0/1").value_or(-1), 400.);
        QCOMPARE(collector.value("ib_active", "ib/mlx5_0/1").value_or(-1), 1.);
        QCOMPARE(collector.value("ib_link_downed", "ib/mlx5_0/1").value_or(-1), 2.);
        QCOMPARE(collector.value("pcie_aer_fatal", "pci/others").value_or(-1), 3.);
        QCOMPARE(collector.measurement("pcie_aer_fatal", "pci/others")->parameters.at("where"),
                 std::string("0000:40:01.0: DLP 3, above 0000:41:00.0 (0x020700)"));
        QCOMPARE(collector.value("machine_check_exceptions", "node").value_or(-1), 3.);
        QCOMPARE(collector.value("machine_check_thresholds", "node").value_or(-1), 4.);
    }

    void theHelperReadsItsListAndNothingElse()
    {
        QTemporaryDir folder;
        const std::filesystem::path root = folder.path().toStdString();
        write(root / tableFile, goodTable(), 0600);
        write(root / "dev/kmsg", "6,1,1000000,-;Linux version 6.1\n", 0600);
        write(root / "sys/class/dmi/id/product_serial", "EX-1\n", 0400);
        write(root / "sys/class/dmi/id/bios_version", "secret\n", 0400); // not on the list
        write(root / "sys/bus/pci/devices/0000:01:00.0/aer_dev_fatal", "TOTAL_ERR_FATAL 0\n", 0444); // everybody may read it
        write(root / "etc/shadow", "root:x\n", 0400);
        const auto answer = answerFor(root);
        QVERIFY(answer.contains("\"subject\":\"sys/firmware/dmi/tables/DMI\""));
        QVERIFY(answer.contains("\"subject\":\"dev/kmsg\""));
        QVERIFY(answer.contains("product_serial"));
        QVERIFY(!answer.contains("bios_version"));
        QVERIFY(!answer.contains("shadow"));
        QVERIFY(!answer.contains("aer_dev_fatal"));
        QVERIFY(answer.trimmed().split('\n').last().contains("privileged.end"));
    }

    void sudoIsAskedWhereTheInventoryAllowsIt()
    {
        QTemporaryDir folder;
        const std::filesystem::path root = folder.path().toStdString();
        write(root / tableFile, goodTable(), 0600);
        write(root / "dev/kmsg", "4,1,2000000,-;EDAC MC1: 1 UE memory scrubbing error\n", 0600);
        QTemporaryDir answers;
        write((answers.path() + "/answer").toStdString(), answerFor(root).toStdString());
        const FakeSudo sudo("printf '%s\\n' \"$*\" >> $(dirname $0)/asked\ncat " + (answers.path() + "/answer").toStdString());
        const auto elsewhere = sysroot("nothing"); // what is not there cannot be read by anybody but the helper

        PrivilegedReads reads(elsewhere, true, elsewhere);
        const auto table = reads.bySudo(tableFile);
        QVERIFY(table);
        QCOMPARE(table->by, std::string("sudo"));
        QCOMPARE(table->content, goodTable());
        const auto log = readKernelLog(reads);
        QCOMPARE(log.refusal, std::string());
        QCOMPARE(log.readBy, std::string("sudo"));
        QCOMPARE(log.messages.size(), std::size_t(1));
        QFile asked(sudo.file("asked"));
        QVERIFY(asked.open(QIODevice::ReadOnly));
        const auto lines = asked.readAll().trimmed().split('\n');
        QCOMPARE(lines.size(), 1); // once for all
        QVERIFY2(lines.front().startsWith("-n ") && lines.front().endsWith(" read-privileged"), lines.front().constData());

        PrivilegedReads forbidden(elsewhere, false, elsewhere);
        QVERIFY(!forbidden.bySudo(tableFile));
        QVERIFY(forbidden.sudoRefusal().find("inventory does not allow") != std::string::npos);
        QVERIFY(QFile(sudo.file("asked")).size() < 200);
    }

    void sudoIsNotAskedForARecordedTree()
    {
        const FakeSudo sudo("touch $(dirname $0)/asked");
        PrivilegedReads reads(sysroot("nothing"), true);
        QVERIFY(!reads.bySudo(tableFile));
        QVERIFY2(reads.whyNot(tableFile).find("a recorded tree") != std::string::npos, reads.whyNot(tableFile).c_str());
        QVERIFY(!QFile::exists(sudo.file("asked")));
    }

    void aPasswordIsAWaiver()
    {
        const FakeSudo sudo("echo 'sudo: a password is required' >&2; exit 1");
        PrivilegedReads reads(sysroot("nothing"), true, sysroot("nothing"));
        const auto log = readKernelLog(reads);
        QVERIFY2(log.refusal.find("sudo -n: sudo: a password is required") != std::string::npos, log.refusal.c_str());
        QVERIFY(reads.remedy().find("sudoers") != std::string::npos);
    }

    void whatSudoSaysIsNotTrusted_data()
    {
        QTest::addColumn<QString>("script");
        QTest::addColumn<QString>("refusal");
        QTest::newRow("nothing") << "true" << "not whole";
        QTest::newRow("rubbish") << "head -c 200000 /dev/urandom" << "not whole";
        QTest::newRow("a flood") << "yes '{\"type\":\"event\"}'" << "wrote more than";
        QTest::newRow("one endless line") << "yes | tr -d '\\n'" << "wrote more than";
        QTest::newRow("torn") << "echo '{\"type\":\"event\",\"severity\":\"info\",\"code\":\"privileged.file\",\"subject\":\"dev/kmsg\",\"text\":\"41\",\"params\":{\"offset\":\"0\",\"size\":\"1\"}}'" << "not whole";
        QTest::newRow("pieces out of order") << "echo '{\"type\":\"event\",\"severity\":\"info\",\"code\":\"privileged.file\",\"subject\":\"dev/kmsg\",\"text\":\"41\",\"params\":{\"offset\":\"9\",\"size\":\"10\"}}'; echo '{\"type\":\"event\",\"severity\":\"info\",\"code\":\"privileged.end\",\"text\":\"x\"}'" << "could not read it";
        QTest::newRow("ended by a signal") << "kill -9 $$" << "signal";
    }
    void whatSudoSaysIsNotTrusted()
    {
        QFETCH(QString, script);
        QFETCH(QString, refusal);
        const FakeSudo sudo(script.toStdString());
        PrivilegedReads reads(sysroot("nothing"), true, sysroot("nothing"));
        QVERIFY(!reads.bySudo("dev/kmsg"));
        QVERIFY2(reads.sudoRefusal().find(refusal.toStdString()) != std::string::npos, reads.sudoRefusal().c_str());
    }

    void aProgramThatHangsIsLeft()
    {
        QElapsedTimer timer;
        timer.start();
        const auto answer = runCommand({"sleep", "60"}, 0.3, 1000);
        QCOMPARE(answer.problem, std::string("it did not answer in time"));
        QVERIFY(timer.elapsed() < 20000);
        QCOMPARE(runCommand({"no-such-program-anywhere"}, 5, 1000).problem, std::string("it is not installed"));
        const auto echo = runCommand({"sh", "-c", "echo $LC_ALL; cat; echo no >&2; exit 3"}, 5, 1000);
        QCOMPARE(echo.output, std::string("C\n"));
        QCOMPARE(echo.errors, std::string("no\n"));
        QCOMPARE(echo.status, 3);
    }

    void theProgramItself()
    {
        QProcess engine;
        engine.start(QString::fromStdString(enginePath), {"read-privileged", "/etc/shadow"});
        QVERIFY(engine.waitForFinished());
        QCOMPARE(engine.exitCode(), 2); // takes no word
        engine.start(QString::fromStdString(enginePath), {"read-privileged"});
        QVERIFY(engine.waitForFinished());
        QCOMPARE(engine.exitCode(), 0);
        QVERIFY(engine.readAllStandardOutput().contains("privileged.end"));

        QTemporaryDir folder; // the copy that an administrator installs
        const auto copy = folder.filePath("seatrial-read");
        QVERIFY(QFile::copy(QString::fromStdString(enginePath), copy));
        engine.start(copy, {"quit", "--base", folder.path()});
        QVERIFY(engine.waitForFinished());
        QCOMPARE(engine.exitCode(), 2);
        QVERIFY(engine.readAllStandardError().contains("nothing but read-privileged"));
        engine.start(copy, {"read-privileged"});
        QVERIFY(engine.waitForFinished());
        QCOMPARE(engine.exitCode(), 0);
    }
};

QTEST_GUILESS_MAIN(TestPrivileged)
#include "test_privileged.moc"
