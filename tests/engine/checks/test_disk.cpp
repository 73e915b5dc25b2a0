// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/disk/disk_pattern.h"
#include "engine/checks/disk/host_disk.h"
#include "engine/checks/disk/mounts.h"
#include "engine/checks/disk/random_io.h"
#include "tests/engine/checks/collector.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

constexpr quint64 MiB = 1 << 20;
const protocol::Parameters quick{{"bytes", "16777216"}, {"seconds", "5"}, {"sync_writes", "20"}, {"random_seconds", "0"}};

/// The build folder, so that the disk is the one that builds: /tmp may be memory.
struct Bench {
    QTemporaryDir folder{QStringLiteral(SEATRIAL_BINARY_DIR "/disk-XXXXXX")};
    Collector collector;

    CheckContext context()
    {
        auto made = contextFor(collector, quick);
        made.workFolder = folder.path().toStdString();
        return made;
    }
    bool testable() { return findDiskTarget("/", std::filesystem::canonical(folder.path().toStdString())).refusal.empty(); }
    bool nothingLeft() { return QDir(folder.path()).isEmpty(); }
};

std::optional<protocol::Measurement> find(const Collector &collector, const std::string &metric)
{
    for (auto &one : collector.all<protocol::Measurement>()) {
        if (one.metric == metric)
            return one;
    }
    return std::nullopt;
}

} // namespace

class TestDisk : public QObject
{
    Q_OBJECT

private slots:
    void whatAFolderIsOn_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<QString>("fileSystem");
        QTest::addColumn<QString>("disk");
        QTest::addColumn<QString>("refusal"); ///< part of it; empty if it may be tested
        const auto row = [](const char *folder, const char *fileSystem, const char *disk, const char *refusal) {
            QTest::newRow(folder) << folder << fileSystem << disk << refusal;
        };
        row("/tmp/x", "ext4", "nvme0n1", "");
        row("/", "ext4", "nvme0n1", "");
        row("/var/lib/x", "xfs", "sda", ""); // a volume on one disk
        row("/variable", "ext4", "nvme0n1", ""); // not below /var
        row("/raid/x", "xfs", "md127", "");
        row("/data/x", "btrfs", "nvme0n1", ""); // numbers its mounts itself
        row("/home/me", "nfs4", "", "on nfs4, which is not known to be a local disk");
        row("/home/local/me", "ext4", "nvme0n1", ""); // the mount on top counts
        row("/scratch/x", "lustre", "", "on lustre");
        row("/mnt/ssh", "fuse.sshfs", "", "on fuse.sshfs");
        row("/newfs", "somethingnew", "", "on somethingnew");
        row("/dev/shm/x", "tmpfs", "", "which is memory and no disk");
        row("/fast", "ext4", "zram0", "zram0, which is memory and no disk");
        row("/remote", "ext4", "nbd0", "network block device nbd0");
        row("/merged/x", "overlay on nfs4", "", "on nfs4");
        row("/merged-local/x", "overlay on xfs", "sda", "");
        row("/with blank/x", "nfs", "", "on nfs,");
    }
    void whatAFolderIsOn()
    {
        QFETCH(QString, folder);
        QFETCH(QString, refusal);
        const auto target = findDiskTarget(sysroot("mounts"), folder.toStdString());
        QTEST(QString::fromStdString(target.fileSystem), "fileSystem");
        QTEST(QString::fromStdString(target.disk), "disk");
        QCOMPARE(target.refusal.empty(), refusal.isEmpty());
        QVERIFY2(QString::fromStdString(target.refusal).contains(refusal), target.refusal.c_str());
    }

    void aVolumeNamesItsMembers()
    {
        QCOMPARE(findDiskTarget(sysroot("mounts"), "/raid").members, std::string("sda,sdb"));
        QCOMPARE(findDiskTarget(sysroot("mounts"), "/var").device, std::string("dm-0"));
    }

    void sizeOfTheFile()
    {
        QCOMPARE(quint64(planDisk(256 * MiB, 80'000 * MiB).bytes), 256 * MiB);
        const auto tight = planDisk(256 * MiB, 1005 * MiB);
        QCOMPARE(quint64(tight.bytes), 100 * MiB);
        QCOMPARE(tight.bound, std::string("free space"));
        const auto full = planDisk(256 * MiB, 159 * MiB);
        QVERIFY2(full.problem.find("only 166723584 bytes are free") != std::string::npos, full.problem.c_str());
    }

    void everyPlaceHasAContentOfItsOwn()
    {
        const DiskPattern pattern(42), other(43);
        std::vector<std::uint64_t> words(512);
        pattern.fill(words, 8192);
        QVERIFY(!pattern.check(words, 8192));
        QVERIFY(pattern.check(words, 4096)); // the block of another place
        QVERIFY(other.check(words, 8192));   // the file of another run
        words[100] ^= 1;
        const auto wrong = pattern.check(words, 8192);
        QVERIFY(wrong);
        QCOMPARE(wrong->offset, 8192ull + 800);
        QCOMPARE(wrong->got ^ wrong->expected, 1ull);
    }

    void measuresThisMachine()
    {
        Bench bench;
        if (!bench.testable())
            QSKIP("the build folder is not on a local disk");
        const auto result = HostDisk().run(bench.context());
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        const auto all = bench.collector.all<protocol::Measurement>();
        QCOMPARE(all.size(), std::size_t(3));
        for (const auto &one : all) {
            QVERIFY(one.subject.starts_with("disk/") && one.subject.size() > 5);
            QVERIFY(one.value > 0 && one.samples > 0);
            QVERIFY(one.parameters.at("direct") == "yes" || one.parameters.at("direct") == "no");
            QVERIFY(std::stoull(one.parameters.at("bytes_written")) <= 16 * MiB + 20 * 4096);
        }
        QCOMPARE(all[0].metric, std::string("write"));
        QCOMPARE(all[0].unit, protocol::Unit::GigabytesPerSecond);
        QCOMPARE(all[1].metric, std::string("read"));
        QCOMPARE(all[1].parameters.at("verified"), std::string("yes"));
        QCOMPARE(all[2].metric, std::string("sync_write_latency"));
        QCOMPARE(all[2].unit, protocol::Unit::Microseconds);
        QVERIFY(std::stod(all[2].parameters.at("p99")) >= all[2].value);
        QVERIFY(bench.nothingLeft());
    }

    void aWrongByteIsFoundAndNamed()
    {
        Bench bench;
        if (!bench.testable())
            QSKIP("the build folder is not on a local disk");
        const HostDisk check([](std::uint64_t offset, std::span<std::uint64_t> words) {
            if (offset == 3 * MiB)
                words[5] ^= 0xff00;
        });
        const auto result = check.run(bench.context());
        QCOMPARE(result.status, protocol::StepStatus::Failed);
        QVERIFY2(result.reason.ends_with("at byte offset " + std::to_string(3 * MiB + 40)), result.reason.c_str());
        QCOMPARE(bench.collector.events("disk.miscompare").size(), std::size_t(1));
        QVERIFY(bench.collector.all<protocol::Measurement>().empty());
        QVERIFY(bench.nothingLeft());
    }

    void randomPlaces()
    {
        Bench bench;
        if (!bench.testable())
            QSKIP("the build folder is not on a local disk");
        auto context = bench.context();
        context.parameters["random_seconds"] = "1";
        context.parameters["queue_depth"] = "4";
        const auto result = HostDisk().run(context);
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        for (const std::string name : {"random_read_qd1", "random_read_deep", "random_write_qd1", "random_write_deep"}) {
            double previous = 0;
            for (const auto *suffix : {"_p50", "_p90", "_p99", "_p999", "_max"}) {
                const auto found = find(bench.collector, name + suffix);
                QVERIFY2(found, (name + suffix).c_str());
                QCOMPARE(found->unit, protocol::Unit::Microseconds);
                QVERIFY(found->value >= previous && found->value > 0 && found->samples > 0);
                QCOMPARE(found->parameters.at("verified"), std::string("yes"));
                QCOMPARE(found->parameters.at("queue_depth"), std::string(name.ends_with("deep") ? "4" : "1"));
                previous = found->value;
            }
            const auto rate = find(bench.collector, name + "_iops");
            QVERIFY(rate && rate->unit == protocol::Unit::OperationsPerSecond);
            // One thread that waits for each: rate and latency are one thing seen twice.
            if (name.ends_with("qd1"))
                QVERIFY(rate->value * find(bench.collector, name + "_p50")->value < 1.5e6);
        }
        QVERIFY(std::stoull(find(bench.collector, "random_write_qd1_p50")->parameters.at("verified_pages")) > 0);
        QVERIFY(bench.nothingLeft());
    }

    void aWrongByteAtARandomPlaceIsFound()
    {
        Bench bench;
        if (!bench.testable())
            QSKIP("the build folder is not on a local disk");
        auto context = bench.context();
        context.parameters["random_seconds"] = "2";
        const HostDisk check([](std::uint64_t, std::span<std::uint64_t> words) {
            if (words.size() == 512) // a page, so one of the random transfers
                words[511] ^= 1;
        });
        const auto result = check.run(context);
        QCOMPARE(result.status, protocol::StepStatus::Failed);
        QVERIFY2(result.reason.find("the file holds 0x") != std::string::npos, result.reason.c_str());
        QCOMPARE(bench.collector.events("disk.miscompare").size(), std::size_t(1));
        QVERIFY(!find(bench.collector, "random_read_qd1_iops"));
        QVERIFY(bench.nothingLeft());
    }

    void whatRandomWritesLeftIsVerified()
    {
        Bench bench;
        const TestFile file(bench.folder.path().toStdString());
        if (!file.problem().empty() || !bench.testable())
            QSKIP("the build folder is not on a local disk");
        const DiskRun run(file, 42);
        QVERIFY(run.write({16 * MiB, 4, 5, nullptr, {}}).problem.empty());
        RandomIo io(file, 16 * MiB, run.pattern(), 43);
        const auto written = io.write(2, 0.2, nullptr);
        QVERIFY2(written.problem.empty() && written.latency.count() > 0, written.problem.c_str());
        const auto good = io.verifyWritten(5, nullptr, {});
        QVERIFY2(good.miscompare.empty() && good.problem.empty(), good.miscompare.c_str());
        QCOMPARE(good.pages, good.written);
        QVERIFY(io.read(2, 0.1, nullptr, {}).miscompare.empty()); // old and new pages, each by its pattern
        // A write that was said to be done and is not.
        RandomIo forgetful(file, 16 * MiB, run.pattern(), 44);
        QVERIFY(!forgetful.read(1, 5, nullptr, {}).miscompare.empty());
    }

    void memoryIsNoDisk()
    {
        Bench bench;
        auto context = bench.context();
        context.sysroot = sysroot("mounts");
        context.workFolder = "/dev/shm";
        const auto result = HostDisk().run(context);
        QCOMPARE(result.status, protocol::StepStatus::Waived);
        QCOMPARE(result.waiver, protocol::Waiver::NotPresent);
        QVERIFY(result.reason.find("tmpfs") != std::string::npos);
    }

    void anUnusableFolderIsAnError_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::newRow("none") << "";
        QTest::newRow("relative") << "here";
        QTest::newRow("not there") << SEATRIAL_BINARY_DIR "/no/such/folder";
    }
    void anUnusableFolderIsAnError()
    {
        QFETCH(QString, folder);
        Bench bench;
        if (!bench.testable())
            QSKIP("the build folder is not on a local disk");
        auto context = bench.context();
        context.workFolder = folder.toStdString();
        const auto result = HostDisk().run(context);
        QCOMPARE(result.status, protocol::StepStatus::Error);
        QVERIFY(!result.reason.empty());
    }
};

QTEST_GUILESS_MAIN(TestDisk)
#include "test_disk.moc"
