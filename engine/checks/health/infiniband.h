// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/health/waivers.h"
#include "engine/checks/reporter.h"

#include <filesystem>

namespace seatrial::engine {

/// InfiniBand and RoCE adapters (GUID, model, firmware) and their ports: state, rate, lanes, and the counters of links that went
/// down, sent damaged symbols or lost packets.
void reportInfiniband(const Reporter &reporter, const std::filesystem::path &sysroot, Waivers &waivers);

} // namespace seatrial::engine
