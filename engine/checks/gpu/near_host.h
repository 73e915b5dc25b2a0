// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/machine.h"

#include <optional>
#include <string>

namespace seatrial::engine {

/// Lets this process run on, and take memory from, the NUMA node of @p device from now on. What came of it, for the
/// parameter "host_memory": "NUMA node 1", "anywhere: …".
std::string settleNear(const Machine &machine, const DeviceFacts &device);

/// What a PCIe link can carry one way, from the best speed and width of both of its ends.
struct LinkCeiling {
    double gigabytesPerSecond = 0;
    double gigatransfers = 0; ///< of one lane
    int lanes = 0;
};

/// Nothing where the kernel does not tell. Not what the link runs at now: an idle GPU lowers that.
std::optional<LinkCeiling> hostLinkCeiling(const Machine &machine, const DeviceFacts &device);

} // namespace seatrial::engine
