// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/measure/cgroup.h"
#include "engine/measure/clock.h"
#include "engine/measure/cpus.h"
#include "engine/measure/team.h"
#include "engine/measure/text.h"
#include "tests/engine/measure/file_tree.h"

#include <QTest>

#include <atomic>

using namespace seatrial::engine;
using seatrial::tests::FileTree;

namespace {

void addCpu(const FileTree &tree, int cpu, int index, int level, const char *type, const char *size, const char *sharedBy)
{
    const auto folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cache/index" + std::to_string(index) + "/";
    tree.write(folder + "level", std::to_string(level) + "\n");
    tree.write(folder + "type", std::string(type) + "\n");
    tree.write(folder + "size", std::string(size) + "\n");
    tree.write(folder + "shared_cpu_list", std::string(sharedBy) + "\n");
}

} // namespace

class TestMachine : public QObject
{
    Q_OBJECT

private slots:
    void lastLevelCacheCountsEachInstanceOnce()
    {
        const FileTree tree;
        for (int cpu = 0; cpu < 4; ++cpu) {
            const auto *pair = cpu < 2 ? "0-1" : "2-3";
            addCpu(tree, cpu, 0, 1, "Data", "48K", std::to_string(cpu).c_str());
            addCpu(tree, cpu, 1, 1, "Instruction", "32K", std::to_string(cpu).c_str());
            addCpu(tree, cpu, 2, 2, "Unified", "1024K", std::to_string(cpu).c_str());
            addCpu(tree, cpu, 3, 3, "Unified", "32768K", pair);
        }
        QCOMPARE(lastLevelCacheBytes(tree.root(), {0, 1, 2, 3}), 64ull << 20);
        QCOMPARE(lastLevelCacheBytes(tree.root(), {0, 1}), 32ull << 20);
        QCOMPARE(lastLevelCacheBytes(tree.root(), {9}), 0ull);
    }

    void memoryLimitOfVersion2()
    {
        const FileTree tree;
        tree.write("proc/self/cgroup", "0::/user.slice/job.scope\n");
        tree.write("sys/fs/cgroup/user.slice/job.scope/memory.max", "max\n");
        tree.write("sys/fs/cgroup/user.slice/memory.max", "1000000\n");
        tree.write("sys/fs/cgroup/user.slice/memory.current", "700000\n");
        tree.write("sys/fs/cgroup/user.slice/memory.stat", "anon 500000\ninactive_file 200000\n");
        tree.write("sys/fs/cgroup/user.slice/job.scope/cpu.max", "250000 100000\n");
        tree.write("sys/fs/cgroup/user.slice/job.scope/cpu.stat", "nr_periods 9\nnr_throttled 4\n");
        const auto limits = readCgroupLimits(tree.root());
        QVERIFY(limits.memoryHeadroom);
        QCOMPARE(*limits.memoryHeadroom, 500000ull); // page cache that can go is free
        QCOMPARE(limits.cpus.value_or(0), 2.5);
        QCOMPARE(limits.throttledPeriods.value_or(-1), 4);
    }

    void memoryLimitOfVersion1()
    {
        const FileTree tree;
        tree.write("proc/self/cgroup", "4:memory:/job/1\n3:cpu,cpuacct:/job/1\n0::/\n");
        tree.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        tree.write("sys/fs/cgroup/memory/job/1/memory.limit_in_bytes", "400000\n");
        tree.write("sys/fs/cgroup/memory/job/1/memory.usage_in_bytes", "100000\n");
        tree.write("sys/fs/cgroup/cpu,cpuacct/job/1/cpu.cfs_quota_us", "50000\n");
        tree.write("sys/fs/cgroup/cpu,cpuacct/job/1/cpu.cfs_period_us", "100000\n");
        const auto limits = readCgroupLimits(tree.root());
        QCOMPARE(limits.memoryHeadroom.value_or(0), 300000ull);
        QCOMPARE(limits.cpus.value_or(0), 0.5);
        QCOMPARE(cpusWithinQuota({4, 5, 6}, limits.cpus), std::vector<int>{4});
    }

    void inAContainerTheMountPointSpeaks()
    {
        const FileTree tree;
        tree.write("proc/self/cgroup", "4:memory:/docker/0123\n");
        tree.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "5000\n");
        QCOMPARE(readCgroupLimits(tree.root()).memoryHeadroom.value_or(0), 5000ull);
    }

    void noLimits()
    {
        const FileTree tree;
        tree.write("proc/self/cgroup", "4:memory:/\n0::/\n");
        tree.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        tree.write("sys/fs/cgroup/cpu.max", "max 100000\n");
        const auto limits = readCgroupLimits(tree.root());
        QVERIFY(!limits.memoryHeadroom && !limits.cpus && !limits.throttledPeriods);
        QCOMPARE(cpusWithinQuota({4, 5, 6}, limits.cpus).size(), std::size_t(3));
        QVERIFY(!readCgroupLimits("/nowhere").memoryHeadroom);
    }

    void cpuLists_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("count");
        QTest::addColumn<QString>("again");
        QTest::newRow("range") << "0-3" << 4 << "0-3";
        QTest::newRow("mixed") << "8,0-2,5" << 5 << "0-2,5,8";
        QTest::newRow("empty") << "" << 0 << "";
        QTest::newRow("nonsense is left out") << "a-b,3,5-2,-1" << 1 << "3";
        QTest::newRow("not more than a machine can have") << "0-99999999999" << 0 << "";
    }
    void cpuLists()
    {
        QFETCH(QString, text);
        const auto cpus = parseCpuList(text.toStdString());
        QTEST(int(cpus.size()), "count");
        QTEST(QString::fromStdString(cpuListText(cpus)), "again");
    }

    void numbers()
    {
        QCOMPARE(parseInteger("42").value_or(0), 42);
        QVERIFY(!parseInteger("42x") && !parseInteger("") && !parseInteger("99999999999999999999"));
        QCOMPARE(parseNumber("2.5").value_or(0), 2.5);
        QVERIFY(!parseNumber("nan") && !parseNumber("inf") && !parseNumber("1e999") && !parseNumber("1,5"));
        QCOMPARE(numberText(0.1), std::string("0.1"));
        QCOMPARE(hexText(0xbeef), std::string("000000000000beef"));
        QCOMPARE(printable("a\x1b[31m\xff"), std::string("a?[31m?"));
    }

    void unreadableFilesAreNothing()
    {
        QVERIFY(!readText("/nowhere/at/all"));
        QVERIFY(!readText("/proc")); // a folder
        QVERIFY(!readLine("/dev/null"));
    }

    void aTeamWorksTogether()
    {
        const auto cpus = allowedCpus();
        QVERIFY(!cpus.empty());
        Team team(cpus);
        std::vector<std::atomic<int>> visits(team.size());
        for (int round = 0; round < 100; ++round)
            team.run([&](std::size_t worker) { ++visits[worker]; });
        for (const auto &visit : visits)
            QCOMPARE(visit.load(), 100);
        const double seconds = team.run([](std::size_t) { sleepUnlessStopped(0.02, nullptr); });
        QVERIFY2(seconds >= 0.02 && seconds < 2, qPrintable(QString::number(seconds)));
        QVERIFY(team.pinned());
        QVERIFY2(team.cpuShare() < 0.5, qPrintable(QString::number(team.cpuShare()))); // asleep: the CPU was not in use
    }

    void sleepEndsWhenTold()
    {
        const std::atomic<bool> stop = true;
        const double start = monotonicSeconds();
        sleepUnlessStopped(5, &stop);
        QVERIFY(monotonicSeconds() - start < 1);
    }
};

QTEST_GUILESS_MAIN(TestMachine)
#include "test_machine.moc"
