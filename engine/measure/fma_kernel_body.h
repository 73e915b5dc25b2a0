// SPDX-License-Identifier: Apache-2.0
// x = x * x + c over many chains at once, a fused multiply-add each, over a type Vector that the including file defines for its
// instruction set. With c = -1.99 every x stays within ±1.997 and the map is chaotic: a wrong bit grows, unless it is
// one of the last few and rounding swallows it at once. So many chains as registers hold, because each step waits four cycles
// for the one before.
#pragma once

#include "engine/measure/spread_bits.h"

namespace {

template<std::uint32_t vectors>
std::uint64_t burnFma(std::uint32_t seed)
{
    using namespace seatrial::engine;
    constexpr std::uint32_t groupLanes = vectors * Vector::width;
    static_assert(fmaLanes % groupLanes == 0);
    alignas(64) double lanes[fmaLanes];
    for (std::uint32_t lane = 0; lane < fmaLanes; ++lane)
        lanes[lane] = double((spreadBits(seed * fmaLanes + lane) >> 12) | 1) * 0x1p-52;
    const auto shift = Vector::all(-1.99);
    for (std::uint32_t first = 0; first < fmaLanes; first += groupLanes) {
        typename Vector::Register x[vectors];
        for (std::uint32_t v = 0; v < vectors; ++v)
            x[v] = Vector::load(lanes + first + v * Vector::width);
        for (std::uint32_t round = 0; round < fmaRounds; ++round) {
#pragma GCC unroll 16
            for (std::uint32_t v = 0; v < vectors; ++v)
                x[v] = Vector::fma(x[v], x[v], shift);
        }
        for (std::uint32_t v = 0; v < vectors; ++v)
            Vector::store(lanes + first + v * Vector::width, x[v]);
    }
    std::uint64_t result = seed;
    for (const double lane : lanes)
        result = spreadBits(result ^ __builtin_bit_cast(std::uint64_t, lane));
    return result;
}

} // namespace
