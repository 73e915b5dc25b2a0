// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

namespace seatrial::engine {

/// CPUs this process may use by its affinity mask, ascending; never empty.
std::vector<int> allowedCpus();

/// As many of @p cpus as a quota of @p quota cores can keep busy, at least one: the first ones.
std::vector<int> cpusWithinQuota(std::vector<int> cpus, std::optional<double> quota);

/// Binds the calling thread to one CPU; false where that is not allowed.
bool pinThisThread(int cpu);

/// Bytes of last-level cache that @p cpus have together: each instance once. Zero if it cannot be read.
std::uint64_t lastLevelCacheBytes(const std::filesystem::path &sysroot, const std::vector<int> &cpus);

/// Bytes of the data caches that one CPU has or shares, by level.
std::map<int, std::uint64_t> cacheSizes(const std::filesystem::path &sysroot, int cpu);

} // namespace seatrial::engine
