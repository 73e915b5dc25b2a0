// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/reporter.h"

#include <filesystem>

namespace seatrial::engine {

/// Memory, CPU count, thermal throttling by socket.
void reportSystemState(const Reporter &reporter, const std::filesystem::path &sysroot);
/// Event "versions": kernel, libc, BIOS, boot, driver versions, what the node was started with.
void reportVersions(const Reporter &reporter, const std::filesystem::path &sysroot);

} // namespace seatrial::engine
