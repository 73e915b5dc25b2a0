// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/measure/burn_path.h"
#include "engine/measure/samples.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

namespace seatrial::engine {

/// Computes the burn for @p seed on the CPU it is called on.
using BurnFunction = std::function<std::uint64_t(int cpu, std::uint32_t seed)>;

/// What one CPU did.
struct BurnOutcome {
    int cpu = 0;
    bool pinned = false;
    std::uint64_t iterations = 0;
    Samples rate;  ///< work by second of CPU time in the unit of the path, in slices of 100 ms
    Samples share; ///< of the time of these slices, in which the CPU was ours, 0 … 1
    std::uint64_t mismatches = 0;
    std::uint64_t wrongIteration = 0; ///< the first that was wrong, from 1
    std::uint32_t wrongSeed = 0;
    std::uint64_t expected = 0;
    std::uint64_t got = 0;
};

/// The rate is by CPU time: who shares the CPU with others, or may use it a part of the time only, is not slower for
/// it, and that part is told as the share. A CPU that has slowed its clock is slower.
///
/// Burns @p path on all @p cpus at the same time for @p seconds, the first @p warmupSeconds of which are verified but not rated.
/// @p halfway is called once from the calling thread in the middle.
std::vector<BurnOutcome> burnAll(const std::vector<int> &cpus, const BurnPath &path, double seconds, double warmupSeconds,
                                 const BurnFunction &burn, const std::function<void()> &halfway, const std::atomic<bool> *stop);

} // namespace seatrial::engine
