// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/memory/host_memory.h"

#include "engine/checks/memory/memory_plan.h"
#include "engine/checks/memory/stream_run.h"
#include "engine/checks/options.h"
#include "engine/checks/reporter.h"
#include "engine/measure/cgroup.h"
#include "engine/measure/clock.h"
#include "engine/measure/cpus.h"
#include "engine/measure/mapped_memory.h"
#include "engine/measure/team.h"
#include "engine/measure/text.h"

#include <algorithm>

namespace seatrial::engine {

namespace {

MemoryFacts gatherFacts(const CheckContext &context, const std::vector<int> &cpus, const CgroupLimits &limits)
{
    MemoryFacts facts;
    facts.lastLevelCacheBytes = lastLevelCacheBytes(context.sysroot, cpus);
    facts.availableBytes = meminfoBytes(context.sysroot, "MemAvailable");
    facts.cgroupHeadroom = limits.memoryHeadroom;
    facts.threads = cpus.size();
    return facts;
}

std::string noRoom(const MemoryFacts &facts)
{
    return "there is no room for three arrays: " + std::to_string(facts.availableBytes) + " bytes of memory are available"
        + (facts.cgroupHeadroom ? ", " + std::to_string(*facts.cgroupHeadroom) + " bytes are left by the control group" : "");
}

void shareParameters(Reporter &reporter, const MemoryFacts &facts, const MemoryPlan &plan, const StreamKernels &kernels,
                     const Team &team, const std::vector<int> &cpus)
{
    reporter.share("array_bytes", std::to_string(plan.arrayBytes));
    reporter.share("arrays", "3");
    reporter.share("size_bound", plan.bound);
    reporter.share("cache_bytes", plan.cacheAssumed ? "unknown" : std::to_string(facts.lastLevelCacheBytes));
    reporter.share("cache_resident", plan.cacheResident ? "possible" : "no");
    reporter.share("threads", std::to_string(team.size()));
    reporter.share("cpus", cpuListText(cpus));
    reporter.share("pinned", team.pinned() ? "yes" : "no");
    reporter.share("kernel", std::string(kernels.name));
    reporter.share("stores", std::string(kernels.stores));
    // With temporal stores each line written is first read: real traffic is then higher than what is counted.
    reporter.share("counted", "stream (no write-allocate)");
    reporter.share("warmup", "1");
}

struct Asked {
    double seconds = 0;
    std::uint64_t arrayBytes = 0; ///< 0: as large as the caches ask for
};

Asked read(Options &options)
{
    return {options.number("seconds", 6, 0.05, 3600), std::uint64_t(options.integer("array_bytes", 0, 0, std::int64_t(1) << 46))};
}

} // namespace

std::vector<std::string> HostMemory::parameterHelp() const
{
    return {"seconds=6 (time for all five loops, s)",
            "array_bytes=auto (upper bound for one of the three arrays, bytes; else 4 x last-level cache, together at most "
            "25 % of available memory and 50 % of what the control group leaves)"};
}

std::string HostMemory::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    read(options);
    return options.problem();
}

CheckResult HostMemory::load(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto asked = read(options);
    if (options.bad())
        return CheckResult::error(options.problem());

    const auto limits = readCgroupLimits(context.sysroot);
    const auto cpus = cpusWithinQuota(allowedCpus(), limits.cpus);
    auto facts = gatherFacts(context, cpus, limits);
    if (asked.arrayBytes > 0)
        facts.askedBytes = asked.arrayBytes;
    const auto plan = planMemory(facts);
    if (plan.arrayBytes == 0)
        return CheckResult::error(noRoom(facts));

    const auto &kernels = supportedStreamKernels().back();
    Team team(cpus);
    StreamRun run(team, kernels, plan.arrayBytes / sizeof(double), {}, context.stop);
    if (stopRequested(context.stop))
        return stoppedEarly();
    Reporter reporter(context, id());
    shareParameters(reporter, facts, plan, kernels, team, cpus);
    reporter.share("pages", pagesInUse(context.sysroot, 3 * plan.arrayBytes));

    StoppingRule rule;
    rule.budgetSeconds = asked.seconds / double(StreamRun::loops().size());
    for (const auto &loop : StreamRun::loops()) {
        const auto result = run.measure(loop, rule, context.stop);
        if (stopRequested(context.stop))
            return stoppedEarly();
        if (m_tamper)
            m_tamper(loop.name, run.written(loop));
        if (const auto wrong = run.verify(loop); !wrong.empty()) {
            reporter.event(protocol::Severity::Error, "memory.miscompare", "node", wrong + ".");
            return CheckResult::failed(wrong);
        }
        reporter.measured(std::string(loop.name), protocol::Unit::GigabytesPerSecond, "node", result.gigabytesPerSecond,
                          {{"repetitions", std::to_string(result.gigabytesPerSecond.size())},
                           {"disturbed", std::to_string(result.disturbed)},
                           {"cpu_share_least", numberText(result.leastShare)},
                           {"stopped_by", std::string(result.stoppedBy)},
                           {"verified", "yes"}});
    }
    return CheckResult::completed();
}

} // namespace seatrial::engine
