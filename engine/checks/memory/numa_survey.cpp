// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/memory/numa_survey.h"

#include "engine/measure/cpus.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <cmath>

namespace seatrial::engine {

namespace {

constexpr std::uint64_t assumedCacheBytes = 32ull << 20;
constexpr std::uint64_t pageBytes = 4096;
constexpr double leastPlaced = 0.95;

} // namespace

NumaSurvey::NumaSurvey(const CheckContext &context, Reporter &reporter)
    : m_context(context), m_reporter(reporter), m_limits(readCgroupLimits(context.sysroot))
{
    const auto cpus = allowedCpus();
    const auto nodes = readNumaNodes(context.sysroot, cpus);
    m_nodes = nodes.size();
    for (const auto &node : nodes)
        m_free[node.id] = node.freeBytes;
    m_plan = planNumaPairs(nodes, cpus, allowedMemoryNodes(context.sysroot));
    reporter.share("numa_nodes", std::to_string(m_nodes));
    for (const auto &refusal : m_plan.refusals)
        leaveOut("node", refusal);
}

std::uint64_t NumaSurvey::availableOn(int node) const
{
    const auto found = m_free.find(node);
    return std::min(found == m_free.end() ? 0 : found->second, meminfoBytes(m_context.sysroot, "MemAvailable"));
}

void NumaSurvey::leaveOut(const std::string &subject, const std::string &why)
{
    if (m_firstProblem.empty())
        m_firstProblem = why;
    m_reporter.event(protocol::Severity::Warning, "numa.left_out", subject, "Not measured: " + why + ".");
}

bool NumaSurvey::placed(const NumaPair &pair, const std::string &placing, double share)
{
    if (m_nodes == 1 || share >= leastPlaced) // of one node, wherever it lies, it lies there
        return true;
    if (!placing.empty() && share < 0 && pair.local()) // memory comes from the node of whoever touches it first
        return true;
    if (!placing.empty()) {
        leaveOut(pair.subject(), placing);
        return false;
    }
    if (share >= 0) {
        leaveOut(pair.subject(), "only " + std::to_string(std::lround(share * 100)) + " % of the memory came from NUMA node "
                                     + std::to_string(pair.memoryNode) + ", which has no more to give");
        return false;
    }
    return true;
}

CheckResult NumaSurvey::result() const
{
    if (m_measured > 0)
        return CheckResult::completed();
    return CheckResult::notPermitted("no pair of CPUs and memory can be measured: "
                                     + (m_firstProblem.empty() ? std::string("the kernel shows no NUMA node with memory") : m_firstProblem));
}

ChasePlan planChase(const ChaseFacts &facts)
{
    ChasePlan plan;
    const auto cache = facts.cacheBytes > 0 ? facts.cacheBytes : assumedCacheBytes;
    plan.bytes = 4 * cache;
    plan.bound = "cache";
    const auto limit = [&](std::uint64_t bytes, const char *bound) {
        if (bytes >= plan.bytes)
            return;
        plan.bytes = bytes;
        plan.bound = bound;
    };
    limit(facts.availableBytes / 4, "memory");
    if (facts.cgroupHeadroom)
        limit(*facts.cgroupHeadroom / 2, "cgroup");
    limit(facts.mostBytes, "parameter");
    plan.bytes -= plan.bytes % pageBytes;
    plan.cacheResident = plan.bytes < 2 * cache;
    return plan;
}

} // namespace seatrial::engine
