// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/cpu/cpu_sensors.h"
#include "engine/checks/cpu/host_cpu.h"
#include "engine/measure/burn_path.h"
#include "engine/measure/cpus.h"
#include "tests/engine/checks/collector.h"
#include "tests/engine/measure/file_tree.h"

#include <QTest>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

class TestCpu : public QObject
{
    Q_OBJECT

private slots:
    void burnsThisMachine()
    {
        Collector collector;
        const auto result = HostCpu().run(contextFor(collector, {{"seconds", "0.6"}}));
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        for (const int cpu : allowedCpus()) {
            const auto rate = collector.measurement("burn_rate", "cpu/" + std::to_string(cpu));
            QVERIFY(rate);
            QCOMPARE(rate->unit, protocol::Unit::OperationsPerSecond);
            QVERIFY(rate->value > 1);
            QCOMPARE(rate->parameters.at("mismatches"), std::string("0"));
            QCOMPARE(rate->parameters.at("pinned"), std::string("yes"));
        }
        for (const int cpu : allowedCpus()) {
            const auto share = collector.value("burn_share", "cpu/" + std::to_string(cpu));
            QVERIFY(share && *share > 0 && *share < 1.05);
        }
        const auto spread = collector.value("burn_spread", "node");
        QVERIFY(spread && *spread > 0 && *spread <= 1);
    }

    void aQuotaIsTold()
    {
        const FileTree tree;
        tree.write("proc/self/cgroup", "0::/job\n");
        tree.write("sys/fs/cgroup/job/cpu.max", "50000 100000\n");
        Collector collector;
        auto context = contextFor(collector, {{"seconds", "0.3"}});
        context.sysroot = tree.root();
        QCOMPARE(HostCpu().run(context).status, protocol::StepStatus::Completed);
        QCOMPARE(collector.value("cpu_quota", "node").value_or(0), 0.5);
        QCOMPARE(collector.value("cpus", "node").value_or(0), double(allowedCpus().size()));
    }

    void aWrongBitIsFoundAndNamed()
    {
        const int sick = allowedCpus().back();
        std::atomic<int> turn = 0;
        const HostCpu check([&](int cpu, std::uint32_t seed) {
            const auto right = supportedBurnKernels().back().run(seed);
            return cpu == sick && ++turn == 7 ? right ^ 0x10 : right;
        });
        Collector collector;
        const auto result = check.run(contextFor(collector, {{"seconds", "0.3"}}));
        QCOMPARE(result.status, protocol::StepStatus::Failed);
        const auto events = collector.events("cpu.miscompare");
        QCOMPARE(events.size(), std::size_t(1));
        QCOMPARE(events[0].severity, protocol::Severity::Error);
        QCOMPARE(events[0].subject, "cpu/" + std::to_string(sick));
        QCOMPARE(events[0].parameters.at("iteration"), std::string("7"));
        QCOMPARE(events[0].parameters.at("seed"), std::string("6"));
        QCOMPARE(events[0].parameters.at("mismatches"), std::string("1"));
        QVERIFY(events[0].parameters.at("expected") != events[0].parameters.at("got"));
        QVERIFY2(result.reason.starts_with("cpu/" + std::to_string(sick) + " computed wrongly: iteration 7 "), result.reason.c_str());
        // The rate of a core that errs is still told.
        QVERIFY(collector.measurement("burn_rate", "cpu/" + std::to_string(sick)));
    }

    void aSlowCoreShowsInTheSpread()
    {
        const auto cpus = allowedCpus();
        if (cpus.size() < 2)
            QSKIP("needs two CPUs");
        const HostCpu check([&](int cpu, std::uint32_t seed) {
            for (int i = 0; cpu == cpus.front() && i < 9; ++i)
                supportedBurnKernels().back().run(seed);
            return supportedBurnKernels().back().run(seed);
        });
        Collector collector;
        QCOMPARE(check.run(contextFor(collector, {{"seconds", "0.6"}})).status, protocol::StepStatus::Completed);
        const auto spread = collector.measurement("burn_spread", "node");
        QVERIFY(spread && spread->value < 0.6);
        QCOMPARE(spread->parameters.at("slowest"), "cpu/" + std::to_string(cpus.front()));
    }

    void eachPathHasItsOwnFigures_data()
    {
        QTest::addColumn<QString>("path");
        for (const auto &path : burnPaths())
            QTest::newRow(path.name.data()) << path.name.data();
    }
    void eachPathHasItsOwnFigures()
    {
        QFETCH(QString, path);
        const auto &known = *findBurnPath(path.toStdString());
        Collector collector;
        const auto result = HostCpu().run(contextFor(collector, {{"seconds", "0.6"}, {"path", path.toStdString()}}));
        if (!known.kernel) {
            QCOMPARE(result.waiver, protocol::Waiver::NotPresent);
            return;
        }
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        for (const int cpu : allowedCpus()) {
            const auto rate = collector.measurement(std::string(known.stem) + "rate", "cpu/" + std::to_string(cpu));
            QVERIFY(rate);
            QCOMPARE(rate->unit, known.unit);
            QVERIFY2(rate->value > 0.01, qPrintable(QString::number(rate->value)));
            QCOMPARE(rate->parameters.at("path"), path.toStdString());
        }
        QVERIFY(collector.value(std::string(known.stem) + "spread", "node"));
    }

    void allPathsFollowEachOther()
    {
        Collector collector;
        const auto result = HostCpu().run(contextFor(collector, {{"seconds", "1.2"}, {"path", "all"}}));
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        std::size_t absent = 0;
        for (const auto &path : burnPaths()) {
            absent += !path.kernel;
            QCOMPARE(collector.value(std::string(path.stem) + "spread", "node").has_value(), path.kernel.has_value());
        }
        QCOMPARE(collector.events("cpu.path_absent").size(), absent);
    }

    void aWrongBitOfAPathIsFoundAndTheOthersGoOn()
    {
        const HostCpu check([](int, std::uint32_t seed) { return integerGolden[seed] ^ (seed == 3 ? 1u : 0u); }, "integer");
        Collector collector;
        const auto result = check.run(contextFor(collector, {{"seconds", "1.2"}, {"path", "all"}}));
        QCOMPARE(result.status, protocol::StepStatus::Failed);
        QVERIFY2(result.reason.find("computed wrongly (integer): iteration 4 (seed 3) gave 0x") != std::string::npos, result.reason.c_str());
        QCOMPARE(collector.events("cpu.miscompare").front().parameters.at("path"), std::string("integer"));
        QVERIFY(collector.value("burn_spread", "node"));
        QVERIFY(!findBurnPath("aes")->kernel || collector.value("aes_spread", "node"));
    }

    void anUnknownPathIsExplained()
    {
        Collector collector;
        const auto result = HostCpu().run(contextFor(collector, {{"path", "fam"}}));
        QCOMPARE(result.reason, std::string("parameter path is \"fam\": expected mixed, fma, integer, aes or all"));
    }

    void refusesWhereAJobRuns()
    {
        Collector collector;
        auto context = contextFor(collector, {{"seconds", "0.2"}});
        context.sysroot = sysroot("slurm-node");
        context.allowBusy = false;
        const auto refused = HostCpu().run(context);
        QCOMPARE(refused.status, protocol::StepStatus::Waived);
        QCOMPARE(refused.waiver, protocol::Waiver::NotPermitted);
        QCOMPARE(refused.reason, std::string("the node is in use: pid 3100 (hpl) of Slurm job 4711 of alice uses 0 % of a core"));
        QVERIFY(collector.all<protocol::Measurement>().empty());

        context.allowBusy = true;
        QCOMPARE(HostCpu().run(context).status, protocol::StepStatus::Completed);
        QCOMPARE(collector.events("busy.allowed").size(), std::size_t(1));
    }

    void sensorsAreReadFromSysfs()
    {
        const auto node = sysroot("gpu-node");
        const auto clocks = readClocks(node, {0, 3});
        QCOMPARE(clocks.source, std::string("cpufreq"));
        QCOMPARE(clocks.megahertz.at(3), 2003.);
        QCOMPARE(readThrottleEvents(node, {0, 1, 2, 3}).value_or(-1), 12);
        QVERIFY(readClocks(sysroot("nothing"), {0}).megahertz.empty());
        QVERIFY(!readThrottleEvents(sysroot("nothing"), {0}));
    }

    void stopsWhenTold()
    {
        Collector collector;
        auto context = contextFor(collector, {{"seconds", "100"}});
        const std::atomic<bool> stop = true;
        context.stop = &stop;
        QCOMPARE(HostCpu().run(context).status, protocol::StepStatus::Error);
    }
};

QTEST_GUILESS_MAIN(TestCpu)
#include "test_cpu.moc"
