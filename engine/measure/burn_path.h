// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/unit.h"
#include "engine/measure/burn_kernel.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace seatrial::engine {

constexpr std::uint32_t fmaLanes = 96;      ///< chains of x = x * x + c in doubles, fused: one rounding
constexpr std::uint32_t fmaRounds = 16384;
constexpr std::uint32_t integerLanes = 64;  ///< 32-bit chains, in vectors
constexpr std::uint32_t integerChains = 4;  ///< 64-bit chains beside them
constexpr std::uint32_t integerRounds = 8192;
constexpr std::uint32_t aesBlocks = 16;     ///< chains of AES-128, each block encrypted again and again
constexpr std::uint32_t aesRepeats = 1024;

/// One part of a core that a burn exercises, with what its fixed portion of work is in figures that people know.
struct BurnPath {
    std::string_view name;        ///< "mixed", "fma", "integer", "aes"
    std::string_view stem;        ///< "burn_": burn_rate, burn_share, burn_spread
    protocol::Unit unit = protocol::Unit::OperationsPerSecond;
    double workPerIteration = 1;  ///< in the unit, times seconds
    std::string_view counts;      ///< what the figure counts
    const std::array<std::uint64_t, burnSeeds> *golden = nullptr;
    std::optional<BurnKernel> kernel; ///< the widest that this CPU can run; none: it has no such instructions
};

/// All paths, "mixed" first.
const std::vector<BurnPath> &burnPaths();
const BurnPath *findBurnPath(std::string_view name);

/// What the kernels of a path must return, by seed. A test computes them anew in a plain, slow way.
extern const std::array<std::uint64_t, burnSeeds> fmaGolden;
extern const std::array<std::uint64_t, burnSeeds> integerGolden;
extern const std::array<std::uint64_t, burnSeeds> aesGolden;

/// Those this CPU can run, the widest last; may be empty.
const std::vector<BurnKernel> &supportedFmaKernels();
const std::vector<BurnKernel> &supportedIntegerKernels();
const std::vector<BurnKernel> &supportedAesKernels();

} // namespace seatrial::engine
