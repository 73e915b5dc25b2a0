// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace seatrial::engine::simulate {

/// A number that looks random and always follows from the same numbers.
constexpr std::uint64_t scramble(std::uint64_t value)
{
    value += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

constexpr std::uint64_t scramble(std::initializer_list<std::uint64_t> values)
{
    std::uint64_t result = 0x5ea7121a1;
    for (const std::uint64_t value : values)
        result = scramble(result ^ scramble(value));
    return result;
}

constexpr std::uint64_t scramble(std::string_view text)
{
    std::uint64_t result = text.size();
    for (const char letter : text)
        result = scramble(result ^ static_cast<unsigned char>(letter));
    return result;
}

/// 0 … 1.
constexpr double uniform(std::uint64_t scrambled)
{
    return double(scrambled >> 11) / double(std::uint64_t(1) << 53);
}

/// Mean 0, standard deviation 1, never beyond 3.5: the sum of four uniform numbers, which needs no mathematical library.
constexpr double bell(std::uint64_t scrambled)
{
    double sum = 0;
    for (int i = 0; i < 4; ++i) {
        scrambled = scramble(scrambled);
        sum += uniform(scrambled);
    }
    return (sum - 2) * 1.7320508075688772;
}

} // namespace seatrial::engine::simulate
