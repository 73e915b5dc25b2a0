// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/memory/host_memory_latency.h"

#include "engine/checks/memory/numa_survey.h"
#include "engine/checks/memory/pointer_chase.h"
#include "engine/checks/options.h"
#include "engine/measure/clock.h"
#include "engine/measure/cpus.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <memory>

namespace seatrial::engine {

namespace {

using protocol::StepStatus;

constexpr int mostCacheLevels = 4;

std::string placedText(double share)
{
    return share < 0 ? "not told" : numberText(share);
}

} // namespace

struct HostMemoryLatency::Asked {
    double seconds = 0;
    std::uint64_t mostBytes = 0;
};

std::vector<std::string> HostMemoryLatency::parameterHelp() const
{
    return {"seconds=4 (time for all walks together, without laying the cycles, s)",
            "max_bytes=2147483648 (upper bound for the buffer; else 4 x last-level cache, at most 25 % of what is available "
            "and 50 % of what the control group leaves)"};
}

HostMemoryLatency::Asked HostMemoryLatency::read(Options &options)
{
    return {options.number("seconds", 4, 0.05, 3600), std::uint64_t(options.integer("max_bytes", std::int64_t(2) << 30, 1 << 16, std::int64_t(1) << 40))};
}

std::string HostMemoryLatency::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    read(options);
    return options.problem();
}

CheckResult HostMemoryLatency::load(const CheckContext &context) const
{
    Options options(context.parameters);
    auto asked = read(options);
    if (options.bad())
        return CheckResult::error(options.problem());

    Reporter reporter(context, id());
    NumaSurvey survey(context, reporter);
    reporter.share("line_bytes", std::to_string(PointerChase::lineBytes));
    reporter.share("order", "one random cycle through all lines");
    if (survey.pairs().empty())
        return survey.result();
    asked.seconds /= double(survey.pairs().size() + mostCacheLevels);
    const auto end = walkCaches(context, reporter, survey.pairs().front().cpus.back(), asked.seconds);
    return end.status == StepStatus::Completed ? walkPairs(context, reporter, survey, asked) : end;
}

CheckResult HostMemoryLatency::walkCaches(const CheckContext &context, const Reporter &reporter, int cpu, double seconds) const
{
    std::uint64_t below = 0;
    for (const auto &[level, bytes] : cacheSizes(context.sysroot, cpu)) {
        const auto half = bytes / 2; // in it for sure, also where another thread uses its part
        const bool distinct = level <= mostCacheLevels && half > below;
        below = bytes;
        if (!distinct)
            continue;
        Team walker({cpu});
        const PointerChase chase(walker, half, {}, context.stop);
        if (stopRequested(context.stop))
            return stoppedEarly();
        const auto end = walk(context, reporter, chase, cpu, seconds, "latency_l" + std::to_string(level), "cpu/" + std::to_string(cpu),
                              {{"cache_bytes", std::to_string(bytes)}});
        if (end.status != StepStatus::Completed)
            return end;
    }
    return CheckResult::completed();
}

CheckResult HostMemoryLatency::walkPairs(const CheckContext &context, Reporter &reporter, NumaSurvey &survey, const Asked &asked) const
{
    std::unique_ptr<PointerChase> chase;
    int laidFor = -1;
    ChasePlan plan;
    for (const auto &pair : survey.pairs()) {
        if (stopRequested(context.stop))
            return stoppedEarly();
        const int cpu = pair.cpus.back(); // not the first, which serves most interrupts
        if (!chase || laidFor != pair.memoryNode) {
            chase.reset();
            plan = planChase({lastLevelCacheBytes(context.sysroot, {cpu}), survey.availableOn(pair.memoryNode),
                              survey.limits().memoryHeadroom, asked.mostBytes});
            if (plan.bytes == 0) {
                survey.leaveOut(pair.subject(), "there is no room for a buffer on NUMA node " + std::to_string(pair.memoryNode));
                continue;
            }
            Team layers(pair.cpus);
            chase = std::make_unique<PointerChase>(layers, plan.bytes, pair.memoryNode, context.stop);
            if (stopRequested(context.stop))
                return stoppedEarly();
            laidFor = pair.memoryNode;
            if (m_tamper)
                m_tamper(*chase);
        }
        const double share = pagesOnNode(chase->memory().data(), chase->memory().bytes(), pair.memoryNode);
        if (!survey.placed(pair, chase->memory().placing(), share))
            continue;
        auto end = walk(context, reporter, *chase, cpu, asked.seconds, pair.local() ? "latency_local" : "latency_remote", pair.subject(),
                        {{"size_bound", plan.bound},
                         {"cache_resident", plan.cacheResident ? "possible" : "no"},
                         {"distance", pair.distance > 0 ? std::to_string(pair.distance) : "unknown"},
                         {"on_node", placedText(share)}});
        if (end.status != StepStatus::Completed)
            return end;
        survey.measured();
    }
    return survey.result();
}

CheckResult HostMemoryLatency::walk(const CheckContext &context, const Reporter &reporter, const PointerChase &chase, int cpu,
                                    double seconds, const std::string &metric, const std::string &subject,
                                    protocol::Parameters parameters) const
{
    Team walker({cpu});
    StoppingRule rule;
    rule.budgetSeconds = seconds;
    const auto result = chase.walk(walker, rule, context.stop);
    if (!result.wrong.empty()) {
        reporter.event(protocol::Severity::Error, "memory.miscompare", subject, subject + ": " + result.wrong + ".");
        return CheckResult::failed(subject + ": " + result.wrong);
    }
    if (stopRequested(context.stop))
        return stoppedEarly();
    parameters.insert({{"buffer_bytes", std::to_string(chase.memory().bytes())},
                       {"pages", pagesInUse(context.sysroot, chase.memory().bytes())},
                       {"cpu", std::to_string(cpu)},
                       {"pinned", walker.pinned() ? "yes" : "no"},
                       {"loads", std::to_string(result.loads)},
                       {"disturbed", std::to_string(result.disturbed)},
                       {"cpu_share_least", numberText(result.leastShare)},
                       {"stopped_by", std::string(result.stoppedBy)},
                       {"verified", "yes"}});
    reporter.measured(metric, protocol::Unit::Nanoseconds, subject, result.nanoseconds, std::move(parameters));
    return CheckResult::completed();
}

} // namespace seatrial::engine
