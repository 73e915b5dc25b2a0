// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace seatrial::engine {

/// What the control groups (version 1 or 2) of this process allow it. Nothing where no limit holds.
struct CgroupLimits {
    std::optional<std::uint64_t> memoryHeadroom; ///< bytes until the tightest limit, page cache that can go counted as free
    std::optional<double> cpus;                  ///< CPU quota in cores: 2.5
    std::optional<std::int64_t> throttledPeriods; ///< periods in which the quota held us back, ever
};

CgroupLimits readCgroupLimits(const std::filesystem::path &sysroot);

} // namespace seatrial::engine
