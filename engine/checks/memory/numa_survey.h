// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/check.h"
#include "engine/checks/reporter.h"
#include "engine/measure/cgroup.h"
#include "engine/measure/mapped_memory.h"
#include "engine/measure/numa.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::engine {

/// What a check of memory by NUMA node needs to know of this machine, and what it says of nodes it could not measure.
class NumaSurvey
{
public:
    NumaSurvey(const CheckContext &context, Reporter &reporter);

    const std::vector<NumaPair> &pairs() const { return m_plan.pairs; }
    const CgroupLimits &limits() const { return m_limits; }
    /// Bytes that may be asked of a node at all: what is free there, and in the whole machine.
    std::uint64_t availableOn(int node) const;

    /// Whether memory lies where it was asked for, @p share of it by the kernel's word; if not, that is told and the pair left out.
    bool placed(const NumaPair &pair, const std::string &placing, double share);
    /// Tells that a pair was left out.
    void leaveOut(const std::string &subject, const std::string &why);
    void measured() { ++m_measured; }

    /// Completed if anything was measured, else not permitted, with what stood against it.
    CheckResult result() const;

private:
    const CheckContext &m_context;
    Reporter &m_reporter;
    CgroupLimits m_limits;
    NumaPlan m_plan;
    std::map<int, std::uint64_t> m_free;
    std::size_t m_nodes = 0;
    std::size_t m_measured = 0;
    std::string m_firstProblem;
};

/// Size of a buffer to chase pointers through.
struct ChaseFacts {
    std::uint64_t cacheBytes = 0;     ///< last-level cache of the CPU; 0 if unknown
    std::uint64_t availableBytes = 0; ///< on the node
    std::optional<std::uint64_t> cgroupHeadroom;
    std::uint64_t mostBytes = 0;
};
struct ChasePlan {
    std::uint64_t bytes = 0;  ///< whole pages; 0 if there is no room
    std::string bound;        ///< "cache", "memory", "cgroup" or "parameter"
    bool cacheResident = false; ///< less than twice the cache: the figure may be the cache's
};
/// 4 × last-level cache, at most a quarter of what is available and half of what the control group leaves.
ChasePlan planChase(const ChaseFacts &facts);

} // namespace seatrial::engine
