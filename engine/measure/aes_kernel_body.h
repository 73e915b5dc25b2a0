// SPDX-License-Identifier: Apache-2.0
// AES-128 (FIPS 197) over blocks that are encrypted again and again, by the instructions of the CPU, over a type Vector of one or
// more blocks that the including file defines. AES is a permutation, so a wrong bit never fades.
#pragma once

#include "engine/measure/spread_bits.h"

#include <immintrin.h>

namespace {

constexpr int aesRounds = 10;

template<int constant>
__m128i nextRoundKey(__m128i key)
{
    const __m128i mixed = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(key, constant), 0xff);
    key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
    key = _mm_xor_si128(key, _mm_slli_si128(key, 8)); // together: each word with all words before it
    return _mm_xor_si128(key, mixed);
}

void expandKey(__m128i key, __m128i (&keys)[aesRounds + 1])
{
    keys[0] = key;
    keys[1] = nextRoundKey<0x01>(keys[0]);
    keys[2] = nextRoundKey<0x02>(keys[1]);
    keys[3] = nextRoundKey<0x04>(keys[2]);
    keys[4] = nextRoundKey<0x08>(keys[3]);
    keys[5] = nextRoundKey<0x10>(keys[4]);
    keys[6] = nextRoundKey<0x20>(keys[5]);
    keys[7] = nextRoundKey<0x40>(keys[6]);
    keys[8] = nextRoundKey<0x80>(keys[7]);
    keys[9] = nextRoundKey<0x1b>(keys[8]);
    keys[10] = nextRoundKey<0x36>(keys[9]);
}

/// @p vectors of them at once: each round waits three to five cycles for the one before.
template<std::uint32_t vectors>
std::uint64_t burnAes(std::uint32_t seed)
{
    using namespace seatrial::engine;
    constexpr std::uint32_t groupBlocks = vectors * Vector::blocks;
    static_assert(aesBlocks % groupBlocks == 0);
    alignas(64) std::uint64_t words[2 * aesBlocks];
    alignas(64) std::uint64_t key[2] = {spreadBits(2 * seed), spreadBits(2 * seed + 1)};
    for (std::uint32_t word = 0; word < 2 * aesBlocks; ++word)
        words[word] = spreadBits(~std::uint64_t(seed * 2 * aesBlocks + word));
    __m128i narrowKeys[aesRounds + 1];
    expandKey(_mm_load_si128(reinterpret_cast<const __m128i *>(key)), narrowKeys);
    typename Vector::Register keys[aesRounds + 1];
    for (int round = 0; round <= aesRounds; ++round)
        keys[round] = Vector::all(narrowKeys[round]);

    for (std::uint32_t first = 0; first < aesBlocks; first += groupBlocks) {
        typename Vector::Register x[vectors];
        for (std::uint32_t v = 0; v < vectors; ++v)
            x[v] = Vector::load(words + 2 * (first + v * Vector::blocks));
        for (std::uint32_t repeat = 0; repeat < aesRepeats; ++repeat) {
#pragma GCC unroll 8
            for (std::uint32_t v = 0; v < vectors; ++v)
                x[v] = Vector::exclusiveOr(x[v], keys[0]);
#pragma GCC unroll 16
            for (int round = 1; round < aesRounds; ++round) {
#pragma GCC unroll 8
                for (std::uint32_t v = 0; v < vectors; ++v)
                    x[v] = Vector::round(x[v], keys[round]);
            }
#pragma GCC unroll 8
            for (std::uint32_t v = 0; v < vectors; ++v)
                x[v] = Vector::lastRound(x[v], keys[aesRounds]);
        }
        for (std::uint32_t v = 0; v < vectors; ++v)
            Vector::store(words + 2 * (first + v * Vector::blocks), x[v]);
    }
    std::uint64_t result = seed;
    for (const auto word : words)
        result = spreadBits(result ^ word);
    return result;
}

} // namespace
