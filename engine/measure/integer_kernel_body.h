// SPDX-License-Identifier: Apache-2.0
// Chains of multiply, add, rotate, exclusive-or: 32 bits wide in vectors that the compiler makes of what the instruction set has,
// and 64 bits wide in the scalar units beside them. Every step can be undone, so a wrong bit never fades.
#pragma once

#include "engine/measure/spread_bits.h"

namespace {

std::uint64_t burnIntegers(std::uint32_t seed)
{
    using namespace seatrial::engine;
    using Vector = std::uint32_t __attribute__((vector_size(64)));
    constexpr std::uint32_t width = 16, vectors = integerLanes / width;
    Vector lanes[vectors];
    std::uint64_t chains[integerChains];
    for (std::uint32_t lane = 0; lane < integerLanes; ++lane)
        lanes[lane / width][lane % width] = std::uint32_t(spreadBits(seed * integerLanes + lane));
    for (std::uint32_t chain = 0; chain < integerChains; ++chain)
        chains[chain] = spreadBits(~std::uint64_t(seed * integerChains + chain));
    for (std::uint32_t round = 0; round < integerRounds; ++round) {
#pragma GCC unroll 4
        for (std::uint32_t v = 0; v < vectors; ++v) {
            Vector x = lanes[v] * 0x9e3779b1u + round;
            x = (x << 13) | (x >> 19);
            lanes[v] = x ^ 0x85ebca77u;
        }
#pragma GCC unroll 4
        for (std::uint32_t chain = 0; chain < integerChains; ++chain) {
            std::uint64_t x = chains[chain] * 0x9e3779b97f4a7c15ull + round;
            x = (x << 23) | (x >> 41);
            chains[chain] = x ^ 0xd6e8feb86659fd93ull;
        }
    }
    std::uint64_t result = seed;
    for (std::uint32_t lane = 0; lane < integerLanes; ++lane)
        result = spreadBits(result ^ lanes[lane / width][lane % width]);
    for (const auto chain : chains)
        result = spreadBits(result ^ chain);
    return result;
}

} // namespace
