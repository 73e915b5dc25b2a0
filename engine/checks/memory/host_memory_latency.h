// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/load_check.h"

#include <functional>

namespace seatrial::engine {

class NumaSurvey;
class Options;
class PointerChase;
class Reporter;
struct NumaPair;

/// How long one load takes that waits for the one before: a pointer chase from the CPUs of each NUMA node through the memory of
/// each, and through the caches of one CPU.
class HostMemoryLatency : public LoadCheck
{
public:
    /// Sees a cycle before it is walked; a test breaks it there.
    using Tamper = std::function<void(PointerChase &chase)>;

    explicit HostMemoryLatency(Tamper tamper = {}) : m_tamper(std::move(tamper)) {}

    std::string_view id() const override { return "host.memory_latency"; }
    std::string_view summary() const override { return "Memory latency (pointer chase) of each NUMA pair, and of the caches"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    CheckResult load(const CheckContext &context) const override;

private:
    struct Asked;
    static Asked read(Options &options);
    CheckResult walkPairs(const CheckContext &context, Reporter &reporter, NumaSurvey &survey, const Asked &asked) const;
    CheckResult walk(const CheckContext &context, const Reporter &reporter, const PointerChase &chase, int cpu, double seconds,
                     const std::string &metric, const std::string &subject, protocol::Parameters parameters) const;
    CheckResult walkCaches(const CheckContext &context, const Reporter &reporter, int cpu, double seconds) const;

    Tamper m_tamper;
};

} // namespace seatrial::engine
