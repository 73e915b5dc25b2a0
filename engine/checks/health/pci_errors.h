// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/health/privileged_reads.h"
#include "engine/checks/health/waivers.h"
#include "engine/checks/reporter.h"

#include <string>
#include <vector>

namespace seatrial::engine {

/// A device whose own counters are reported, and what it is: "nic".
struct PciDevice {
    std::string address; ///< "0000:41:00.0"
    std::string subject; ///< "pci/0000:41:00.0"
    protocol::Parameters parameters;
};

/// PCIe errors by the devices' own counters (AER): of each of @p devices, and of all bridges and other devices together,
/// naming those that counted and what sits below them.
void reportPciErrors(const Reporter &reporter, PrivilegedReads &reads, Waivers &waivers, const std::vector<PciDevice> &devices);

} // namespace seatrial::engine
