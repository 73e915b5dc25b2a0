// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/memory/memory_plan.h"

namespace seatrial::engine {

namespace {

constexpr std::uint64_t arrays = 3;
constexpr std::uint64_t assumedCacheBytes = 32ull << 20;
constexpr std::uint64_t pageBytes = 4096;

} // namespace

MemoryPlan planMemory(const MemoryFacts &facts)
{
    MemoryPlan plan;
    plan.cacheAssumed = facts.lastLevelCacheBytes == 0;
    const auto cache = plan.cacheAssumed ? assumedCacheBytes : facts.lastLevelCacheBytes;
    plan.arrayBytes = 4 * cache;
    plan.bound = "cache";

    const auto limit = [&](std::uint64_t bytes, const char *bound) {
        if (bytes >= plan.arrayBytes)
            return;
        plan.arrayBytes = bytes;
        plan.bound = bound;
    };
    limit(facts.availableBytes / 4 / arrays, "memory");
    if (facts.cgroupHeadroom)
        limit(*facts.cgroupHeadroom / 2 / arrays, "cgroup");
    if (facts.askedBytes)
        limit(*facts.askedBytes, "parameter");

    const auto granularity = pageBytes * facts.threads;
    plan.arrayBytes -= plan.arrayBytes % granularity;
    plan.cacheResident = plan.arrayBytes < 2 * cache;
    return plan;
}

} // namespace seatrial::engine
