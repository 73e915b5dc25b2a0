// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/check.h"

namespace seatrial::engine {

/// What the GPUs of a node say about themselves without being given work: identity, errors, links, sensors, what the driver
/// logged of them, who else uses them. Run before and after the others (phase), the counters show what the load brought up.
class GpuHealth : public Check
{
public:
    std::string_view id() const override { return "gpu.health"; }
    std::string_view summary() const override { return "GPUs: identity, memory errors, row remaps, PCIe and NVLink, clocks, power, Xids"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;
    bool loads() const override { return false; }
    CheckResult run(const CheckContext &context) const override;
};

} // namespace seatrial::engine
