// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/cpu/host_cpu.h"

#include "engine/checks/cpu/cpu_sensors.h"
#include "engine/checks/options.h"
#include "engine/checks/reporter.h"
#include "engine/measure/burn_kernel.h"
#include "engine/measure/cgroup.h"
#include "engine/measure/clock.h"
#include "engine/measure/cpus.h"
#include "engine/measure/text.h"

#include <algorithm>

namespace seatrial::engine {

namespace {

using protocol::Unit;

std::string cpuSubject(int cpu)
{
    return "cpu/" + std::to_string(cpu);
}

/// Median over the CPUs, with the slowest and fastest as its spread.
void reportClocks(const Reporter &reporter, const std::string &metric, const ClockReading &reading)
{
    if (reading.megahertz.empty())
        return;
    Samples clocks;
    for (const auto &[cpu, megahertz] : reading.megahertz)
        clocks.add(megahertz);
    reporter.measured(metric, Unit::Megahertz, "node", clocks, {{"source", reading.source}, {"samples_are", "cpus"}});
}

void reportRates(const Reporter &reporter, const std::vector<BurnOutcome> &outcomes, const ClockReading &during)
{
    double slowest = 0, fastest = 0;
    int slowestCpu = -1, fastestCpu = -1;
    for (const auto &outcome : outcomes) {
        protocol::Parameters parameters{{"iterations", std::to_string(outcome.iterations)},
                                        {"mismatches", std::to_string(outcome.mismatches)},
                                        {"pinned", outcome.pinned ? "yes" : "no"}};
        if (const auto clock = during.megahertz.find(outcome.cpu); clock != during.megahertz.end())
            parameters["clock_during_mhz"] = numberText(clock->second);
        reporter.measured("burn_rate", Unit::OperationsPerSecond, cpuSubject(outcome.cpu), outcome.rate, std::move(parameters));
        reporter.measured("burn_share", Unit::None, cpuSubject(outcome.cpu), outcome.share);
        const double rate = outcome.rate.median();
        if (slowestCpu < 0 || rate < slowest) {
            slowest = rate;
            slowestCpu = outcome.cpu;
        }
        if (fastestCpu < 0 || rate > fastest) {
            fastest = rate;
            fastestCpu = outcome.cpu;
        }
    }
    if (fastest > 0)
        reporter.read("burn_spread", Unit::None, "node", slowest / fastest,
                      {{"statistic", "slowest / fastest core"},
                       {"slowest", cpuSubject(slowestCpu)},
                       {"fastest", cpuSubject(fastestCpu)}});
}

std::string describeMiscompare(const BurnOutcome &outcome)
{
    return cpuSubject(outcome.cpu) + " computed wrongly: iteration " + std::to_string(outcome.wrongIteration) + " (seed "
        + std::to_string(outcome.wrongSeed) + ") gave 0x" + hexText(outcome.got) + " instead of 0x" + hexText(outcome.expected)
        + "; " + std::to_string(outcome.mismatches) + " of " + std::to_string(outcome.iterations) + " results were wrong";
}

void reportMiscompare(const Reporter &reporter, const BurnOutcome &outcome)
{
    reporter.event(protocol::Severity::Error, "cpu.miscompare", cpuSubject(outcome.cpu), describeMiscompare(outcome) + ".",
                   {{"cpu", std::to_string(outcome.cpu)},
                    {"iteration", std::to_string(outcome.wrongIteration)},
                    {"seed", std::to_string(outcome.wrongSeed)},
                    {"expected", hexText(outcome.expected)},
                    {"got", hexText(outcome.got)},
                    {"mismatches", std::to_string(outcome.mismatches)}});
}

CheckResult judge(const Reporter &reporter, const std::vector<BurnOutcome> &outcomes)
{
    std::string first;
    std::size_t cpus = 0;
    for (const auto &outcome : outcomes) {
        if (outcome.mismatches == 0)
            continue;
        reportMiscompare(reporter, outcome);
        if (++cpus == 1)
            first = describeMiscompare(outcome);
    }
    if (cpus == 0)
        return CheckResult::completed();
    return CheckResult::failed(cpus == 1 ? first : first + "; so did " + std::to_string(cpus - 1) + " more CPUs");
}

} // namespace

HostCpu::HostCpu(BurnFunction burn) : m_burn(std::move(burn))
{
    if (!m_burn)
        m_burn = [kernel = supportedBurnKernels().back()](int, std::uint32_t seed) { return kernel.run(seed); };
}

std::vector<std::string> HostCpu::parameterHelp() const
{
    return {"seconds=10 (how long all cores burn, s)"};
}

CheckResult HostCpu::load(const CheckContext &context) const
{
    Options options(context.parameters);
    const double seconds = options.number("seconds", 10, 0.2, 86400);
    if (options.bad())
        return CheckResult::error(options.problem());

    const auto cpus = allowedCpus();
    const double warmup = std::min(0.5, seconds / 4);
    const auto limits = readCgroupLimits(context.sysroot);
    Reporter reporter(context, id());
    reporter.share("seconds", numberText(seconds));
    reporter.share("warmup_seconds", numberText(warmup));
    reporter.share("kernel", std::string(supportedBurnKernels().back().name));
    reporter.share("threads", std::to_string(cpus.size()));
    reporter.share("cpus", cpuListText(cpus));
    reporter.share("stopped_by", "time");
    reporter.share("rate_by", "CPU time");
    reporter.share("cpu_quota", limits.cpus ? numberText(*limits.cpus) : "none");

    const auto clocksBefore = readClocks(context.sysroot, cpus);
    const auto throttledBefore = readThrottleEvents(context.sysroot, cpus);
    ClockReading during;
    const auto outcomes = burnAll(cpus, seconds, warmup, m_burn, [&] { during = readClocks(context.sysroot, cpus); }, context.stop);
    const auto clocksAfter = readClocks(context.sysroot, cpus);
    const auto throttledAfter = readThrottleEvents(context.sysroot, cpus);
    const auto heldBack = readCgroupLimits(context.sysroot).throttledPeriods;

    // A wrong result is reported even of a burn that was cut short.
    const auto result = judge(reporter, outcomes);
    if (stopRequested(context.stop))
        return result.status == protocol::StepStatus::Failed ? result : stoppedEarly();
    reportRates(reporter, outcomes, during);
    reportClocks(reporter, "clock_before", clocksBefore);
    reportClocks(reporter, "clock_during", during);
    reportClocks(reporter, "clock_after", clocksAfter);
    if (throttledBefore && throttledAfter)
        reporter.read("throttle_events", Unit::Count, "node", double(*throttledAfter - *throttledBefore));
    if (limits.cpus) {
        reporter.read("cpu_quota", Unit::None, "node", std::min(*limits.cpus, double(cpus.size())));
        reporter.read("cpus", Unit::None, "node", double(cpus.size()));
    }
    if (limits.cpus && limits.throttledPeriods && heldBack)
        reporter.read("quota_throttled_periods", Unit::Count, "node", double(*heldBack - *limits.throttledPeriods));
    return result;
}

} // namespace seatrial::engine
