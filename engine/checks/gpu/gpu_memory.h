// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/gpu/gpu_check.h"

namespace seatrial::engine {

/// Bandwidth of each GPU's own memory: read, write, copy, scale, add, triad.
class GpuMemory : public GpuCheck
{
public:
    std::string_view id() const override { return "gpu.memory"; }
    std::string_view summary() const override { return "GPU memory bandwidth: read, write, copy, scale, add, triad; contents verified"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    CheckResult load(const CheckContext &context) const override;
};

} // namespace seatrial::engine
