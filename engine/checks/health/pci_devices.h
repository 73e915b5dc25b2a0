// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/health/pci_errors.h"
#include "engine/checks/reporter.h"

#include <filesystem>

namespace seatrial::engine {

/// Network, 3D, display and accelerator devices and NVMe controllers (not bridges): width and speed of their PCIe link
/// beside what device and slot are able to. The devices found.
std::vector<PciDevice> reportPciDevices(const Reporter &reporter, const std::filesystem::path &sysroot);

/// Width and speed of the link of one device, @p folder in sysfs, now and at most; what its slot is able to as parameters.
void reportPciLink(const Reporter &reporter, const std::filesystem::path &folder, const std::string &subject, protocol::Parameters parameters);

} // namespace seatrial::engine
