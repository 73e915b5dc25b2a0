// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/memory/host_memory_numa.h"

#include "engine/checks/memory/memory_plan.h"
#include "engine/checks/memory/numa_survey.h"
#include "engine/checks/memory/stream_run.h"
#include "engine/checks/options.h"
#include "engine/measure/clock.h"
#include "engine/measure/cpus.h"
#include "engine/measure/text.h"

namespace seatrial::engine {

namespace {

using protocol::StepStatus;

/// Empty for the loops that only make what the others read.
std::string metricOf(const StreamRun::Loop &loop, const NumaPair &pair)
{
    if (loop.name == "triad")
        return pair.local() ? "triad_local" : "triad_remote";
    if (loop.name == "read")
        return pair.local() ? "read_local" : "read_remote";
    return {};
}

struct Asked {
    double seconds = 0;
    std::uint64_t arrayBytes = 0; ///< 0: as large as the caches ask for
};

Asked read(Options &options)
{
    return {options.number("seconds", 4, 0.05, 3600), std::uint64_t(options.integer("array_bytes", 0, 0, std::int64_t(1) << 46))};
}

} // namespace

std::vector<std::string> HostMemoryNuma::parameterHelp() const
{
    return {"seconds=4 (time for all pairs together, without filling the arrays, s)",
            "array_bytes=auto (upper bound for one of the three arrays of a pair, bytes; else as host.memory, within the node)"};
}

std::string HostMemoryNuma::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    read(options);
    return options.problem();
}

CheckResult HostMemoryNuma::load(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto asked = read(options);
    if (options.bad())
        return CheckResult::error(options.problem());

    Reporter reporter(context, id());
    NumaSurvey survey(context, reporter);
    for (const auto &each : survey.pairs()) {
        if (stopRequested(context.stop))
            return stoppedEarly();
        const auto end = pair(context, reporter, survey, each, asked.seconds / double(survey.pairs().size()), asked.arrayBytes);
        if (end.status != StepStatus::Completed)
            return end;
    }
    return survey.result();
}

CheckResult HostMemoryNuma::pair(const CheckContext &context, const Reporter &reporter, NumaSurvey &survey, const NumaPair &pair,
                                 double seconds, std::uint64_t askedBytes) const
{
    const auto cpus = cpusWithinQuota(pair.cpus, survey.limits().cpus);
    MemoryFacts facts{lastLevelCacheBytes(context.sysroot, cpus), survey.availableOn(pair.memoryNode), survey.limits().memoryHeadroom, {}, cpus.size()};
    if (askedBytes > 0)
        facts.askedBytes = askedBytes;
    const auto plan = planMemory(facts);
    if (plan.arrayBytes == 0) {
        survey.leaveOut(pair.subject(), "there is no room for three arrays on NUMA node " + std::to_string(pair.memoryNode));
        return CheckResult::completed();
    }
    const auto &kernels = supportedStreamKernels().back();
    Team team(cpus);
    StreamRun run(team, kernels, plan.arrayBytes / sizeof(double), pair.memoryNode, context.stop);
    if (stopRequested(context.stop))
        return stoppedEarly();
    const double share = run.shareOnNode(pair.memoryNode);
    if (!survey.placed(pair, run.placing(), share))
        return CheckResult::completed();
    if (!team.pinned()) {
        survey.leaveOut(pair.subject(), "threads cannot be bound to the CPUs of NUMA node " + std::to_string(pair.cpuNode));
        return CheckResult::completed();
    }

    for (const auto &loop : StreamRun::loops()) {
        const auto metric = metricOf(loop, pair);
        StoppingRule rule;
        rule.budgetSeconds = metric.empty() ? 0 : seconds / 2;
        const auto result = run.measure(loop, rule, context.stop);
        if (stopRequested(context.stop))
            return stoppedEarly();
        if (const auto wrong = run.verify(loop); !wrong.empty()) {
            reporter.event(protocol::Severity::Error, "memory.miscompare", pair.subject(), pair.subject() + ": " + wrong + ".");
            return CheckResult::failed(pair.subject() + ": " + wrong);
        }
        if (metric.empty())
            continue;
        reporter.measured(metric, protocol::Unit::GigabytesPerSecond,
                          pair.subject(), result.gigabytesPerSecond,
                          {{"array_bytes", std::to_string(plan.arrayBytes)},
                           {"size_bound", plan.bound},
                           {"cache_resident", plan.cacheResident ? "possible" : "no"},
                           {"pages", pagesInUse(context.sysroot, 3 * plan.arrayBytes)},
                           {"threads", std::to_string(team.size())},
                           {"cpus", cpuListText(cpus)},
                           {"kernel", std::string(kernels.name)},
                           {"distance", pair.distance > 0 ? std::to_string(pair.distance) : "unknown"},
                           {"on_node", share < 0 ? "not told" : numberText(share)},
                           {"repetitions", std::to_string(result.gigabytesPerSecond.size())},
                           {"disturbed", std::to_string(result.disturbed)},
                           {"cpu_share_least", numberText(result.leastShare)},
                           {"stopped_by", std::string(result.stoppedBy)},
                           {"verified", "yes"}});
    }
    survey.measured();
    return CheckResult::completed();
}

} // namespace seatrial::engine
