// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/gpu/gpu_check.h"

namespace seatrial::engine {

/// All-reduce over the GPUs of a node, by size. Where it hangs, pairs say at which GPU.
class GpuCollective : public GpuCheck
{
public:
    std::string_view id() const override { return "gpu.collective"; }
    std::string_view summary() const override { return "All-reduce over the GPUs of the node; a GPU that hangs is found by smaller groups"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    CheckResult load(const CheckContext &context) const override;
};

} // namespace seatrial::engine
