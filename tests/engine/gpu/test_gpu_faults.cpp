// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/check.h"
#include "tests/engine/gpu/simulated_node.h"

#include <QTest>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::engine::simulate;
using namespace seatrial::tests;
using protocol::StepStatus;

namespace {

Fault faultOf(FaultKind kind, double value, int gpu)
{
    Fault fault;
    fault.kind = kind;
    fault.value = value;
    fault.gpu = gpu;
    return fault;
}

CheckResult runCheck(const char *id, SimulatedNode &node, Collector &collector, protocol::Parameters parameters)
{
    return findCheck(id)->run(node.context(collector, std::move(parameters)));
}

/// The figure of GPU 3 as a fraction of that of GPU 2, which has no fault.
double against(const Collector &collector, const char *metric)
{
    return *collector.value(metric, "gpu/3") / *collector.value(metric, "gpu/2");
}

} // namespace

/// Each fault that can be planted is seen by the check that shall see it, at the part that has it.
class TestGpuFaults : public QObject
{
    Q_OBJECT

private slots:
    void slowMemory()
    {
        SimulatedNode node("h100x8", {faultOf(FaultKind::SlowHbm, 15, 3)});
        Collector collector;
        QCOMPARE(runCheck("gpu.memory", node, collector, {{"seconds", "0.2"}}).status, StepStatus::Completed);
        QVERIFY(qAbs(against(collector, "read") - 0.85) < 0.03);
        QVERIFY(qAbs(against(collector, "triad") - 0.85) < 0.03);
    }

    void halfOfTheLanes()
    {
        SimulatedNode node("h100x8", {faultOf(FaultKind::HalfWidthPcie, 8, 3)});
        Collector collector;
        QCOMPARE(runCheck("gpu.host_link", node, collector, {{"seconds", "0.2"}}).status, StepStatus::Completed);
        QVERIFY(qAbs(against(collector, "h2d") - 0.5) < 0.03);
        QVERIFY(qAbs(against(collector, "d2h") - 0.5) < 0.03);
        QCOMPARE(against(collector, "host_link_ceiling"), 1.); // what it could do, not what it does
    }

    void aDeadLink()
    {
        auto fault = faultOf(FaultKind::DeadNvlink, 2, 3);
        fault.link = 7;
        SimulatedNode node("h100x8", {fault});
        Collector collector;
        QCOMPARE(runCheck("gpu.peer", node, collector, {{"seconds", "0.05"}}).status, StepStatus::Completed);
        QVERIFY(qAbs(*collector.value("peer_direct", "gpu/3→gpu/1") / *collector.value("peer_direct", "gpu/2→gpu/1") - 16. / 18) < 0.03);
        QVERIFY(qAbs(*collector.value("peer_direct", "gpu/1→gpu/3") / *collector.value("peer_direct", "gpu/1→gpu/2") - 16. / 18) < 0.03);
        QCOMPARE(collector.measurement("peer_direct", "gpu/1→gpu/3")->parameters.at("nvlinks"), std::string("16"));
    }

    void aGpuThatThrottles()
    {
        SimulatedNode node("h100x8", {faultOf(FaultKind::Throttles, 25, 3)});
        Collector collector;
        QCOMPARE(runCheck("gpu.gemm", node, collector, {{"seconds", "3"}, {"warmup", "2"}, {"precisions", "bf16"}, {"gpus", "2-3"}}).status, StepStatus::Completed);
        QVERIFY2(against(collector, "gemm_bf16") < 0.88, std::to_string(against(collector, "gemm_bf16")).c_str());
        QCOMPARE(*collector.value("hardware_slowdown", "gpu/2"), 0.);
        const auto slow = *collector.measurement("gemm_bf16", "gpu/3"), well = *collector.measurement("gemm_bf16", "gpu/2");
        QVERIFY2(slow.parameters.contains("core_clock_mhz"), slow.parameters.contains("sample_problem") ? slow.parameters.at("sample_problem").c_str() : "no sample");
        QVERIFY(std::stod(slow.parameters.at("core_clock_mhz")) < 0.9 * std::stod(well.parameters.at("core_clock_mhz")));
        QVERIFY(*collector.value("hardware_slowdown", "gpu/3") + *collector.value("thermal_slowdown", "gpu/3") > 0);
    }

    void aSlowRail()
    {
        Fault fault;
        fault.kind = FaultKind::SlowRail;
        fault.value = 30;
        fault.nic = "mlx5_5";
        SimulatedNode node("h100x8", {fault});
        Collector collector;
        QCOMPARE(runCheck("nic.loopback", node, collector, {{"seconds", "0.2"}}).status, StepStatus::Completed);
        QVERIFY(qAbs(*collector.value("loopback", "nic/mlx5_5") / *collector.value("loopback", "nic/mlx5_4") - 0.7) < 0.03);
    }

    void wrongArithmetic()
    {
        auto fault = faultOf(FaultKind::WrongArithmetic, 1, 3);
        fault.multiprocessor = 77;
        SimulatedNode node("h100x8", {fault});
        Collector collector;
        const auto result = runCheck("gpu.arithmetic", node, collector, {{"seconds", "8"}, {"rounds", "100"}});
        QCOMPARE(result.status, StepStatus::Failed);
        QVERIFY2(result.reason.find("gpu/3: ") == 0 && result.reason.find("SM 77 (") != std::string::npos, result.reason.c_str());
        QVERIFY2(result.reason.find("the other 7 went well") != std::string::npos, result.reason.c_str());
        const auto said = collector.events("gpu.wrong_arithmetic");
        QVERIFY(!said.empty());
        for (const auto &event : said) {
            QCOMPARE(event.subject, std::string("gpu/3"));
            QCOMPARE(event.parameters.at("multiprocessors"), std::string("77"));
        }
        QVERIFY(*collector.value("wrong_results_fp32", "gpu/3") > 0);
        QCOMPARE(*collector.value("wrong_results_fp32", "gpu/2"), 0.);
        QVERIFY(collector.events("gpu.differs").empty()); // most of its multiprocessors are right
    }

    /// A plan without gpu.arithmetic finds it too: each result of the streams is compared.
    void wrongArithmeticOfMemoryStreams()
    {
        auto fault = faultOf(FaultKind::WrongArithmetic, 20, 3);
        fault.multiprocessor = 77;
        SimulatedNode node("h100x8", {fault});
        Collector collector;
        const auto result = runCheck("gpu.memory", node, collector, {{"seconds", "2"}});
        QCOMPARE(result.status, StepStatus::Failed);
        QVERIFY2(result.reason.find("gpu/3: the kernel scale left ") == 0, result.reason.c_str());
        QVERIFY2(result.reason.find("the other 7 went well") != std::string::npos, result.reason.c_str());
        const auto said = collector.events("gpu.wrong_result");
        QCOMPARE(said.size(), std::size_t(1));
        QCOMPARE(said[0].subject, std::string("gpu/3"));
        QCOMPARE(said[0].parameters.at("kernel"), std::string("scale"));
        QVERIFY(std::stoull(said[0].parameters.at("wrong_words")) > 0);
        QVERIFY(collector.measurement("triad", "gpu/2")->parameters.at("verified").find("all of it") != std::string::npos);
        QVERIFY(collector.value("copy", "gpu/3") && !collector.value("scale", "gpu/3")); // what is wrong is no figure
    }

    void wrongMemory()
    {
        SimulatedNode node("h100x8", {faultOf(FaultKind::WrongMemory, 3, 3)});
        Collector collector;
        const auto result = runCheck("gpu.memory_pattern", node, collector, {{"seconds", "30"}, {"share", "0.5"}});
        QCOMPARE(result.status, StepStatus::Failed);
        QVERIFY2(result.reason.find("gpu/3: GPU memory is wrong at byte offset ") == 0, result.reason.c_str());
        QVERIFY2(result.reason.find("read again it was still wrong") != std::string::npos, result.reason.c_str());
        QVERIFY(*collector.value("pattern_miscompares", "gpu/3") >= 3); // each is stuck: wrong in one of a pattern and its complement
        QCOMPARE(*collector.value("pattern_miscompares", "gpu/2"), 0.);
        const auto said = collector.events("gpu.miscompare");
        QVERIFY(!said.empty());
        for (const auto *name : {"offset", "expected", "found", "found_again", "flipped"})
            QVERIFY2(said.front().parameters.contains(name), name);
    }

    void aGpuThatIsLostInTheMiddle()
    {
        SimulatedNode node("h100x8", {faultOf(FaultKind::Xid79, 0.5, 3)});
        Collector collector;
        const auto result = runCheck("gpu.memory", node, collector, {{"seconds", "3"}});
        QCOMPARE(result.status, StepStatus::Failed);
        QVERIFY2(result.reason.find("gpu/3: it was lost while ") == 0, result.reason.c_str());
        for (const char *subject : {"gpu/0", "gpu/2", "gpu/7"})
            QVERIFY2(collector.value("triad", subject), subject);
        QCOMPARE(collector.events("gpu.failed").size(), std::size_t(1));

        // And is named by every later check, which goes on without it.
        Collector later;
        const auto again = runCheck("gpu.host_link", node, later, {{"seconds", "0.1"}});
        QCOMPARE(again.status, StepStatus::Failed);
        QVERIFY2(again.reason.find("gpu/3: it was lost") == 0, again.reason.c_str());
        QVERIFY(later.value("h2d", "gpu/4") && !later.value("h2d", "gpu/3"));
        Collector collective;
        const auto rest = runCheck("gpu.collective", node, collective, {{"seconds", "0.3"}});
        QCOMPARE(rest.status, StepStatus::Failed);
        QCOMPARE(collective.measurement("all_reduce_bus_bandwidth", "node")->parameters.at("gpus"), std::string("7"));
    }
};

QTEST_GUILESS_MAIN(TestGpuFaults)
#include "test_gpu_faults.moc"
