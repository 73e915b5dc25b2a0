// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/load_check.h"

namespace seatrial::engine {

/// A check that gives work to GPUs. Where there are none it is waived at once, before a driver is opened.
class GpuCheck : public LoadCheck
{
protected:
    bool loadsDevices() const final { return true; }
    std::optional<CheckResult> absence(const CheckContext &context) const final;
};

} // namespace seatrial::engine
