// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/measure/samples.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::engine {

/// Clock of each CPU in MHz as the kernel tells it now.
struct ClockReading {
    std::map<int, double> megahertz; ///< by CPU; empty if nothing could be read
    std::string source;              ///< "cpufreq" or "cpuinfo"
};

ClockReading readClocks(const std::filesystem::path &sysroot, const std::vector<int> &cpus);

/// Thermal throttle events since boot, summed over @p cpus; nothing where the kernel does not count them.
std::optional<std::int64_t> readThrottleEvents(const std::filesystem::path &sysroot, const std::vector<int> &cpus);

} // namespace seatrial::engine
