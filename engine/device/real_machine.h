// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/machine.h"

#include <filesystem>
#include <memory>

namespace seatrial::engine {

/// The machine that this process runs on. Opens no library before it is asked something. @p sysroot is where /proc and /sys are read.
std::unique_ptr<Machine> realMachine(const std::filesystem::path &sysroot = "/");

} // namespace seatrial::engine
