// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/gpu/gpu_check.h"

namespace seatrial::engine {

/// Finds the multiprocessor that calculates wrong, by comparing all with each other, within a GPU and between GPUs of one model.
class GpuArithmetic : public GpuCheck
{
public:
    std::string_view id() const override { return "gpu.arithmetic"; }
    std::string_view summary() const override { return "The same work on each multiprocessor, results compared bit by bit: the one that errs"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    CheckResult load(const CheckContext &context) const override;
};

} // namespace seatrial::engine
