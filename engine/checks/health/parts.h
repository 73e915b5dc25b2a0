// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/reporter.h"

#include <filesystem>

namespace seatrial::engine {

/// What the node is made of, beside the board, PCI devices and network interfaces: CPUs by socket, memory, disks.
void reportParts(const Reporter &reporter, const std::filesystem::path &sysroot);

} // namespace seatrial::engine
