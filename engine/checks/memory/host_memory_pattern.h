// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/load_check.h"
#include "engine/checks/memory/pattern_run.h"

#include <cstdint>
#include <optional>
#include <string>

namespace seatrial::engine {

/// What a node has, as far as it decides how much memory is tested.
struct PatternFacts {
    std::uint64_t totalBytes = 0;                ///< MemTotal
    std::uint64_t availableBytes = 0;            ///< MemAvailable
    std::uint64_t freeOnOurNodes = 0;            ///< on NUMA nodes with CPUs that we use
    std::optional<std::uint64_t> cgroupHeadroom; ///< until the control group's limit
    double share = 0.5;                          ///< parameter
    std::uint64_t mostBytes = 0;                 ///< parameter max_bytes; 0: no bound
};

struct PatternPlan {
    std::uint64_t bytes = 0;      ///< whole pages of 2 MiB
    std::uint64_t floorBytes = 0; ///< the test lets go if less stays available to everybody
    std::string bound;            ///< "share", "floor", "nodes", "cgroup", "parameter"
    std::string problem;          ///< too little room, in numbers
};

/// The share of what is available, in the machine, on our NUMA nodes and in the control group; a twentieth of all memory and 256 MiB stay free.
PatternPlan planPattern(const PatternFacts &facts);

/// Writes patterns over a share of the free memory and reads them back. A wrong word is told with its address, its bits, and whether
/// it was lost in reading or in keeping.
class HostMemoryPattern : public LoadCheck
{
public:
    explicit HostMemoryPattern(PatternTamper tamper = {}) : m_tamper(std::move(tamper)) {}

    std::string_view id() const override { return "host.memory_pattern"; }
    std::string_view summary() const override { return "Memory patterns over a share of free memory: the address of a miscompare"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    CheckResult load(const CheckContext &context) const override;

private:
    PatternTamper m_tamper;
};

} // namespace seatrial::engine
