// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/gpu/gpu_check.h"

namespace seatrial::engine {

/// Writes patterns over a share of each GPU's free memory and reads them back. A wrong word is told with its offset, its bits and what
/// reading it again gave.
class GpuMemoryPattern : public GpuCheck
{
public:
    std::string_view id() const override { return "gpu.memory_pattern"; }
    std::string_view summary() const override { return "GPU memory patterns over a share of free memory: the offset of a miscompare"; }
    std::vector<std::string> parameterHelp() const override;
    std::string refusal(const protocol::Parameters &parameters) const override;

protected:
    CheckResult load(const CheckContext &context) const override;
};

} // namespace seatrial::engine
