// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/check.h"

namespace seatrial::engine {

/// How GPUs, adapters, switches and processors of a node are connected, and at which width and speed.
class GpuTopology : public Check
{
public:
    std::string_view id() const override { return "gpu.topology"; }
    std::string_view summary() const override { return "how GPUs, adapters, NVSwitches and NUMA nodes are connected; PCIe width and speed, NVLinks"; }
    std::vector<std::string> parameterHelp() const override { return {}; }
    bool loads() const override { return false; }
    CheckResult run(const CheckContext &context) const override;
};

} // namespace seatrial::engine
