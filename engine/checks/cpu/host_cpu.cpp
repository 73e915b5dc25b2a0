// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/cpu/host_cpu.h"

#include "engine/checks/cpu/cpu_sensors.h"
#include "engine/checks/options.h"
#include "engine/checks/reporter.h"
#include "engine/measure/burn_path.h"
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

void reportRates(const Reporter &reporter, const BurnPath &path, const std::vector<BurnOutcome> &outcomes, const ClockReading &during)
{
    const std::string stem(path.stem);
    double slowest = 0, fastest = 0;
    int slowestCpu = -1, fastestCpu = -1;
    for (const auto &outcome : outcomes) {
        protocol::Parameters parameters{{"iterations", std::to_string(outcome.iterations)},
                                        {"mismatches", std::to_string(outcome.mismatches)},
                                        {"pinned", outcome.pinned ? "yes" : "no"}};
        if (const auto clock = during.megahertz.find(outcome.cpu); clock != during.megahertz.end())
            parameters["clock_during_mhz"] = numberText(clock->second);
        reporter.measured(stem + "rate", path.unit, cpuSubject(outcome.cpu), outcome.rate, std::move(parameters));
        reporter.measured(stem + "share", Unit::None, cpuSubject(outcome.cpu), outcome.share);
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
        reporter.read(stem + "spread", Unit::None, "node", slowest / fastest,
                      {{"statistic", "slowest / fastest core"},
                       {"slowest", cpuSubject(slowestCpu)},
                       {"fastest", cpuSubject(fastestCpu)}});
}

std::string describeMiscompare(const BurnPath &path, const BurnOutcome &outcome)
{
    const auto what = path.name == "mixed" ? std::string() : " (" + std::string(path.name) + ")";
    return cpuSubject(outcome.cpu) + " computed wrongly" + what + ": iteration " + std::to_string(outcome.wrongIteration) + " (seed "
        + std::to_string(outcome.wrongSeed) + ") gave 0x" + hexText(outcome.got) + " instead of 0x" + hexText(outcome.expected)
        + "; " + std::to_string(outcome.mismatches) + " of " + std::to_string(outcome.iterations) + " results were wrong";
}

void reportMiscompare(const Reporter &reporter, const BurnPath &path, const BurnOutcome &outcome)
{
    reporter.event(protocol::Severity::Error, "cpu.miscompare", cpuSubject(outcome.cpu), describeMiscompare(path, outcome) + ".",
                   {{"cpu", std::to_string(outcome.cpu)},
                    {"path", std::string(path.name)},
                    {"iteration", std::to_string(outcome.wrongIteration)},
                    {"seed", std::to_string(outcome.wrongSeed)},
                    {"expected", hexText(outcome.expected)},
                    {"got", hexText(outcome.got)},
                    {"mismatches", std::to_string(outcome.mismatches)}});
}

CheckResult judge(const Reporter &reporter, const BurnPath &path, const std::vector<BurnOutcome> &outcomes)
{
    std::string first;
    std::size_t cpus = 0;
    for (const auto &outcome : outcomes) {
        if (outcome.mismatches == 0)
            continue;
        reportMiscompare(reporter, path, outcome);
        if (++cpus == 1)
            first = describeMiscompare(path, outcome);
    }
    if (cpus == 0)
        return CheckResult::completed();
    return CheckResult::failed(cpus == 1 ? first : first + "; so did " + std::to_string(cpus - 1) + " more CPUs");
}

std::string absent(const BurnPath &path)
{
    return path.name == "aes" ? "this CPU has no AES instructions that this engine knows"
                              : "this CPU has no " + std::string(path.name) + " instructions that this engine knows";
}

constexpr const char *allPaths = "all";

struct Asked {
    double seconds = 0;
    const BurnPath *path = nullptr; ///< none: all of them
};

Asked read(Options &options)
{
    Asked asked{options.number("seconds", 10, 0.2, 86400), nullptr};
    const auto path = options.text("path", "mixed");
    if (path == allPaths)
        return asked;
    asked.path = findBurnPath(path);
    if (!asked.path)
        options.reject("path", "mixed, fma, integer, aes or all");
    return asked;
}

} // namespace

std::vector<std::string> HostCpu::parameterHelp() const
{
    return {"seconds=10 (how long all cores burn, s, shared by the paths)",
            "path=mixed (mixed, fma, integer, aes: which part of the cores; all: one after the other)"};
}

std::string HostCpu::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    read(options);
    return options.problem();
}

CheckResult HostCpu::load(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto asked = read(options);
    if (options.bad())
        return CheckResult::error(options.problem());
    if (asked.path)
        return asked.path->kernel ? burnPath(context, *asked.path, asked.seconds) : CheckResult::notPresent(absent(*asked.path));

    std::vector<const BurnPath *> paths;
    const Reporter reporter(context, id());
    for (const auto &path : burnPaths()) {
        if (path.kernel)
            paths.push_back(&path);
        else
            reporter.event(protocol::Severity::Info, "cpu.path_absent", "node", absent(path) + ": that path was left out.");
    }
    // A core that errs on one path is burnt on the others all the same: which units err is worth knowing.
    auto result = CheckResult::completed();
    for (const auto *path : paths) {
        auto one = burnPath(context, *path, asked.seconds / double(paths.size()));
        if (result.status == protocol::StepStatus::Completed)
            result = std::move(one);
        if (stopRequested(context.stop))
            break;
    }
    return result;
}

CheckResult HostCpu::burnPath(const CheckContext &context, const BurnPath &path, double seconds) const
{
    const auto cpus = allowedCpus();
    const double warmup = std::min(0.5, seconds / 4);
    const auto limits = readCgroupLimits(context.sysroot);
    Reporter reporter(context, id());
    reporter.share("seconds", numberText(seconds));
    reporter.share("warmup_seconds", numberText(warmup));
    reporter.share("path", std::string(path.name));
    reporter.share("kernel", std::string(path.kernel->name));
    reporter.share("counted", std::string(path.counts));
    reporter.share("threads", std::to_string(cpus.size()));
    reporter.share("cpus", cpuListText(cpus));
    reporter.share("stopped_by", "time");
    reporter.share("rate_by", "CPU time");
    reporter.share("cpu_quota", limits.cpus ? numberText(*limits.cpus) : "none");

    const bool handedIn = m_burn && path.name == m_burnOf;
    const auto burn = handedIn ? m_burn : [kernel = *path.kernel](int, std::uint32_t seed) { return kernel.run(seed); };
    const auto clocksBefore = readClocks(context.sysroot, cpus);
    const auto throttledBefore = readThrottleEvents(context.sysroot, cpus);
    ClockReading during;
    const auto outcomes = burnAll(cpus, path, seconds, warmup, burn, [&] { during = readClocks(context.sysroot, cpus); }, context.stop);
    const auto clocksAfter = readClocks(context.sysroot, cpus);
    const auto throttledAfter = readThrottleEvents(context.sysroot, cpus);
    const auto heldBack = readCgroupLimits(context.sysroot).throttledPeriods;

    // A wrong result is reported even of a burn that was cut short.
    const auto result = judge(reporter, path, outcomes);
    if (stopRequested(context.stop))
        return result.status == protocol::StepStatus::Failed ? result : stoppedEarly();
    reportRates(reporter, path, outcomes, during);
    // The names that the mixed path has had from the start; the others have their own, so that no figure hides another.
    const auto prefix = path.name == "mixed" ? std::string() : std::string(path.stem);
    reportClocks(reporter, prefix + "clock_before", clocksBefore);
    reportClocks(reporter, prefix + "clock_during", during);
    reportClocks(reporter, prefix + "clock_after", clocksAfter);
    if (throttledBefore && throttledAfter)
        reporter.read(prefix + "throttle_events", Unit::Count, "node", double(*throttledAfter - *throttledBefore));
    if (limits.cpus) {
        reporter.read("cpu_quota", Unit::None, "node", std::min(*limits.cpus, double(cpus.size())));
        reporter.read("cpus", Unit::None, "node", double(cpus.size()));
    }
    if (limits.cpus && limits.throttledPeriods && heldBack)
        reporter.read(prefix + "quota_throttled_periods", Unit::Count, "node", double(*heldBack - *limits.throttledPeriods));
    return result;
}

} // namespace seatrial::engine
