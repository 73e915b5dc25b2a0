// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/measure/burn_path.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

/// The burns again, one number at a time, with nothing shared with the kernels.
namespace seatrial::tests {

inline std::uint64_t splitmix(std::uint64_t state)
{
    state += 0x9e3779b97f4a7c15ull;
    state ^= state >> 30;
    state *= 0xbf58476d1ce4e5b9ull;
    state ^= state >> 27;
    state *= 0x94d049bb133111ebull;
    return state ^ (state >> 31);
}

inline std::uint64_t fmaSlowly(std::uint32_t seed)
{
    std::uint64_t result = seed;
    for (std::uint32_t lane = 0; lane < engine::fmaLanes; ++lane) {
        volatile double x = std::ldexp(double((splitmix(seed * engine::fmaLanes + lane) >> 12) | 1), -52);
        for (std::uint32_t round = 0; round < engine::fmaRounds; ++round)
            x = std::fma(double(x), double(x), -1.99); // rounds once, in hardware or in software
        const double last = x;
        std::uint64_t bits = 0;
        std::memcpy(&bits, &last, sizeof bits);
        result = splitmix(result ^ bits);
    }
    return result;
}

inline std::uint64_t integersSlowly(std::uint32_t seed)
{
    std::uint64_t result = seed;
    for (std::uint32_t lane = 0; lane < engine::integerLanes; ++lane) {
        std::uint64_t x = splitmix(seed * engine::integerLanes + lane) % 0x100000000ull;
        for (std::uint64_t round = 0; round < engine::integerRounds; ++round) {
            x = (x * 0x9e3779b1ull + round) % 0x100000000ull;
            x = (x * 8192 % 0x100000000ull) + x / 0x80000; // rotated by 13
            x ^= 0x85ebca77ull;
        }
        result = splitmix(result ^ x);
    }
    for (std::uint32_t chain = 0; chain < engine::integerChains; ++chain) {
        std::uint64_t x = splitmix(~std::uint64_t(seed * engine::integerChains + chain));
        for (std::uint64_t round = 0; round < engine::integerRounds; ++round) {
            x = x * 0x9e3779b97f4a7c15ull + round;
            x = x << 23 | x >> 41;
            x ^= 0xd6e8feb86659fd93ull;
        }
        result = splitmix(result ^ x);
    }
    return result;
}

/// AES-128 by the book, FIPS 197: bytes, with the S-box computed.
class SlowAes
{
public:
    using Block = std::array<std::uint8_t, 16>;

    explicit SlowAes(const Block &key)
    {
        std::array<std::uint8_t, 176> bytes{};
        std::copy(key.begin(), key.end(), bytes.begin());
        std::uint8_t constant = 1;
        for (std::size_t i = 16; i < bytes.size(); i += 4) {
            std::array<std::uint8_t, 4> word{bytes[i - 4], bytes[i - 3], bytes[i - 2], bytes[i - 1]};
            if (i % 16 == 0) {
                word = {std::uint8_t(substitute(word[1]) ^ constant), substitute(word[2]), substitute(word[3]), substitute(word[0])};
                constant = doubled(constant);
            }
            for (std::size_t j = 0; j < 4; ++j)
                bytes[i + j] = bytes[i + j - 16] ^ word[j];
        }
        for (std::size_t i = 0; i < bytes.size(); ++i)
            m_keys[i / 16][i % 16] = bytes[i];
    }

    Block encrypt(Block state) const
    {
        state = combined(state, m_keys[0]);
        for (std::size_t round = 1; round <= 10; ++round) {
            Block next{};
            for (std::size_t i = 0; i < 16; ++i) // rows shift by their number
                next[i] = substitute(state[(i + 4 * (i % 4)) % 16]);
            for (std::size_t column = 0; round < 10 && column < 4; ++column)
                mix(next, 4 * column);
            state = combined(next, m_keys[round]);
        }
        return state;
    }

private:
    static std::uint8_t doubled(std::uint8_t value) { return std::uint8_t(value << 1 ^ (value & 0x80 ? 0x1b : 0)); }
    static std::uint8_t product(std::uint8_t a, std::uint8_t b)
    {
        std::uint8_t sum = 0;
        for (; b; b >>= 1, a = doubled(a))
            sum ^= b & 1 ? a : 0;
        return sum;
    }
    static std::uint8_t computeSubstitute(std::uint8_t value)
    {
        std::uint8_t inverse = 1;
        for (int power = 0; power < 254; ++power) // value^254 is its inverse
            inverse = product(inverse, value);
        std::uint8_t result = 0x63;
        for (int turn = 0; turn < 5; ++turn)
            result ^= std::uint8_t(inverse << turn | inverse >> (8 - turn));
        return result;
    }
    static std::uint8_t substitute(std::uint8_t value)
    {
        static const auto box = [] {
            std::array<std::uint8_t, 256> all{};
            for (int i = 0; i < 256; ++i)
                all[std::size_t(i)] = computeSubstitute(std::uint8_t(i));
            return all;
        }();
        return box[value];
    }
    static Block combined(const Block &a, const Block &b)
    {
        Block result{};
        for (std::size_t i = 0; i < 16; ++i)
            result[i] = a[i] ^ b[i];
        return result;
    }
    static void mix(Block &block, std::size_t at)
    {
        const std::array<std::uint8_t, 4> c{block[at], block[at + 1], block[at + 2], block[at + 3]};
        for (std::size_t i = 0; i < 4; ++i)
            block[at + i] = std::uint8_t(doubled(c[i]) ^ doubled(c[(i + 1) % 4]) ^ c[(i + 1) % 4] ^ c[(i + 2) % 4] ^ c[(i + 3) % 4]);
    }

    std::array<Block, 11> m_keys{};
};

inline SlowAes::Block blockOf(std::uint64_t low, std::uint64_t high)
{
    SlowAes::Block block{};
    for (std::size_t i = 0; i < 8; ++i) {
        block[i] = std::uint8_t(low >> 8 * i);
        block[8 + i] = std::uint8_t(high >> 8 * i);
    }
    return block;
}

inline std::uint64_t wordOf(const SlowAes::Block &block, std::size_t at)
{
    std::uint64_t word = 0;
    for (std::size_t i = 8; i-- > 0;)
        word = word << 8 | block[at + i];
    return word;
}

inline std::uint64_t aesSlowly(std::uint32_t seed)
{
    const SlowAes aes(blockOf(splitmix(2 * seed), splitmix(2 * seed + 1)));
    std::uint64_t result = seed;
    for (std::uint32_t i = 0; i < engine::aesBlocks; ++i) {
        const auto first = seed * 2 * engine::aesBlocks + 2 * i;
        auto block = blockOf(splitmix(~std::uint64_t(first)), splitmix(~std::uint64_t(first + 1)));
        for (std::uint32_t repeat = 0; repeat < engine::aesRepeats; ++repeat)
            block = aes.encrypt(block);
        result = splitmix(splitmix(result ^ wordOf(block, 0)) ^ wordOf(block, 8));
    }
    return result;
}

} // namespace seatrial::tests
