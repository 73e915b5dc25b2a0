// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/memory/host_memory.h"
#include "engine/checks/memory/memory_plan.h"
#include "engine/checks/memory/stream_run.h"
#include "engine/measure/cpus.h"
#include "tests/engine/checks/collector.h"

#include <QTest>

#include <cmath>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

constexpr quint64 MiB = 1 << 20;
const protocol::Parameters quick{{"seconds", "0.2"}, {"array_bytes", "4194304"}};

} // namespace

class TestMemory : public QObject
{
    Q_OBJECT

private slots:
    void sizeOfTheArrays_data()
    {
        QTest::addColumn<quint64>("cache");
        QTest::addColumn<quint64>("available");
        QTest::addColumn<quint64>("headroom"); ///< 0: none
        QTest::addColumn<quint64>("asked");    ///< 0: none
        QTest::addColumn<quint64>("bytes");
        QTest::addColumn<QString>("bound");
        QTest::addColumn<bool>("resident");
        QTest::newRow("much memory") << 32 * MiB << 24000 * MiB << quint64(0) << quint64(0) << 128 * MiB << "cache" << false;
        QTest::newRow("cloud host with a big cache") << 260 * MiB << 240'000 * MiB << quint64(0) << quint64(0) << 1040 * MiB << "cache" << false;
        QTest::newRow("big cache, small node") << 260 * MiB << 4800 * MiB << quint64(0) << quint64(0) << 400 * MiB << "memory" << true;
        QTest::newRow("tight control group") << 32 * MiB << 24000 * MiB << 600 * MiB << quint64(0) << 100 * MiB << "cgroup" << false;
        QTest::newRow("very tight control group") << 32 * MiB << 24000 * MiB << 60 * MiB << quint64(0) << 10 * MiB << "cgroup" << true;
        QTest::newRow("asked for less") << 32 * MiB << 24000 * MiB << quint64(0) << MiB << MiB << "parameter" << true;
        QTest::newRow("asked for more than is right") << 32 * MiB << 24000 * MiB << quint64(0) << 4096 * MiB << 128 * MiB << "cache" << false;
        QTest::newRow("unknown cache") << quint64(0) << 24000 * MiB << quint64(0) << quint64(0) << 128 * MiB << "cache" << false;
        QTest::newRow("no room") << 32 * MiB << quint64(0) << quint64(0) << quint64(0) << quint64(0) << "memory" << true;
    }
    void sizeOfTheArrays()
    {
        QFETCH(quint64, cache);
        QFETCH(quint64, available);
        QFETCH(quint64, headroom);
        QFETCH(quint64, asked);
        MemoryFacts facts{cache, available, {}, {}, 4};
        if (headroom > 0)
            facts.cgroupHeadroom = headroom;
        if (asked > 0)
            facts.askedBytes = asked;
        const auto plan = planMemory(facts);
        QTEST(quint64(plan.arrayBytes), "bytes");
        QTEST(QString::fromStdString(plan.bound), "bound");
        QTEST(plan.cacheResident, "resident");
        QCOMPARE(plan.arrayBytes % (4096 * 4), 0ull);
        QCOMPARE(plan.cacheAssumed, cache == 0);
    }

    void measuresThisMachine()
    {
        Collector collector;
        const auto result = HostMemory().run(contextFor(collector, quick));
        QVERIFY2(result.status == protocol::StepStatus::Completed, result.reason.c_str());
        QCOMPARE(collector.all<protocol::Measurement>().size(), std::size_t(5));
        for (const auto *metric : {"copy", "scale", "add", "triad", "read"}) {
            const auto found = collector.measurement(metric, "node");
            QVERIFY2(found, metric);
            QCOMPARE(found->step, std::string("s1"));
            QCOMPARE(found->check, std::string("host.memory"));
            QCOMPARE(found->unit, protocol::Unit::GigabytesPerSecond);
            QVERIFY2(found->value > 0.05 && found->value < 20000, qPrintable(QString::number(found->value)));
            QVERIFY(found->spread.minimum <= found->value && found->value <= found->spread.maximum && found->samples > 0);
            QCOMPARE(found->parameters.at("size_bound"), std::string("parameter"));
            QCOMPARE(found->parameters.at("repetitions"), std::to_string(found->samples));
            for (const auto *name : {"array_bytes", "threads", "cpus", "kernel", "stores", "counted", "pages", "stopped_by", "warmup", "pinned", "disturbed", "cpu_share_least"})
                QVERIFY2(found->parameters.contains(name), name);
        }
    }

    void aWrongNumberIsFoundAndNamed_data()
    {
        QTest::addColumn<QString>("kernel");
        for (const auto *kernel : {"copy", "scale", "add", "triad"})
            QTest::newRow(kernel) << kernel;
    }
    void aWrongNumberIsFoundAndNamed()
    {
        QFETCH(QString, kernel);
        Collector collector;
        const HostMemory check([&](std::string_view name, std::span<double> written) {
            if (name == kernel.toStdString())
                written[777] = std::nextafter(written[777], 0); // one bit
        });
        const auto result = check.run(contextFor(collector, quick));
        QCOMPARE(result.status, protocol::StepStatus::Failed);
        QVERIFY2(result.reason.starts_with(kernel.toStdString() + ": the number at byte offset 6216 written on CPU "), result.reason.c_str());
        QCOMPARE(collector.events("memory.miscompare").size(), std::size_t(1));
        QVERIFY(!collector.measurement(kernel.toStdString(), "node"));
    }

    void aWrongSumIsFound()
    {
        Team team(allowedCpus());
        StreamRun run(team, supportedStreamKernels().back(), team.size() * 512);
        const auto &loops = StreamRun::loops();
        StoppingRule rule;
        rule.maximumRepetitions = 1;
        for (std::size_t i = 0; i < 4; ++i) {
            run.measure(loops[i], rule, nullptr);
            QCOMPARE(run.verify(loops[i]), std::string());
        }
        run.written(loops[3])[5] += 1;
        run.measure(loops[4], rule, nullptr);
        QVERIFY2(run.verify(loops[4]).starts_with("read: the sum of elements from byte offset 0 "), run.verify(loops[4]).c_str());
    }

    void badParametersAreExplained()
    {
        Collector collector;
        const auto result = HostMemory().run(contextFor(collector, {{"seconds", "soon"}}));
        QCOMPARE(result.status, protocol::StepStatus::Error);
        QCOMPARE(result.reason, std::string("parameter seconds is \"soon\": expected a number from 0.05 to 3600"));
    }

    void stopsWhenTold()
    {
        Collector collector;
        auto context = contextFor(collector, {{"seconds", "100"}, {"array_bytes", "1048576"}});
        const std::atomic<bool> stop = true;
        context.stop = &stop;
        QCOMPARE(HostMemory().run(context).status, protocol::StepStatus::Error);
    }

    void fillingStopsWhenTold()
    {
        Team team(allowedCpus());
        const std::atomic<bool> stop = true;
        StreamRun run(team, supportedStreamKernels().back(), team.size() * 512, {}, &stop);
        StoppingRule rule;
        rule.maximumRepetitions = 1;
        run.measure(StreamRun::loops()[0], rule, nullptr);
        QCOMPARE(run.written(StreamRun::loops()[0])[5], 0.); // a copy of what was never put there
    }

    void noRoomIsAnErrorWithNumbers()
    {
        Collector collector;
        auto context = contextFor(collector);
        context.sysroot = sysroot("nothing");
        const auto result = HostMemory().run(context);
        QCOMPARE(result.status, protocol::StepStatus::Error);
        QVERIFY2(result.reason.find("0 bytes of memory are available") != std::string::npos, result.reason.c_str());
    }
};

QTEST_GUILESS_MAIN(TestMemory)
#include "test_memory.moc"
