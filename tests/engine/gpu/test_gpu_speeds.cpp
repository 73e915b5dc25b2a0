// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/check.h"
#include "tests/engine/gpu/simulated_node.h"

#include <QTest>

#include <set>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;
using protocol::StepStatus;
using protocol::Unit;

namespace {

/// Short, whatever the check: simulated time passes quickly, but each repetition is work.
const protocol::Parameters brief{{"seconds", "0.2"}};

CheckResult runCheck(const char *id, SimulatedNode &node, Collector &collector, protocol::Parameters parameters = brief)
{
    return findCheck(id)->run(node.context(collector, std::move(parameters)));
}

} // namespace

/// Each check measures what the model of the simulated node says, within its noise and spread.
class TestGpuSpeeds : public QObject
{
    Q_OBJECT

private slots:
    void memory()
    {
        SimulatedNode node;
        Collector collector;
        const auto result = runCheck("gpu.memory", node, collector, {{"seconds", "1"}});
        QVERIFY2(result.status == StepStatus::Completed, result.reason.c_str());
        const double ceiling = 2619e6 * 5120 / 8 * 2 / 1e9;
        for (int gpu = 0; gpu < 8; ++gpu) {
            const auto subject = "gpu/" + std::to_string(gpu);
            QVERIFY(qAbs(*collector.value("memory_ceiling", subject) - ceiling) < 1);
            for (const auto &[metric, share] : {std::pair("read", 0.92), {"write", 0.92}, {"copy", 0.86}, {"scale", 0.86}, {"add", 0.87}, {"triad", 0.86}}) {
                const auto one = collector.measurement(metric, subject);
                QVERIFY2(one, metric);
                QVERIFY2(qAbs(one->value / (ceiling * share) - 1) < 0.03, (std::string(metric) + " " + std::to_string(one->value)).c_str());
                QCOMPARE(one->unit, Unit::GigabytesPerSecond);
                QVERIFY(one->samples >= 6 && one->spread.cv < 0.05);
                for (const auto *name : {"kernel", "array_bytes", "repetitions", "stopped_by", "provenance", "core_clock_mhz", "memory_clock_mhz", "power_w",
                                         "temperature_c", "clock_event_reasons", "sample_hz", "verified", "order", "gpu"})
                    QVERIFY2(one->parameters.contains(name), name);
                QVERIFY(QString::fromStdString(one->parameters.at("provenance")).contains("simulated"));
            }
        }
    }

    void smallArraysAreMeasuredAsTheCache()
    {
        // What fits the cache is faster than the memory can be: the usual arrays are larger for that reason.
        SimulatedNode node;
        Collector collector;
        QCOMPARE(runCheck("gpu.memory", node, collector, {{"seconds", "0.2"}, {"array_bytes", "16777216"}, {"gpus", "0"}}).status, StepStatus::Completed);
        QVERIFY(*collector.value("triad", "gpu/0") > *collector.value("memory_ceiling", "gpu/0"));
        QVERIFY(std::stoull(collector.measurement("triad", "gpu/0")->parameters.at("array_bytes")) == 16777216);
    }

    void hostLink()
    {
        SimulatedNode node;
        Collector collector;
        const auto result = runCheck("gpu.host_link", node, collector);
        QVERIFY2(result.status == StepStatus::Completed, result.reason.c_str());
        for (int gpu = 0; gpu < 8; ++gpu) {
            const auto subject = "gpu/" + std::to_string(gpu);
            QVERIFY(qAbs(*collector.value("h2d", subject) / 55.2 - 1) < 0.03);
            QVERIFY(qAbs(*collector.value("d2h", subject) / 55.2 - 1) < 0.03);
            QVERIFY(qAbs(*collector.value("both", subject) / (2 * 0.75 * 55.2) - 1) < 0.03);
            QVERIFY(qAbs(*collector.value("host_link_ceiling", subject) - 63) < 0.1);
            QCOMPARE(collector.measurement("h2d", subject)->parameters.at("order"), std::string("one by one"));
        }
        QVERIFY(QString::fromStdString(collector.measurement("h2d", "gpu/7")->parameters.at("host_memory")).startsWith("NUMA node 1"));
    }

    void peers()
    {
        SimulatedNode node;
        Collector collector;
        const auto result = runCheck("gpu.peer", node, collector, {{"seconds", "0.05"}});
        QVERIFY2(result.status == StepStatus::Completed, result.reason.c_str());
        std::set<std::string> subjects;
        for (const auto &one : collector.all<protocol::Measurement>()) {
            QCOMPARE(one.metric, std::string("peer_direct"));
            QVERIFY(qAbs(one.value / (18 * 25 * 0.88) - 1) < 0.03);
            QCOMPARE(one.parameters.at("path"), std::string("direct"));
            QCOMPARE(one.parameters.at("relation"), std::string("NV18"));
            subjects.insert(one.subject);
        }
        QCOMPARE(subjects.size(), std::size_t(56)); // each pair both ways
        QVERIFY(subjects.contains("gpu/0→gpu/5") && subjects.contains("gpu/5→gpu/0"));
    }

    void matrices()
    {
        SimulatedNode node;
        Collector collector;
        const auto result = runCheck("gpu.gemm", node, collector, {{"seconds", "0.5"}, {"warmup", "0"}, {"gpus", "0-1"}, {"precisions", "all"}});
        QVERIFY2(result.status == StepStatus::Completed, result.reason.c_str());
        for (const auto &[metric, tera] : {std::pair("gemm_bf16", 794.5), {"gemm_fp8", 1403.}, {"gemm_tf32", 373.}, {"gemm_fp64", 61.5}, {"gemm_fp32", 51.}, {"gemm_int8", 1420.}}) {
            const auto one = collector.measurement(metric, "gpu/1");
            QVERIFY2(one, metric);
            QCOMPARE(one->unit, Unit::GigaflopsPerSecond);
            QVERIFY2(qAbs(one->value / (tera * 1000) - 1) < 0.06, (std::string(metric) + " " + std::to_string(one->value)).c_str());
            QCOMPARE(one->parameters.at("operands"), std::string("random"));
        }
        QCOMPARE(*collector.value("hardware_slowdown", "gpu/0"), 0.);
    }

    void aPrecisionThatTheModelLacksIsSaid()
    {
        SimulatedNode node("a100x8");
        Collector collector;
        QCOMPARE(runCheck("gpu.gemm", node, collector, {{"seconds", "0.1"}, {"precisions", "fp8,bf16"}, {"gpus", "2"}}).status, StepStatus::Completed);
        QVERIFY(!collector.value("gemm_fp8", "gpu/2") && collector.value("gemm_bf16", "gpu/2"));
        QCOMPARE(collector.events("gpu.precision_waived").size(), std::size_t(1));
        Collector nothing;
        const auto result = runCheck("gpu.gemm", node, nothing, {{"seconds", "0.1"}, {"precisions", "fp8"}, {"gpus", "2"}});
        QCOMPARE(result.waiver, protocol::Waiver::NotPresent);
    }

    void patternsAndArithmeticOfAGoodNode()
    {
        SimulatedNode node;
        Collector collector;
        auto result = runCheck("gpu.memory_pattern", node, collector, {{"seconds", "30"}, {"share", "0.9"}});
        QVERIFY2(result.status == StepStatus::Completed, result.reason.c_str());
        QCOMPARE(*collector.value("pattern_miscompares", "gpu/7"), 0.);
        QCOMPARE(*collector.value("pattern_sweeps", "gpu/7"), 4.);
        QVERIFY(*collector.value("pattern_share", "gpu/7") > 0.89);
        result = runCheck("gpu.arithmetic", node, collector);
        QVERIFY2(result.status == StepStatus::Completed, result.reason.c_str());
        std::set<std::string> digests;
        for (int gpu = 0; gpu < 8; ++gpu) {
            const auto one = collector.measurement("wrong_results_tensor", "gpu/" + std::to_string(gpu));
            QVERIFY(one && one->value == 0);
            digests.insert(one->parameters.at("digest"));
        }
        QCOMPARE(digests.size(), std::size_t(1));
    }

    void adapters()
    {
        SimulatedNode node;
        Collector collector;
        const auto result = runCheck("nic.loopback", node, collector);
        QVERIFY2(result.status == StepStatus::Completed, result.reason.c_str());
        const auto one = collector.measurement("loopback", "nic/mlx5_7");
        QVERIFY(one && one->unit == Unit::GigabitsPerSecond);
        QVERIFY2(one->value > 360 && one->value < 400, std::to_string(one->value).c_str());
        QCOMPARE(*collector.value("link_rate", "nic/mlx5_7"), 400.);
        QCOMPARE(*collector.value("loopback_ceiling", "nic/mlx5_7"), 400.); // of PCIe 5.0 with 16 lanes it is 461
        QVERIFY(*collector.value("loopback_small", "nic/mlx5_7") > 360);
        QVERIFY(qAbs(*collector.value("loopback_latency", "nic/mlx5_7") - 1.5) < 0.1);
        QVERIFY(!collector.value("loopback", "nic/mlx5_8")); // the node's own Ethernet is no rail
    }

    void onlyTheGpusThatWereAskedFor()
    {
        SimulatedNode node;
        Collector collector;
        QCOMPARE(runCheck("gpu.memory", node, collector, {{"seconds", "0.1"}, {"gpus", "1,4-5"}}).status, StepStatus::Completed);
        std::set<std::string> subjects;
        for (const auto &one : collector.all<protocol::Measurement>())
            subjects.insert(one.subject);
        QCOMPARE(subjects, (std::set<std::string>{"gpu/1", "gpu/4", "gpu/5"}));
    }

    void badParametersAreSaid_data()
    {
        QTest::addColumn<QString>("check");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("value");
        const auto row = [](const char *check, const char *name, const char *value) { QTest::addRow("%s %s=%s", check, name, value) << check << name << value; };
        row("gpu.memory", "gpus", "8");
        row("gpu.memory", "gpus", "one");
        row("gpu.memory", "gpus", "3-1");
        row("gpu.memory", "order", "random");
        row("gpu.memory", "stall", "0");
        row("gpu.memory", "seconds", "-1");
        row("gpu.memory", "array_bytes", "x");
        row("gpu.memory_pattern", "share", "1");
        row("gpu.host_link", "bytes", "1");
        row("gpu.peer", "bytes", "99999999999999");
        row("gpu.gemm", "precisions", "fp4");
        row("gpu.gemm", "precisions", "");
        row("gpu.gemm", "size", "1");
        row("gpu.arithmetic", "path", "all of them");
        row("gpu.collective", "max_bytes", "4");
        row("gpu.collective", "factor", "1");
        row("nic.loopback", "nic", "mlx5_99");
        row("nic.loopback", "bytes", "0");
        row("nic.loopback", "small_bytes", "99999999999");
    }
    void badParametersAreSaid()
    {
        QFETCH(QString, check);
        QFETCH(QString, name);
        QFETCH(QString, value);
        SimulatedNode node;
        Collector collector;
        const auto result = runCheck(check.toUtf8(), node, collector, {{name.toStdString(), value.toStdString()}});
        QCOMPARE(result.status, StepStatus::Error);
        QVERIFY2(result.reason.find("parameter " + name.toStdString()) != std::string::npos, result.reason.c_str());
        QVERIFY(collector.all<protocol::Measurement>().empty());
    }

    void aNodeWithoutGpusIsWaived()
    {
        for (const auto &check : allChecks()) {
            if (!check->loads() || (!check->id().starts_with("gpu.") && check->id() != "nic.loopback"))
                continue;
            Collector collector;
            auto context = contextFor(collector);
            const auto result = check->run(context);
            QCOMPARE(result.status, StepStatus::Waived);
            QCOMPARE(result.waiver, protocol::Waiver::NotPresent);
            QVERIFY(!result.reason.empty());
        }
    }

    void oneGpuIsNoPair()
    {
        auto profile = SimulatedNode::profileOf("h100x8");
        profile.gpus = 1;
        SimulatedNode node(profile);
        for (const char *check : {"gpu.peer", "gpu.collective"}) {
            Collector collector;
            const auto result = runCheck(check, node, collector);
            QCOMPARE(result.waiver, protocol::Waiver::NotPresent);
            QVERIFY(result.reason.find("one GPU") != std::string::npos);
        }
    }

    void aStopIsObeyed()
    {
        SimulatedNode node;
        for (const char *check : {"gpu.memory", "gpu.gemm", "gpu.peer", "gpu.collective", "nic.loopback"}) {
            Collector collector;
            auto context = node.context(collector);
            const std::atomic<bool> stop = true;
            context.stop = &stop;
            QCOMPARE(findCheck(check)->run(context).status, StepStatus::Error);
        }
    }
};

QTEST_GUILESS_MAIN(TestGpuSpeeds)
#include "test_gpu_speeds.moc"
