// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace seatrial::engine {

/// What a node has, as far as it decides the size of the arrays.
struct MemoryFacts {
    std::uint64_t lastLevelCacheBytes = 0;          ///< of all CPUs used; 0 if unknown
    std::uint64_t availableBytes = 0;               ///< MemAvailable
    std::optional<std::uint64_t> cgroupHeadroom;    ///< bytes until the control group's limit
    std::optional<std::uint64_t> askedBytes;        ///< parameter array_bytes: an upper bound for one array
    std::size_t threads = 1;
};

/// Size of each of the three arrays: 4 × last-level cache *per array* (STREAM's rule), while all three *together* stay
/// below 25 % of available memory and 50 % of what the control group leaves.
struct MemoryPlan {
    std::uint64_t arrayBytes = 0; ///< a multiple of threads × 4096; 0 if there is no room at all
    std::string bound;            ///< which held: "cache", "memory", "cgroup" or "parameter"
    bool cacheResident = false;   ///< smaller than 2 × last-level cache: figures may be the cache's, not the memory's
    bool cacheAssumed = false;    ///< the cache could not be read, 32 MiB were assumed
};

MemoryPlan planMemory(const MemoryFacts &facts);

} // namespace seatrial::engine
