// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/gpu/gpu_check.h"

namespace seatrial::engine {

/// Bandwidth between each GPU and pinned memory of its own NUMA node.
class GpuHostLink : public GpuCheck
{
public:
    std::string_view id() const override { return "gpu.host_link"; }
    std::string_view summary() const override { return "Host to GPU, GPU to host, both at once; pinned memory near the GPU, contents verified"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    CheckResult load(const CheckContext &context) const override;
};

} // namespace seatrial::engine
