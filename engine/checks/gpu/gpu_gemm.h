// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/gpu/gpu_check.h"

namespace seatrial::engine {

/// How fast each GPU multiplies matrices, and what its clock does meanwhile.
class GpuGemm : public GpuCheck
{
public:
    std::string_view id() const override { return "gpu.gemm"; }
    std::string_view summary() const override { return "Matrix multiplication in the precisions of the model, random operands"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    CheckResult load(const CheckContext &context) const override;
};

} // namespace seatrial::engine
