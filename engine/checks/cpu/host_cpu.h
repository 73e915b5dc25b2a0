// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/cpu/burn.h"
#include "engine/checks/load_check.h"

namespace seatrial::engine {

/// Burns all cores at once with arithmetic whose results are known to the bit. Finds cores that compute wrongly, and
/// cores that are slow beside their neighbours. Its rate is by CPU time (what others leave us is told as burn_share); it
/// counts fixed portions of mixed arithmetic and is no flop rate. Paths of their own burn one part of a core each: fused
/// multiply-add, integers, AES, with rates in GFLOP/s, operations and GB/s.
class HostCpu : public LoadCheck
{
public:
    /// A test hands in one that errs, for the path that it names.
    explicit HostCpu(BurnFunction burn = {}, std::string burnOf = "mixed") : m_burn(std::move(burn)), m_burnOf(std::move(burnOf)) {}

    std::string_view id() const override { return "host.cpu"; }
    std::string_view summary() const override { return "CPU burn on every core with bit-exact results, rates, clocks, throttling"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    CheckResult load(const CheckContext &context) const override;

private:
    CheckResult burnPath(const CheckContext &context, const BurnPath &path, double seconds) const;

    BurnFunction m_burn;
    std::string m_burnOf;
};

} // namespace seatrial::engine
