// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/machine.h"
#include "engine/simulate/profile.h"

#include <filesystem>
#include <memory>
#include <string>

namespace seatrial::engine::simulate {

/// A node without hardware, as @p profile describes it. What happens to it is kept in @p folder, which all processes of a run
/// share and which must exist: its state and its /proc and /sys. Without a folder it lives in this process and its children,
/// and has no such tree. nullptr with the reason in @p error.
std::unique_ptr<Machine> simulatedMachine(const Profile &profile, const std::filesystem::path &folder, std::string &error);

} // namespace seatrial::engine::simulate
