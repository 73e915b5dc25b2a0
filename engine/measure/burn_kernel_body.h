// SPDX-License-Identifier: Apache-2.0
// The arithmetic of BurnKernel, compiled once per instruction set with its own options. Plain loops over lanes that
// the compiler turns into vectors; no standard headers whose inline functions could leak wide instructions.
#pragma once

#include "engine/measure/spread_bits.h"

namespace {

struct Lanes {
    alignas(64) double chaos[seatrial::engine::burnLanes];
    alignas(64) double second[seatrial::engine::burnLanes];
    alignas(64) double root[seatrial::engine::burnLanes];
    alignas(64) std::uint64_t hash[seatrial::engine::burnLanes];
};

void startLanes(Lanes &lanes, std::uint32_t seed)
{
    for (std::uint32_t lane = 0; lane < seatrial::engine::burnLanes; ++lane) {
        const auto bits = spreadBits(seed * seatrial::engine::burnLanes + lane);
        lanes.chaos[lane] = double((bits >> 12) | 1) * 0x1p-52;
        lanes.second[lane] = double((spreadBits(bits) >> 12) | 1) * 0x1p-52;
        lanes.root[lane] = 1;
        lanes.hash[lane] = bits;
    }
}

void burnRound(Lanes &lanes)
{
    for (std::uint32_t lane = 0; lane < seatrial::engine::burnLanes; ++lane) {
        double x = lanes.chaos[lane];
        double z = lanes.second[lane];
        x = 3.9990234375 * x * (1 - x);
        z = 3.99609375 * z * (1 - z);
        z = 3.998046875 * z * (1 - z);
        z = 3.99951171875 * z * (1 - z);
        const double y = __builtin_sqrt(x + lanes.root[lane]) / (0.5 + z);
        std::uint64_t hash = lanes.hash[lane];
        hash = (hash << 13) | (hash >> 51);
        lanes.hash[lane] = (hash ^ __builtin_bit_cast(std::uint64_t, x)) + __builtin_bit_cast(std::uint64_t, y);
        lanes.chaos[lane] = x;
        lanes.second[lane] = z;
        lanes.root[lane] = y;
    }
}

std::uint64_t burn(std::uint32_t seed)
{
    Lanes lanes;
    startLanes(lanes, seed);
    std::uint64_t product = spreadBits(seed);
    for (std::uint32_t round = 0; round < seatrial::engine::burnRounds; ++round) {
        burnRound(lanes);
        product = product * 6364136223846793005 + 1442695040888963407 + round;
        product ^= product >> 33;
    }
    std::uint64_t result = product;
    for (const auto hash : lanes.hash)
        result = spreadBits(result ^ hash);
    return result;
}

} // namespace
