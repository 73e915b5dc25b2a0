// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/health/waivers.h"
#include "engine/checks/reporter.h"

#include <filesystem>

namespace seatrial::engine {

/// Ports of InfiniBand and RoCE adapters: state, rate, and the counters of links that went down or sent damaged symbols.
void reportInfiniband(const Reporter &reporter, const std::filesystem::path &sysroot, Waivers &waivers);

} // namespace seatrial::engine
