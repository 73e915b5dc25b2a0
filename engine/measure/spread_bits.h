// SPDX-License-Identifier: Apache-2.0
// For the kernels alone, each of which is compiled with its own options: hence not shared code but a copy each.
#pragma once

#include <cstdint>

namespace {

/// splitmix64: spreads small seeds over 64 bits.
std::uint64_t spreadBits(std::uint64_t value)
{
    value += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

} // namespace
