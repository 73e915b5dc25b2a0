// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What kernels are given and what they compute, word by word: read by nvcc for GPUs and by the host's compiler for the
/// code that launches them. Every number here is exact, so each compiler and each GPU must come to the same one.

#include <cstdint>

#ifdef __CUDACC__
#define SEATRIAL_BOTH __host__ __device__ __forceinline__
#else
#define SEATRIAL_BOTH inline
#endif

namespace seatrial::engine::cuda {

using DeviceAddress = std::uint64_t;

constexpr int kBlockThreads = 512;       ///< of every kernel but those of arithmetic
constexpr int kArithmeticThreads = 512;
constexpr int kListedMiscompares = 16;
constexpr int kMostMultiprocessors = 1024; ///< cells of ArithmeticWork; no GPU has a third of it

// ---- parameters: one structure by value for each kernel -------------------------------------------------------------

/// seatrial_read, _write, _copy, _scale, _add, _triad. A chunk has 16 bytes, two words.
struct StreamWork {
    DeviceAddress to, a, b;
    std::uint64_t chunks;
    std::uint64_t token; ///< written by _write; never seen by _read, which therefore cannot be left out
};

/// seatrial_stream_check: how many words of a piece are not what StreamKernel number @p kernel makes of a and b.
struct StreamCheckWork {
    StreamWork stream;
    std::uint64_t firstChunk, pieceChunks;
    std::uint64_t kernel;
    DeviceAddress wrong; ///< one word, added to
};

/// seatrial_fill, and seatrial_verify into a MiscompareBox; seatrial_read_again reads once more what is listed there.
struct PatternWork {
    DeviceAddress memory;
    std::uint64_t words;
    std::uint64_t seed;
    DeviceAddress box;
};

struct MiscompareEntry {
    std::uint64_t place, expected, found, foundAgain;
};

struct MiscompareBox {
    unsigned long long wrong;
    MiscompareEntry entries[kListedMiscompares];
};

/// seatrial_operands: random bits, of which @p keep stay and @p set are set: numbers of one format and of moderate size.
struct OperandWork {
    DeviceAddress memory;
    std::uint64_t words, seed, keep, set;
};

/// seatrial_digest: the sum of all words, mixed with their places.
struct DigestWork {
    DeviceAddress memory;
    std::uint64_t words;
    DeviceAddress digest; ///< one word, added to
};

/// seatrial_arithmetic_fp32, _fp64, _integer, _tensor: one block a multiprocessor, into the cell of its number.
struct ArithmeticWork {
    std::uint64_t seed;
    std::uint64_t steps;
    DeviceAddress cells;
};

struct ArithmeticCell {
    unsigned long long claimed;
    unsigned long long digest;
};

/// seatrial_addends: what rank @p rank brings to a sum. seatrial_sum_check: how many sums over @p rank ranks are wrong.
struct SumWork {
    DeviceAddress memory;
    std::uint64_t count; ///< floats
    std::uint64_t seed;
    std::uint64_t rank;
    DeviceAddress wrong;
};

// ---- words ------------------------------------------------------------------------------------------------------------

SEATRIAL_BOTH std::uint64_t mixed(std::uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

SEATRIAL_BOTH std::uint64_t randomWord(std::uint64_t seed, std::uint64_t place)
{
    return mixed(seed + (place + 1) * 0x9E3779B97F4A7C15ull);
}

/// Seed 0 gives each word's own offset in bytes; the complement of a seed gives the complement of every word.
SEATRIAL_BOTH std::uint64_t patternWord(std::uint64_t seed, std::uint64_t place)
{
    const std::uint64_t flip = (seed >> 63) != 0 ? ~0ull : 0ull;
    return (seed == flip ? place * 8 : randomWord(seed ^ flip, place)) ^ flip;
}

/// What each kernel of a stream makes of two words; the arithmetic is that of integers, so that results can be compared.
SEATRIAL_BOTH std::uint64_t streamWord(std::uint64_t kernel, std::uint64_t token, std::uint64_t a, std::uint64_t b)
{
    switch (kernel) {
    case 1: return token;
    case 3: return 3 * a;
    case 4: return a + b;
    case 5: return a + 3 * b;
    default: return a;
    }
}

/// A whole number below 1024: sums of those of thousands of ranks are exact in a float, in whatever order.
SEATRIAL_BOTH float addend(std::uint64_t seed, std::uint64_t rank, std::uint64_t place)
{
    return static_cast<float>(randomWord(seed ^ (rank * 0xD6E8FEB86659FD93ull), place) >> 54);
}

/// Steps of a chain that a round of Device::arithmetic() has: some tenths of a millisecond on a GPU of a data centre.
constexpr std::uint64_t kFp32StepsPerRound = 4000;
constexpr std::uint64_t kFp64StepsPerRound = 2000;
constexpr std::uint64_t kIntegerStepsPerRound = 1000;
constexpr std::uint64_t kTensorStepsPerRound = 2000;

// ---- arithmetic: chains in which an error at any place changes the end ------------------------------------------------------

SEATRIAL_BOTH float fused(float x, float y, float z)
{
#ifdef __CUDA_ARCH__
    return __fmaf_rn(x, y, z);
#else
    return __builtin_fmaf(x, y, z);
#endif
}

SEATRIAL_BOTH double fused(double x, double y, double z)
{
#ifdef __CUDA_ARCH__
    return __fma_rn(x, y, z);
#else
    return __builtin_fma(x, y, z);
#endif
}

/// The bits of a number, seen as another type.
template <class To, class From>
SEATRIAL_BOTH To bitsAs(From from)
{
    static_assert(sizeof(To) == sizeof(From), "nothing may be lost");
    To to;
    __builtin_memcpy(&to, &from, sizeof(to));
    return to;
}

/// A number from 1 to 2 whose fraction is the lower bits of @p bits.
SEATRIAL_BOTH float oneToTwo(std::uint32_t bits) { return bitsAs<float>((bits & 0x007FFFFFu) | 0x3F800000u); }
SEATRIAL_BOTH double oneToTwo(std::uint64_t bits) { return bitsAs<double>((bits & 0x000FFFFFFFFFFFFFull) | 0x3FF0000000000000ull); }

constexpr int kChains = 4;       ///< independent of each other, so that the units are kept busy
constexpr int kFusedPerStep = 8;

/// Float and std::uint32_t, or double and std::uint64_t.
template <class Float, class Bits>
SEATRIAL_BOTH std::uint64_t floatChain(std::uint64_t seed, std::uint64_t lane, std::uint64_t steps)
{
    Float x[kChains], factor[kChains], term[kChains];
    for (int k = 0; k < kChains; ++k) {
        const std::uint64_t place = lane * (3 * kChains) + 3 * k;
        x[k] = oneToTwo(static_cast<Bits>(randomWord(seed, place)));
        factor[k] = oneToTwo(static_cast<Bits>(randomWord(seed, place + 1)));
        term[k] = oneToTwo(static_cast<Bits>(randomWord(seed, place + 2)));
    }
    for (std::uint64_t step = 0; step < steps; ++step) {
#ifdef __CUDACC__
#pragma unroll
#endif
        for (int times = 0; times < kFusedPerStep; ++times)
            for (int k = 0; k < kChains; ++k)
                x[k] = fused(x[k], factor[k], term[k]);
        for (int k = 0; k < kChains; ++k)
            x[k] = oneToTwo(static_cast<Bits>(bitsAs<Bits>(x[k]) * Bits(0x2545F491u) + Bits(1)));
    }
    std::uint64_t digest = 0;
    for (int k = 0; k < kChains; ++k)
        digest = mixed(digest + bitsAs<Bits>(x[k]));
    return digest;
}

SEATRIAL_BOTH int ones(std::uint64_t word)
{
#ifdef __CUDA_ARCH__
    return __popcll(word);
#else
    return __builtin_popcountll(word);
#endif
}

SEATRIAL_BOTH std::uint64_t integerChain(std::uint64_t seed, std::uint64_t lane, std::uint64_t steps)
{
    std::uint64_t x[kChains];
    for (int k = 0; k < kChains; ++k)
        x[k] = randomWord(seed, lane * kChains + k);
    for (std::uint64_t step = 0; step < steps; ++step)
        for (int k = 0; k < kChains; ++k) {
            x[k] = x[k] * 0x5851F42D4C957F2Dull + 0x14057B7EF767814Full;
            x[k] ^= (x[k] >> 29) | (x[k] << 35);
            x[k] += static_cast<std::uint64_t>(ones(x[k]));
        }
    std::uint64_t digest = 0;
    for (int k = 0; k < kChains; ++k)
        digest = mixed(digest + x[k]);
    return digest;
}

/// Matrix units: whole numbers from -128 to 127, whose sums are exact in a float whatever the order they are added in.
/// Each of the 4 sums of a lane moves on one state, and that gives 2 numbers for A and 1 for B of the next product.
constexpr int kProductsPerStep = 8;
SEATRIAL_BOTH std::uint32_t nextTensorState(std::uint32_t state, float sum)
{
    return (state ^ static_cast<std::uint32_t>(static_cast<std::int32_t>(sum))) * 0x9E3779B1u + 0x7F4A7C15u;
}
SEATRIAL_BOTH std::int16_t tensorNumber(std::uint32_t state, int which)
{
    return static_cast<std::int16_t>(static_cast<std::int8_t>(state >> (8 * (which + 1))));
}
SEATRIAL_BOTH std::uint32_t firstTensorState(std::uint64_t seed, std::uint64_t lane, int k)
{
    return static_cast<std::uint32_t>(randomWord(seed, lane * 4 + k));
}

/// What a lane adds to the digest of its block.
SEATRIAL_BOTH std::uint64_t laneDigest(std::uint64_t digest, std::uint64_t lane) { return mixed(digest ^ (lane * 0xA24BAED4963EE407ull)); }

} // namespace seatrial::engine::cuda
