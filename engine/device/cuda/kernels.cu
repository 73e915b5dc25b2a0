// SPDX-License-Identifier: Apache-2.0
// What runs on a GPU. Compiled by nvcc alone; nothing of it is host code. Its names are looked up in gpu.cpp.
#include "engine/device/cuda/kernel_words.h"

using namespace seatrial::engine::cuda;
using Chunk = ulonglong2;

namespace {

__device__ Chunk *chunks(DeviceAddress address) { return reinterpret_cast<Chunk *>(address); }
__device__ unsigned long long *words(DeviceAddress address) { return reinterpret_cast<unsigned long long *>(address); }
__device__ std::uint64_t myPlace() { return static_cast<std::uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x; }
__device__ std::uint64_t allThreads() { return static_cast<std::uint64_t>(gridDim.x) * blockDim.x; }

/// Adds up over the block and lets its first thread add the sum to @p total.
__device__ void addToTotal(unsigned long long mine, DeviceAddress total)
{
    __shared__ unsigned long long sum;
    if (threadIdx.x == 0)
        sum = 0;
    __syncthreads();
    if (mine != 0)
        atomicAdd(&sum, mine);
    __syncthreads();
    if (threadIdx.x == 0 && sum != 0)
        atomicAdd(words(total), sum);
}

template <int kernel>
__device__ Chunk made(const StreamWork &work, Chunk a, Chunk b)
{
    return {streamWord(kernel, work.token, a.x, b.x), streamWord(kernel, work.token, a.y, b.y)};
}

/// Four chunks of each array are on their way at once, all 16 bytes wide and coalesced.
template <int kernel>
__device__ void stream(const StreamWork &work)
{
    constexpr bool readsA = kernel != 1;
    constexpr bool readsB = kernel >= 4;
    constexpr int width = 4;
    Chunk *const to = chunks(work.to);
    const Chunk *const from = chunks(work.a);
    const Chunk *const other = chunks(work.b);
    const std::uint64_t stride = allThreads();
    Chunk seen{0, 0};
    std::uint64_t at = myPlace();
    for (; at + (width - 1) * stride < work.chunks; at += width * stride) {
        Chunk a[width]{}, b[width]{};
#pragma unroll
        for (int i = 0; i < width; ++i) {
            if (readsA)
                a[i] = from[at + i * stride];
            if (readsB)
                b[i] = other[at + i * stride];
        }
#pragma unroll
        for (int i = 0; i < width; ++i) {
            if (kernel == 0) {
                seen.x ^= a[i].x;
                seen.y ^= a[i].y;
            } else {
                to[at + i * stride] = made<kernel>(work, a[i], b[i]);
            }
        }
    }
    for (; at < work.chunks; at += stride) {
        const Chunk a = readsA ? from[at] : Chunk{0, 0};
        if (kernel == 0) {
            seen.x ^= a.x;
            seen.y ^= a.y;
        } else {
            to[at] = made<kernel>(work, a, readsB ? other[at] : Chunk{0, 0});
        }
    }
    if (kernel == 0 && seen.x == work.token && seen.y == ~work.token)
        to[0] = seen;
}

/// Which multiprocessor this is.
__device__ unsigned multiprocessor()
{
    unsigned number;
    asm volatile("mov.u32 %0, %%smid;" : "=r"(number));
    return number;
}

/// The cell of this multiprocessor for the first block that comes to it, else nullptr. The same in all threads.
__device__ ArithmeticCell *claimedCell(const ArithmeticWork &work)
{
    __shared__ ArithmeticCell *cell;
    if (threadIdx.x == 0) {
        const unsigned number = multiprocessor();
        cell = number < kMostMultiprocessors ? reinterpret_cast<ArithmeticCell *>(work.cells) + number : nullptr;
        if (cell != nullptr && atomicExch(&cell->claimed, 1ull) != 0)
            cell = nullptr;
    }
    __syncthreads();
    return cell;
}

template <class Chain>
__device__ void compute(const ArithmeticWork &work, Chain chain)
{
    ArithmeticCell *const cell = claimedCell(work);
    if (cell == nullptr)
        return;
    addToTotal(laneDigest(chain(), threadIdx.x), reinterpret_cast<DeviceAddress>(&cell->digest));
}

__device__ std::uint32_t halves(std::int16_t low, std::int16_t high)
{
    std::uint16_t l, h;
    asm("cvt.rn.f16.s16 %0, %1;" : "=h"(l) : "h"(low));
    asm("cvt.rn.f16.s16 %0, %1;" : "=h"(h) : "h"(high));
    return static_cast<std::uint32_t>(l) | static_cast<std::uint32_t>(h) << 16;
}

/// sums += A (16 × 16) · B (16 × 8), of the whole warp.
__device__ void multiplyAdd(float (&sums)[4], std::uint32_t a0, std::uint32_t a1, std::uint32_t a2, std::uint32_t a3, std::uint32_t b0,
                            std::uint32_t b1)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

__device__ std::uint64_t tensorChain(std::uint64_t seed, std::uint64_t lane, std::uint64_t steps)
{
    std::uint32_t state[4];
    for (int k = 0; k < 4; ++k)
        state[k] = firstTensorState(seed, lane, k);
    for (std::uint64_t step = 0; step < steps; ++step) {
        std::uint32_t a[4];
#pragma unroll
        for (int k = 0; k < 4; ++k)
            a[k] = halves(tensorNumber(state[k], 0), tensorNumber(state[k], 1));
        const std::uint32_t b[2] = {halves(tensorNumber(state[0], 2), tensorNumber(state[1], 2)),
                                    halves(tensorNumber(state[2], 2), tensorNumber(state[3], 2))};
        float sums[4] = {0, 0, 0, 0};
#pragma unroll
        for (int turn = 0; turn < kProductsPerStep; ++turn)
            multiplyAdd(sums, a[turn & 3], a[(turn + 1) & 3], a[(turn + 2) & 3], a[(turn + 3) & 3], b[turn & 1], b[(turn + 1) & 1]);
#pragma unroll
        for (int k = 0; k < 4; ++k)
            state[k] = nextTensorState(state[k], sums[k]);
    }
    std::uint64_t digest = 0;
    for (int k = 0; k < 4; ++k)
        digest = mixed(digest + state[k]);
    return digest;
}

} // namespace

#define SEATRIAL_KERNEL extern "C" __global__ void __launch_bounds__(kBlockThreads)
#define SEATRIAL_ARITHMETIC extern "C" __global__ void __launch_bounds__(kArithmeticThreads)

SEATRIAL_KERNEL seatrial_read(const StreamWork work) { stream<0>(work); }
SEATRIAL_KERNEL seatrial_write(const StreamWork work) { stream<1>(work); }
SEATRIAL_KERNEL seatrial_copy(const StreamWork work) { stream<2>(work); }
SEATRIAL_KERNEL seatrial_scale(const StreamWork work) { stream<3>(work); }
SEATRIAL_KERNEL seatrial_add(const StreamWork work) { stream<4>(work); }
SEATRIAL_KERNEL seatrial_triad(const StreamWork work) { stream<5>(work); }

SEATRIAL_KERNEL seatrial_stream_check(const StreamCheckWork work)
{
    const unsigned long long *const to = words(work.stream.to);
    const unsigned long long *const a = words(work.stream.a);
    const unsigned long long *const b = words(work.stream.b);
    const std::uint64_t end = 2 * (work.firstChunk + work.pieceChunks);
    unsigned long long wrong = 0;
    for (std::uint64_t at = 2 * work.firstChunk + myPlace(); at < end; at += allThreads())
        wrong += to[at] != streamWord(work.kernel, work.stream.token, work.kernel == 1 ? 0 : a[at], work.kernel >= 4 ? b[at] : 0);
    addToTotal(wrong, work.wrong);
}

SEATRIAL_KERNEL seatrial_fill(const PatternWork work)
{
    for (std::uint64_t at = myPlace(); at < work.words; at += allThreads())
        words(work.memory)[at] = patternWord(work.seed, at);
}

SEATRIAL_KERNEL seatrial_verify(const PatternWork work)
{
    MiscompareBox *const box = reinterpret_cast<MiscompareBox *>(work.box);
    for (std::uint64_t at = myPlace(); at < work.words; at += allThreads()) {
        const std::uint64_t found = words(work.memory)[at];
        const std::uint64_t expected = patternWord(work.seed, at);
        if (found == expected)
            continue;
        const unsigned long long number = atomicAdd(&box->wrong, 1ull);
        if (number < kListedMiscompares)
            box->entries[number] = {at, expected, found, found};
    }
}

/// A kernel of its own: by now the caches hold other words, so this comes from the memory once more.
SEATRIAL_KERNEL seatrial_read_again(const PatternWork work)
{
    MiscompareBox *const box = reinterpret_cast<MiscompareBox *>(work.box);
    if (myPlace() >= kListedMiscompares || myPlace() >= box->wrong)
        return;
    MiscompareEntry &entry = box->entries[myPlace()];
    entry.foundAgain = *const_cast<volatile unsigned long long *>(words(work.memory) + entry.place);
}

SEATRIAL_KERNEL seatrial_operands(const OperandWork work)
{
    for (std::uint64_t at = myPlace(); at < work.words; at += allThreads())
        words(work.memory)[at] = (randomWord(work.seed, at) & work.keep) | work.set;
}

SEATRIAL_KERNEL seatrial_digest(const DigestWork work)
{
    unsigned long long sum = 0;
    for (std::uint64_t at = myPlace(); at < work.words; at += allThreads())
        sum += mixed(words(work.memory)[at] + at * 0x9E3779B97F4A7C15ull);
    addToTotal(sum, work.digest);
}

SEATRIAL_ARITHMETIC seatrial_arithmetic_fp32(const ArithmeticWork work)
{
    compute(work, [&] { return floatChain<float, std::uint32_t>(work.seed, threadIdx.x, work.steps); });
}

SEATRIAL_ARITHMETIC seatrial_arithmetic_fp64(const ArithmeticWork work)
{
    compute(work, [&] { return floatChain<double, std::uint64_t>(work.seed, threadIdx.x, work.steps); });
}

SEATRIAL_ARITHMETIC seatrial_arithmetic_integer(const ArithmeticWork work)
{
    compute(work, [&] { return integerChain(work.seed, threadIdx.x, work.steps); });
}

SEATRIAL_ARITHMETIC seatrial_arithmetic_tensor(const ArithmeticWork work)
{
    compute(work, [&] { return tensorChain(work.seed, threadIdx.x, work.steps); });
}

SEATRIAL_KERNEL seatrial_addends(const SumWork work)
{
    for (std::uint64_t at = myPlace(); at < work.count; at += allThreads())
        reinterpret_cast<float *>(work.memory)[at] = addend(work.seed, work.rank, at);
}

SEATRIAL_KERNEL seatrial_sum_check(const SumWork work)
{
    unsigned long long wrong = 0;
    for (std::uint64_t at = myPlace(); at < work.count; at += allThreads()) {
        float expected = 0;
        for (std::uint64_t rank = 0; rank < work.rank; ++rank)
            expected += addend(work.seed, rank, at);
        wrong += reinterpret_cast<const float *>(work.memory)[at] != expected;
    }
    addToTotal(wrong, work.wrong);
}
