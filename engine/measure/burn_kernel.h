// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace seatrial::engine {

constexpr std::uint32_t burnSeeds = 8;
constexpr std::uint32_t burnLanes = 32;
constexpr std::uint32_t burnRounds = 4096;

/// A fixed amount of arithmetic whose result is known to the bit. Per lane a chaotic map (a wrong bit never fades but
/// grows), a square root, a division and a rolling hash; beside them a 64-bit multiplication. Only IEEE operations that
/// round correctly (+ - * / sqrt, none fused) and integers, so every CPU must come to the same 64 bits.
struct BurnKernel {
    std::string_view name;                  ///< "avx512": the widest units are the ones to test
    std::uint64_t (*run)(std::uint32_t seed); ///< seed below burnSeeds
};

/// What BurnKernel::run must return, by seed. A test computes them anew in a plain, slow way.
extern const std::array<std::uint64_t, burnSeeds> burnGolden;

/// Those this CPU can run, the widest last.
const std::vector<BurnKernel> &supportedBurnKernels();

} // namespace seatrial::engine
