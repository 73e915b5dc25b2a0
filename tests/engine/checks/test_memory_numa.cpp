// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/memory/host_memory_numa.h"
#include "engine/measure/cpus.h"
#include "engine/measure/text.h"
#include "tests/engine/checks/collector.h"
#include "tests/engine/measure/numa_tree.h"

#include <QTest>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

const protocol::Parameters quick{{"seconds", "0.2"}, {"array_bytes", "4194304"}};

} // namespace

class TestMemoryNuma : public QObject
{
    Q_OBJECT

private slots:
    void measuresThisMachine()
    {
        Collector collector;
        const auto result = HostMemoryNuma().run(contextFor(collector, quick));
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        const auto all = collector.all<protocol::Measurement>();
        QVERIFY(all.size() >= 2);
        for (const auto &one : all) {
            QVERIFY(one.subject.starts_with("numa/cpu"));
            QCOMPARE(one.unit, protocol::Unit::GigabytesPerSecond);
            QVERIFY(one.value > 0.05 && one.value < 20000);
            for (const auto *name : {"array_bytes", "cpus", "on_node", "distance", "cpu_share_least", "numa_nodes"})
                QVERIFY2(one.parameters.contains(name), name);
        }
        QVERIFY(all[0].metric == "triad_local" && all[1].metric == "read_local");
    }

    void halfOfTheCpusEach()
    {
        const auto cpus = allowedCpus();
        if (cpus.size() < 2 || std::filesystem::exists("/sys/devices/system/node/node1"))
            QSKIP("needs two CPUs of one node");
        // A machine that is said to have two nodes: each pair with memory 0 is measured by the CPUs said to be of its node,
        // while nothing can be placed on memory 1.
        const FileTree tree;
        writeNumaNodes(tree, {std::to_string(cpus[0]), std::to_string(cpus[1])}, "0-1");
        Collector collector;
        auto context = contextFor(collector, quick);
        context.sysroot = tree.root();
        const auto result = HostMemoryNuma().run(context);
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        const auto local = collector.measurement("triad_local", "numa/cpu0-memory0");
        const auto remote = collector.measurement("triad_remote", "numa/cpu1-memory0");
        QVERIFY(local && remote);
        QCOMPARE(local->parameters.at("cpus"), std::to_string(cpus[0]));
        QCOMPARE(remote->parameters.at("cpus"), std::to_string(cpus[1]));
        QCOMPARE(remote->parameters.at("distance"), std::string("12"));
        QCOMPARE(collector.events("numa.left_out").size(), std::size_t(2));
    }

    void noRoomOnANodeIsSaid()
    {
        const FileTree tree;
        writeNumaNodes(tree, {cpuListText(allowedCpus())}, "0", 0);
        tree.write("sys/devices/system/node/node0/meminfo", "Node 0 MemTotal: 1024 kB\nNode 0 MemFree: 0 kB\n");
        Collector collector;
        auto context = contextFor(collector, quick);
        context.sysroot = tree.root();
        const auto result = HostMemoryNuma().run(context);
        QCOMPARE(result.waiver, protocol::Waiver::NotPermitted);
        QVERIFY2(result.reason.find("there is no room for three arrays on NUMA node 0") != std::string::npos, result.reason.c_str());
    }

    void stopsWhenTold()
    {
        Collector collector;
        auto context = contextFor(collector, {{"seconds", "100"}, {"array_bytes", "1048576"}});
        const std::atomic<bool> stop = true;
        context.stop = &stop;
        QCOMPARE(HostMemoryNuma().run(context).status, protocol::StepStatus::Error);
    }
};

QTEST_GUILESS_MAIN(TestMemoryNuma)
#include "test_memory_numa.moc"
