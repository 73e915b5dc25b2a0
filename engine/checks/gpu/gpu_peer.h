// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/gpu/gpu_check.h"

namespace seatrial::engine {

/// Bandwidth from each GPU to each other one, directly or through the host.
class GpuPeer : public GpuCheck
{
public:
    std::string_view id() const override { return "gpu.peer"; }
    std::string_view summary() const override { return "Each pair of GPUs in both directions, disjoint pairs side by side; contents verified"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    CheckResult load(const CheckContext &context) const override;
};

} // namespace seatrial::engine
