// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/cpu/burn.h"
#include "engine/checks/load_check.h"

namespace seatrial::engine {

/// Burns all cores at once with arithmetic whose results are known to the bit. Finds cores that compute wrongly, and
/// cores that are slow beside their neighbours. Its rate is by CPU time (what others leave us is told as burn_share); it
/// counts fixed portions of mixed arithmetic and is no flop rate.
class HostCpu : public LoadCheck
{
public:
    explicit HostCpu(BurnFunction burn = {}); ///< a test hands in one that errs

    std::string_view id() const override { return "host.cpu"; }
    std::string_view summary() const override { return "CPU burn on every core with bit-exact results, rates, clocks, throttling"; }
    std::vector<std::string> parameterHelp() const override;

protected:
    CheckResult load(const CheckContext &context) const override;

private:
    BurnFunction m_burn;
};

} // namespace seatrial::engine
