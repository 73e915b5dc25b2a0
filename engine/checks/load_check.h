// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/check.h"

namespace seatrial::engine {

/// A check that draws so much that others would notice. It cannot forget to look for their work first. On a simulated machine
/// nobody is disturbed, and what runs this process says nothing of the node: only what loads devices of the machine goes on.
class LoadCheck : public Check
{
public:
    bool loads() const final { return true; }
    /// Refuses (waived, not permitted) where others compute or another run measures, unless a person allowed it; then load().
    CheckResult run(const CheckContext &context) const final;

protected:
    /// It loads GPUs or adapters by context.machine, not the processors, memory, disks and network of whatever runs this process.
    virtual bool loadsDevices() const { return false; }
    virtual CheckResult load(const CheckContext &context) const = 0;
};

/// What every check says when it was told to stop before it was done.
CheckResult stoppedEarly();

} // namespace seatrial::engine
