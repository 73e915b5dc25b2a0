// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/memory/host_memory_pattern.h"

#include "engine/checks/options.h"
#include "engine/checks/reporter.h"
#include "engine/measure/cgroup.h"
#include "engine/measure/cpus.h"
#include "engine/measure/numa.h"
#include "engine/measure/random_seed.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <limits>

#include <fcntl.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

using protocol::Unit;

constexpr std::uint64_t hugePage = 2 << 20;
constexpr std::uint64_t leastFloor = 256ull << 20;
constexpr std::size_t leastSweeps = 2; ///< written and read back once

/// Should memory run out after all, the kernel shall end this test and nobody else's work. Everybody may ask for that.
void volunteerForTheOomKiller()
{
    const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    if (write(file, "1000", 4) != 4) {
        // Then the kernel chooses by size, and the floor below stands between.
    }
    close(file);
}

PatternFacts gatherFacts(const CheckContext &context, const CgroupLimits &limits, const std::vector<int> &cpus)
{
    PatternFacts facts;
    facts.totalBytes = meminfoBytes(context.sysroot, "MemTotal");
    facts.availableBytes = meminfoBytes(context.sysroot, "MemAvailable");
    facts.cgroupHeadroom = limits.memoryHeadroom;
    for (const auto &node : readNumaNodes(context.sysroot, cpus)) {
        const bool ours = std::any_of(node.cpus.begin(), node.cpus.end(), [&](int cpu) { return std::count(cpus.begin(), cpus.end(), cpu) > 0; });
        if (ours) // memory of GPUs or behind CXL is a node without CPUs: not what is meant here
            facts.freeOnOurNodes += node.freeBytes;
    }
    return facts;
}

void reportWrong(const Reporter &reporter, const PatternRun::Result &result)
{
    for (const auto &wrong : result.miscompares) {
        const auto subject = wrong.numaNode >= 0 ? "numa/" + std::to_string(wrong.numaNode) : std::string("node");
        reporter.event(protocol::Severity::Error, "memory.miscompare", subject, wrong.describe() + ".",
                       {{"virtual_address", hexText(wrong.virtualAddress)},
                        {"physical_address", wrong.physicalAddress ? hexText(*wrong.physicalAddress) : "not permitted"},
                        {"offset", std::to_string(wrong.offset)},
                        {"expected", hexText(wrong.expected)},
                        {"found", hexText(wrong.found)},
                        {"flipped", hexText(wrong.expected ^ wrong.found)},
                        {"pattern", wrong.pattern},
                        {"cpu", std::to_string(wrong.cpu)}});
    }
    if (result.wrongWords > result.miscompares.size())
        reporter.event(protocol::Severity::Error, "memory.miscompares", "node",
                       std::to_string(result.wrongWords) + " words were wrong, of which the first " + std::to_string(result.miscompares.size())
                           + " are told.");
}

CheckResult conclude(const PatternRun::Result &result, const PatternPlan &plan)
{
    if (!result.miscompares.empty()) {
        const auto more = result.wrongWords - 1;
        return CheckResult::failed(result.miscompares.front().describe()
                                   + (more > 0 ? "; " + std::to_string(more) + " more words were wrong" : ""));
    }
    if (result.stoppedBy == "request")
        return stoppedEarly();
    if (result.stoppedBy == "memory")
        return CheckResult::error("memory ran short: less than " + std::to_string(plan.floorBytes)
                                  + " bytes were available to everybody, so the test let go of its own");
    if (result.sweeps < leastSweeps)
        return CheckResult::error(std::to_string(plan.bytes) + " bytes could not be written and read back once in the time given; ask for a "
                                  "smaller share or more seconds");
    return CheckResult::completed();
}

struct Asked {
    double share = 0;
    std::uint64_t mostBytes = 0;
    double seconds = 0;
    std::size_t rounds = 0;
};

Asked read(Options &options)
{
    Asked asked;
    asked.share = options.number("share", 0.5, 0.01, 0.9);
    asked.mostBytes = std::uint64_t(options.integer("max_bytes", 0, 0, std::int64_t(1) << 50));
    asked.seconds = options.number("seconds", 60, 0.1, 604800);
    asked.rounds = std::size_t(options.integer("rounds", 1, 1, 1'000'000));
    return asked;
}

} // namespace

PatternPlan planPattern(const PatternFacts &facts)
{
    PatternPlan plan;
    plan.floorBytes = std::max(facts.totalBytes / 20, leastFloor);
    plan.bytes = std::numeric_limits<std::uint64_t>::max();
    const auto limit = [&](std::uint64_t bytes, const char *bound) {
        if (bytes >= plan.bytes)
            return;
        plan.bytes = bytes;
        plan.bound = bound;
    };
    const auto shareOf = [&](std::uint64_t bytes) { return std::uint64_t(facts.share * double(bytes)); };
    limit(shareOf(facts.availableBytes), "share");
    limit(facts.availableBytes > plan.floorBytes ? facts.availableBytes - plan.floorBytes : 0, "floor");
    limit(shareOf(facts.freeOnOurNodes), "nodes");
    if (facts.cgroupHeadroom)
        limit(shareOf(*facts.cgroupHeadroom), "cgroup");
    if (facts.mostBytes > 0)
        limit(facts.mostBytes, "parameter");
    plan.bytes -= plan.bytes % hugePage;
    if (plan.bytes == 0)
        plan.problem = "there is no room to test: " + std::to_string(facts.availableBytes) + " bytes of memory are available, "
            + std::to_string(plan.floorBytes) + " must stay so"
            + (facts.cgroupHeadroom ? ", " + std::to_string(*facts.cgroupHeadroom) + " bytes are left by the control group" : "");
    return plan;
}

std::vector<std::string> HostMemoryPattern::parameterHelp() const
{
    return {"share=0.5 (of the memory that is available, from 0.01 to 0.9; a twentieth of all memory stays free)",
            "max_bytes=0 (upper bound, bytes; 0: none)", "seconds=60 (longest time, s)",
            "rounds=1 (of all patterns, each with random words of its own)"};
}

std::string HostMemoryPattern::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    read(options);
    return options.problem();
}

CheckResult HostMemoryPattern::load(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto asked = read(options);
    const double seconds = std::min(asked.seconds, context.deadlineSeconds * 0.8);
    if (options.bad())
        return CheckResult::error(options.problem());

    const auto limits = readCgroupLimits(context.sysroot);
    const auto cpus = cpusWithinQuota(allowedCpus(), limits.cpus);
    auto facts = gatherFacts(context, limits, cpus);
    facts.share = asked.share;
    facts.mostBytes = asked.mostBytes;
    const auto plan = planPattern(facts);
    if (!plan.problem.empty())
        return CheckResult::error(plan.problem);

    volunteerForTheOomKiller();
    Team team(cpus);
    PatternRun run(team, plan.bytes, context.sysroot, plan.floorBytes);
    const bool locked = run.lock();
    const auto result = run.run(randomSeed(), asked.rounds, seconds, context.stop, m_tamper);

    Reporter reporter(context, id());
    reporter.share("bytes", std::to_string(plan.bytes));
    reporter.share("size_bound", plan.bound);
    reporter.share("threads", std::to_string(team.size()));
    reporter.share("pages", pagesInUse(context.sysroot, plan.bytes));
    reporter.share("locked", locked ? "yes" : "no, the limit of locked memory forbids it");
    reporter.share("rounds", std::to_string(result.rounds));
    reporter.share("sweeps_of_a_round", std::to_string(patternRound(0).size()));
    reporter.share("stopped_by", std::string(result.stoppedBy));
    reportWrong(reporter, result);
    const auto end = conclude(result, plan);
    if (end.status == protocol::StepStatus::Error)
        return end;
    reporter.read("pattern_bytes", Unit::Bytes, "node", double(plan.bytes));
    if (facts.totalBytes > 0)
        reporter.read("pattern_share", Unit::None, "node", double(plan.bytes) / double(facts.totalBytes));
    reporter.read("pattern_sweeps", Unit::Count, "node", double(result.sweeps));
    reporter.read("pattern_miscompares", Unit::Count, "node", double(result.wrongWords));
    if (result.seconds > 0)
        reporter.read("pattern_rate", Unit::GigabytesPerSecond, "node", double(result.bytesMoved) * 1e-9 / result.seconds);
    return end;
}

} // namespace seatrial::engine
