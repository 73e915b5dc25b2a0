// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/outcome.h"

#include <filesystem>
#include <optional>

namespace seatrial::engine {

/// Why a driver of this machine is not asked: @p sysroot, where /proc and /sys are read, is not this machine's own but a recorded tree, and
/// what is installed here says nothing of the machine that was recorded. Nothing if it is this machine's, or if the environment
/// variable @p chosenBy names the library to ask.
std::optional<DeviceProblem> notOfThisMachine(const std::filesystem::path &sysroot, const char *chosenBy);

} // namespace seatrial::engine
