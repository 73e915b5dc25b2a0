// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/memory/host_memory_latency.h"
#include "engine/checks/memory/numa_survey.h"
#include "engine/checks/memory/pointer_chase.h"
#include "engine/measure/clock.h"
#include "engine/measure/cpus.h"
#include "engine/measure/text.h"
#include "tests/engine/checks/collector.h"
#include "tests/engine/measure/numa_tree.h"

#include <QTest>

#include <set>
#include <thread>

#include <sched.h>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

constexpr quint64 MiB = 1 << 20;
const protocol::Parameters quick{{"seconds", "0.3"}, {"max_bytes", "16777216"}};

double nanosecondsWithin(std::uint64_t bytes)
{
    Team walker({allowedCpus().back()});
    const PointerChase chase(walker, bytes);
    StoppingRule rule;
    rule.budgetSeconds = 0.2;
    const auto result = chase.walk(walker, rule, nullptr);
    return result.wrong.empty() ? result.nanoseconds.minimum() : -1;
}

} // namespace

class TestMemoryLatency : public QObject
{
    Q_OBJECT

private slots:
    void sizeOfTheBuffer_data()
    {
        QTest::addColumn<quint64>("cache");
        QTest::addColumn<quint64>("available");
        QTest::addColumn<quint64>("headroom"); ///< 0: none
        QTest::addColumn<quint64>("most");
        QTest::addColumn<quint64>("bytes");
        QTest::addColumn<QString>("bound");
        QTest::addColumn<bool>("resident");
        QTest::newRow("much memory") << 32 * MiB << 24000 * MiB << quint64(0) << 2048 * MiB << 128 * MiB << "cache" << false;
        QTest::newRow("cloud host with a big cache") << 260 * MiB << 24000 * MiB << quint64(0) << 2048 * MiB << 1040 * MiB << "cache" << false;
        QTest::newRow("big cache, small node") << 260 * MiB << 1600 * MiB << quint64(0) << 2048 * MiB << 400 * MiB << "memory" << true;
        QTest::newRow("control group") << 32 * MiB << 24000 * MiB << 100 * MiB << 2048 * MiB << 50 * MiB << "cgroup" << true;
        QTest::newRow("asked for less") << 32 * MiB << 24000 * MiB << quint64(0) << 64 * MiB << 64 * MiB << "parameter" << false;
        QTest::newRow("unknown cache") << quint64(0) << 24000 * MiB << quint64(0) << 2048 * MiB << 128 * MiB << "cache" << false;
        QTest::newRow("no room") << 32 * MiB << quint64(0) << quint64(0) << 2048 * MiB << quint64(0) << "memory" << true;
    }
    void sizeOfTheBuffer()
    {
        QFETCH(quint64, cache);
        QFETCH(quint64, available);
        QFETCH(quint64, headroom);
        QFETCH(quint64, most);
        const auto plan = planChase({cache, available, headroom ? std::optional<std::uint64_t>(headroom) : std::nullopt, most});
        QTEST(quint64(plan.bytes), "bytes");
        QTEST(QString::fromStdString(plan.bound), "bound");
        QTEST(plan.cacheResident, "resident");
    }

    void oneCycleThroughEveryLine()
    {
        Team team(allowedCpus());
        const PointerChase chase(team, 1000 * PointerChase::lineBytes);
        const auto start = reinterpret_cast<std::uintptr_t>(&chase.link(0));
        auto at = start;
        std::set<std::uintptr_t> seen;
        do {
            QVERIFY(seen.insert(at).second);
            at = *reinterpret_cast<std::uintptr_t *>(at);
        } while (at != start);
        QCOMPARE(seen.size(), std::size_t(1000));
        QCOMPARE(seen.size(), std::size_t(chase.lines()));
    }

    void latencyGrowsWithSize()
    {
        const double small = nanosecondsWithin(16 << 10), large = nanosecondsWithin(64 * MiB);
        QVERIFY(small > 0 && large > 0);
        // L1 gives after 4 or 5 cycles, nothing that holds 64 MiB for one core does so in less than 20.
        QVERIFY2(large > 2.5 * small, qPrintable(QString("%1 ns, %2 ns").arg(small).arg(large)));
    }

    void measuresThisMachine()
    {
        Collector collector;
        const auto result = HostMemoryLatency().run(contextFor(collector, quick));
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        bool local = false;
        for (const auto &one : collector.all<protocol::Measurement>()) {
            QCOMPARE(one.unit, protocol::Unit::Nanoseconds);
            QVERIFY2(one.value > 0.2 && one.value < 20000, qPrintable(QString::number(one.value)));
            QVERIFY(one.spread.minimum <= one.value && one.value <= one.spread.maximum && one.samples > 0);
            QCOMPARE(one.parameters.at("verified"), std::string("yes"));
            for (const auto *name : {"buffer_bytes", "pages", "cpu", "pinned", "loads", "cpu_share_least", "numa_nodes", "order"})
                QVERIFY2(one.parameters.contains(name), name);
            local |= one.metric == "latency_local" && one.subject.starts_with("numa/cpu");
        }
        QVERIFY(local);
    }

    void aLinkThatLeadsElsewhereIsFoundAndNamed()
    {
        const HostMemoryLatency check([](PointerChase &chase) { chase.link(100) = chase.link(200); });
        Collector collector;
        const auto result = check.run(contextFor(collector, quick));
        QCOMPARE(result.status, protocol::StepStatus::Failed);
        QVERIFY2(result.reason.find("left its way: after ") != std::string::npos, result.reason.c_str());
        QCOMPARE(collector.events("memory.miscompare").size(), std::size_t(1));
        QVERIFY(!collector.measurement("latency_local", "numa/cpu0-memory0"));
    }

    void nodesOfWhichTheKernelKnowsNothingAreLeftOut()
    {
        const FileTree tree;
        writeNumaNodes(tree, {cpuListText(allowedCpus()), "", "", "4096"}, "0-3");
        // Two more nodes with memory and none with CPUs of ours: this machine cannot place anything there.
        if (std::filesystem::exists("/sys/devices/system/node/node1"))
            QSKIP("this machine has such nodes");
        Collector collector;
        auto context = contextFor(collector, quick);
        context.sysroot = tree.root();
        const auto result = HostMemoryLatency().run(context);
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        QVERIFY(collector.measurement("latency_local", "numa/cpu0-memory0"));
        QVERIFY(!collector.measurement("latency_remote", "numa/cpu0-memory1"));
        const auto events = collector.events("numa.left_out");
        QCOMPARE(events.size(), std::size_t(4)); // memory 1, 2 and 3, and the CPUs of node 3
        QCOMPARE(events[0].text, std::string("Not measured: none of the CPUs of NUMA node 3 may be used by this process."));
        QCOMPARE(events[1].subject, std::string("numa/cpu0-memory1"));
    }

    void withoutAnyPairItIsNotPermitted()
    {
        const FileTree tree;
        writeNumaNodes(tree, {cpuListText(allowedCpus()), "4096"}, "1");
        Collector collector;
        auto context = contextFor(collector, quick);
        context.sysroot = tree.root();
        tree.write("sys/devices/system/node/node0/cpulist", "4095\n");
        const auto result = HostMemoryLatency().run(context);
        QCOMPARE(result.status, protocol::StepStatus::Waived);
        QCOMPARE(result.waiver, protocol::Waiver::NotPermitted);
        QVERIFY2(result.reason.starts_with("no pair of CPUs and memory can be measured: none of the CPUs of NUMA node 0"), result.reason.c_str());
    }

    void itsThreadStaysOnItsCpu()
    {
        const auto cpus = allowedCpus();
        Team team({cpus.back()});
        QVERIFY(team.pinned());
        int seen = -1;
        for (int round = 0; round < 20; ++round) {
            team.run([&](std::size_t) { seen = sched_getcpu(); });
            QCOMPARE(seen, cpus.back());
        }
    }

    void stopsWithinASecond()
    {
        Collector collector;
        auto context = contextFor(collector, {{"seconds", "100"}, {"max_bytes", "16777216"}});
        std::atomic<bool> stop = false;
        context.stop = &stop;
        double told = 0;
        std::jthread teller([&] {
            sleepUnlessStopped(0.2, nullptr);
            told = monotonicSeconds();
            stop = true;
        });
        QCOMPARE(HostMemoryLatency().run(context).status, protocol::StepStatus::Error);
        QVERIFY(monotonicSeconds() - told < 1);
    }

    void layingACycleStopsToo()
    {
        const std::atomic<bool> stop = true;
        Team team(allowedCpus());
        const double start = monotonicSeconds();
        const PointerChase chase(team, std::uint64_t(16) << 30, {}, &stop); // never touched, so never had
        QVERIFY(monotonicSeconds() - start < 1);
    }

    void refusesWhereAJobRuns()
    {
        Collector collector;
        auto context = contextFor(collector, quick);
        context.sysroot = sysroot("slurm-node");
        context.allowBusy = false;
        QCOMPARE(HostMemoryLatency().run(context).waiver, protocol::Waiver::NotPermitted);
        QVERIFY(collector.all<protocol::Measurement>().empty());
    }
};

QTEST_GUILESS_MAIN(TestMemoryLatency)
#include "test_memory_latency.moc"
