// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/check.h"
#include "engine/measure/clock.h"
#include "tests/engine/gpu/simulated_node.h"

#include <QTest>

#include <csignal>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::engine::simulate;
using namespace seatrial::tests;
using protocol::StepStatus;

namespace {

/// A machine that does not tell how far its ranks are, as most collective libraries do not; and one GPU of which may end its process.
class SilentMachine : public Machine
{
public:
    explicit SilentMachine(Machine &machine, int deadly = -1) : m_machine(machine), m_deadly(deadly) {}

    bool simulated() const override { return true; }
    std::string provenance() const override { return m_machine.provenance(); }
    std::filesystem::path sysroot() const override { return m_machine.sysroot(); }
    Management &management() override { return m_machine.management(); }
    Outcome<std::unique_ptr<Device>> open(int gpu) override { return m_machine.open(gpu); }
    Outcome<double> allReduce(const std::vector<int> &gpus, std::uint64_t bytes, int times) override
    {
        for (const int gpu : gpus) {
            if (gpu == m_deadly)
                ::raise(SIGBUS);
        }
        return m_machine.allReduce(gpus, bytes, times);
    }
    double now() const override { return m_machine.now(); }
    void sleep(double seconds, const std::atomic<bool> *stop) override { m_machine.sleep(seconds, stop); }

private:
    Machine &m_machine;
    int m_deadly;
};

std::vector<Fault> hungRank(int gpu, double after)
{
    Fault fault;
    fault.kind = FaultKind::HungRank;
    fault.gpu = gpu;
    fault.value = after;
    return {fault};
}

CheckResult allReduce(CheckContext context)
{
    return findCheck("gpu.collective")->run(context);
}

} // namespace

class TestGpuCollective : public QObject
{
    Q_OBJECT

private slots:
    void busBandwidthBySize()
    {
        SimulatedNode node;
        Collector collector;
        const auto result = allReduce(node.context(collector, {{"seconds", "1"}}));
        QVERIFY2(result.status == StepStatus::Completed, result.reason.c_str());
        const auto figure = collector.measurement("all_reduce_bus_bandwidth", "node");
        QVERIFY(figure);
        QCOMPARE(figure->parameters.at("bytes"), std::to_string(8ull << 30));
        QCOMPARE(figure->parameters.at("gpus"), std::string("8"));
        QVERIFY2(qAbs(figure->value / 478.9 - 1) < 0.03, std::to_string(figure->value).c_str());
        QVERIFY(qAbs(*collector.value("all_reduce_algorithm_bandwidth", "node") * 2 * 7 / 8 / figure->value - 1) < 1e-6);
        QCOMPARE(*collector.value("all_reduce_bus_bandwidth_of_8", "node"), figure->value);
        QVERIFY(*collector.value("all_reduce_bus_bandwidth_1MiB", "node") < *collector.value("all_reduce_bus_bandwidth_64MiB", "node"));
        QVERIFY(*collector.value("all_reduce_latency", "node") > 5);
        QVERIFY(figure->parameters.contains("sensors_of"));
    }

    void fewerGpusHaveNoPublishedFigure()
    {
        SimulatedNode node;
        Collector collector;
        QCOMPARE(allReduce(node.context(collector, {{"seconds", "0.3"}, {"gpus", "0-3"}})).status, StepStatus::Completed);
        QVERIFY(collector.value("all_reduce_bus_bandwidth", "node") && !collector.value("all_reduce_bus_bandwidth_of_8", "node"));
    }

    void aHungRankIsNamedByItsProgress()
    {
        SimulatedNode node("h100x8", hungRank(5, 60));
        Collector collector;
        const double began = monotonicSeconds();
        const auto result = allReduce(node.context(collector, {{"seconds", "3"}, {"stall", "4"}, {"factor", "2"}}));
        QVERIFY(monotonicSeconds() - began < 40);
        QVERIFY2(result.status == StepStatus::Failed, result.reason.c_str());
        QVERIFY2(result.reason.find("gpu/5 did not begin the collective that all others wait in") != std::string::npos, result.reason.c_str());
        QVERIFY2(result.reason.find("it hung during repetition ") != std::string::npos, result.reason.c_str());
        const auto said = collector.events("gpu.hung_rank");
        QCOMPARE(said.size(), std::size_t(1));
        QCOMPARE(said[0].subject, std::string("gpu/5"));
        QVERIFY(QString::fromStdString(said[0].parameters.at("stage")).contains("all-reduce of "));
        QCOMPARE(collector.events("gpu.hung").size(), std::size_t(1));
        QVERIFY(collector.value("all_reduce_latency", "node")); // what was measured before stays
    }

    void aHungRankIsFoundByPairs()
    {
        SimulatedNode node("h100x8", hungRank(5, 0));
        SilentMachine silent(node.machine());
        Collector collector;
        auto context = node.context(collector, {{"seconds", "0.2"}, {"stall", "4"}});
        context.machine = &silent;
        const auto result = allReduce(context);
        QVERIFY2(result.status == StepStatus::Failed, result.reason.c_str());
        QVERIFY2(result.reason.find("gpu/5 is where pairs hang as well") != std::string::npos, result.reason.c_str());
        QCOMPARE(collector.events("gpu.hung_rank").size(), std::size_t(1));
        QCOMPARE(collector.events("gpu.hung_rank")[0].parameters.at("found_by"), std::string("smaller groups"));
    }

    void aGpuAtWhichProcessesDieIsFoundByPairs()
    {
        SimulatedNode node;
        SilentMachine silent(node.machine(), 2);
        Collector collector;
        auto context = node.context(collector, {{"seconds", "0.2"}});
        context.machine = &silent;
        const auto result = allReduce(context);
        QVERIFY2(result.status == StepStatus::Failed, result.reason.c_str());
        QVERIFY2(result.reason.find("SIGBUS") != std::string::npos, result.reason.c_str());
        QVERIFY2(result.reason.find("gpu/2 is where") != std::string::npos, result.reason.c_str());
    }
};

QTEST_GUILESS_MAIN(TestGpuCollective)
#include "test_gpu_collective.moc"
