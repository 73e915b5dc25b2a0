// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/measure/cpus.h"
#include "engine/measure/mapped_memory.h"
#include "engine/measure/numa.h"
#include "tests/engine/measure/numa_tree.h"

#include <QTest>

#include <cstring>

using namespace seatrial::engine;
using seatrial::tests::FileTree;
using seatrial::tests::writeNumaNodes;

namespace {

constexpr std::uint64_t MiB = 1 << 20;

QStringList subjects(const NumaPlan &plan)
{
    QStringList list;
    for (const auto &pair : plan.pairs)
        list << QString::fromStdString(pair.subject());
    return list;
}

} // namespace

class TestNuma : public QObject
{
    Q_OBJECT

private slots:
    void oneNode()
    {
        const FileTree tree;
        writeNumaNodes(tree, {"0-3"}, "0");
        const auto plan = planNumaPairs(readNumaNodes(tree.root(), {0, 1}), {0, 1}, allowedMemoryNodes(tree.root()));
        QCOMPARE(subjects(plan), QStringList{"numa/cpu0-memory0"});
        QCOMPARE(plan.pairs[0].cpus, (std::vector<int>{0, 1}));
        QVERIFY(plan.pairs[0].local() && plan.refusals.empty());
    }

    void twoNodes()
    {
        const FileTree tree;
        writeNumaNodes(tree, {"0-3", "4-7"}, "0-1");
        const auto nodes = readNumaNodes(tree.root(), {0});
        QCOMPARE(nodes.size(), std::size_t(2));
        QCOMPARE(nodes[1].cpus, (std::vector<int>{4, 5, 6, 7}));
        QCOMPARE(nodes[1].totalBytes, 65536 * MiB);
        QCOMPARE(nodes[1].freeBytes, 4097 * MiB); // page cache of files that nobody uses can go
        QCOMPARE(nodes[1].distances.at(0), 12);
        const auto plan = planNumaPairs(nodes, {0, 1, 2, 3, 4, 5, 6, 7}, {0, 1});
        QCOMPARE(subjects(plan), (QStringList{"numa/cpu0-memory0", "numa/cpu1-memory0", "numa/cpu1-memory1", "numa/cpu0-memory1"}));
        QCOMPARE(plan.pairs[1].distance, 12);
    }

    void fourNodesOfWhichACpusetLeavesTwo()
    {
        const FileTree tree;
        writeNumaNodes(tree, {"0-1", "2-3", "4-5", "6-7"}, "0,2");
        const auto plan = planNumaPairs(readNumaNodes(tree.root(), {0}), {0, 1, 4}, allowedMemoryNodes(tree.root()));
        QCOMPARE(subjects(plan), (QStringList{"numa/cpu0-memory0", "numa/cpu2-memory0", "numa/cpu2-memory2", "numa/cpu0-memory2"}));
        QCOMPARE(plan.pairs[1].cpus, std::vector<int>{4});
        QCOMPARE(plan.pairs[1].distance, 32);
        QCOMPARE(plan.refusals.size(), std::size_t(4));
        QCOMPARE(plan.refusals[0], std::string("none of the CPUs of NUMA node 1 may be used by this process"));
        QCOMPARE(plan.refusals[2], std::string("the memory of NUMA node 1 is outside the cpuset of this process"));
    }

    void nodesWithoutMemoryOrCpus()
    {
        std::vector<NumaNode> nodes{{0, {0, 1}, 100 * MiB, 50 * MiB, {}}, {1, {2, 3}, 0, 0, {}}, {2, {}, 900 * MiB, 900 * MiB, {}}};
        const auto plan = planNumaPairs(nodes, {0, 1, 2, 3}, {});
        QCOMPARE(subjects(plan), (QStringList{"numa/cpu0-memory0", "numa/cpu1-memory0", "numa/cpu0-memory2", "numa/cpu1-memory2"}));
        QVERIFY(plan.refusals.empty());
    }

    void aKernelWithoutNumaHasOneNode()
    {
        const FileTree tree;
        tree.write("proc/meminfo", "MemTotal: 2048 kB\nMemAvailable: 1024 kB\n");
        const auto nodes = readNumaNodes(tree.root(), {0, 1});
        QCOMPARE(nodes.size(), std::size_t(1));
        QCOMPARE(nodes[0].cpus, (std::vector<int>{0, 1}));
        QCOMPARE(nodes[0].freeBytes, MiB);
        QVERIFY(allowedMemoryNodes(tree.root()).empty());
    }

    void nonsenseOfSysfsIsBounded()
    {
        const FileTree tree;
        tree.write("sys/devices/system/node/online", "0-999999999,x\n");
        QCOMPARE(readNumaNodes(tree.root(), {0}).size(), std::size_t(1));
    }

    void memoryLiesWhereItWasAskedFor()
    {
        const auto nodes = readNumaNodes("/", allowedCpus());
        const MappedMemory memory(8 * MiB, nodes.front().id);
        if (!memory.placing().empty())
            QSKIP(qPrintable("not allowed here: " + QString::fromStdString(memory.placing())));
        QVERIFY(pagesOnNode(memory.data(), memory.bytes(), nodes.front().id) <= 0); // nothing is there yet
        std::memset(memory.data(), 1, memory.bytes());
        const double share = pagesOnNode(memory.data(), memory.bytes(), nodes.front().id);
        QVERIFY2(share == 1 || share < 0, qPrintable(QString::number(share)));
    }

    void aNodeThatIsNotThereIsRefused()
    {
        const MappedMemory memory(2 * MiB, 900);
        QVERIFY2(!memory.placing().empty(), "the kernel has no node 900");
        QVERIFY(preferNode(memory.data(), memory.bytes(), -1).find("there is no NUMA node -1") != std::string::npos);
    }

    void cachesByLevel()
    {
        const FileTree tree;
        const auto cache = [&](int index, const char *level, const char *type, const char *size) {
            const auto folder = "sys/devices/system/cpu/cpu2/cache/index" + std::to_string(index) + "/";
            tree.write(folder + "level", level);
            tree.write(folder + "type", type);
            tree.write(folder + "size", size);
        };
        cache(0, "1\n", "Data\n", "48K\n");
        cache(1, "1\n", "Instruction\n", "32K\n");
        cache(2, "2\n", "Unified\n", "2048K\n");
        QCOMPARE(cacheSizes(tree.root(), 2), (std::map<int, std::uint64_t>{{1, 48 << 10}, {2, 2 << 20}}));
        QVERIFY(cacheSizes(tree.root(), 3).empty());
    }
};

QTEST_GUILESS_MAIN(TestNuma)
#include "test_numa.moc"
