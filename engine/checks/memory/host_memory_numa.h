// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/load_check.h"

namespace seatrial::engine {

class NumaSurvey;
class Reporter;
struct NumaPair;

/// Memory bandwidth from the CPUs of each NUMA node to the memory of each, one pair at a time: a slow link between sockets or a
/// missing memory channel shows, and where it is.
class HostMemoryNuma : public LoadCheck
{
public:
    std::string_view id() const override { return "host.memory_numa"; }
    std::string_view summary() const override { return "Memory bandwidth (triad, read) of each NUMA pair, results verified"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    CheckResult load(const CheckContext &context) const override;

private:
    CheckResult pair(const CheckContext &context, const Reporter &reporter, NumaSurvey &survey, const NumaPair &pair, double seconds,
                     std::uint64_t askedBytes) const;
};

} // namespace seatrial::engine
