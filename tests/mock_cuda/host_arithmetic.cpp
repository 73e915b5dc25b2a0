// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/mock_cuda/host_arithmetic.h"

#include "engine/device/cuda/kernel_words.h"

using namespace seatrial::engine::cuda;
using seatrial::engine::ArithmeticPath;

namespace seatrial::tests {

namespace {

constexpr int kLanes = 32;

/// Where mma.m16n8k16 has its operands: lane and register of each element, as the PTX manual draws it.
struct WarpMatrices {
    int a[16][16];
    int b[16][8];
};

/// The products of @p turn: whole registers of a lane change places.
WarpMatrices matrices(const std::uint32_t (&states)[kLanes][4], int turn)
{
    WarpMatrices all;
    for (int lane = 0; lane < kLanes; ++lane) {
        const int group = lane / 4;
        const int within = lane % 4;
        for (int place = 0; place < 4; ++place) {
            const std::uint32_t state = states[lane][(turn + place) & 3];
            const int row = group + (place % 2 == 1 ? 8 : 0);
            const int column = within * 2 + (place >= 2 ? 8 : 0);
            all.a[row][column] = tensorNumber(state, 0);
            all.a[row][column + 1] = tensorNumber(state, 1);
        }
        for (int place = 0; place < 2; ++place) {
            const int first = 2 * ((turn + place) & 1);
            const int row = within * 2 + 8 * place;
            all.b[row][group] = tensorNumber(states[lane][first], 2);
            all.b[row + 1][group] = tensorNumber(states[lane][first + 1], 2);
        }
    }
    return all;
}

void tensorStep(std::uint32_t (&states)[kLanes][4])
{
    int sums[16][8] = {};
    for (int turn = 0; turn < 4; ++turn) { // the four others of kProductsPerStep are the same again
        const WarpMatrices all = matrices(states, turn);
        for (int row = 0; row < 16; ++row)
            for (int k = 0; k < 16; ++k)
                for (int column = 0; column < 8; ++column)
                    sums[row][column] += (kProductsPerStep / 4) * all.a[row][k] * all.b[k][column];
    }
    for (int lane = 0; lane < kLanes; ++lane)
        for (int k = 0; k < 4; ++k)
            states[lane][k] = nextTensorState(states[lane][k], static_cast<float>(sums[lane / 4 + (k >= 2 ? 8 : 0)][lane % 4 * 2 + k % 2]));
}

std::uint64_t tensorBlock(std::uint64_t seed, std::uint64_t steps)
{
    std::uint64_t sum = 0;
    for (int warp = 0; warp < kArithmeticThreads / kLanes; ++warp) {
        std::uint32_t states[kLanes][4];
        const auto thread = [&](int lane) { return static_cast<std::uint64_t>(warp * kLanes + lane); };
        for (int lane = 0; lane < kLanes; ++lane)
            for (int k = 0; k < 4; ++k)
                states[lane][k] = firstTensorState(seed, thread(lane), k);
        for (std::uint64_t step = 0; step < steps; ++step)
            tensorStep(states);
        for (int lane = 0; lane < kLanes; ++lane) {
            std::uint64_t digest = 0;
            for (int k = 0; k < 4; ++k)
                digest = mixed(digest + states[lane][k]);
            sum += laneDigest(digest, thread(lane));
        }
    }
    return sum;
}

} // namespace

std::uint64_t blockDigest(ArithmeticPath path, std::uint64_t seed, std::uint64_t steps)
{
    if (path == ArithmeticPath::Tensor)
        return tensorBlock(seed, steps);
    std::uint64_t sum = 0;
    for (std::uint64_t lane = 0; lane < kArithmeticThreads; ++lane) {
        const std::uint64_t digest = path == ArithmeticPath::Fp32 ? floatChain<float, std::uint32_t>(seed, lane, steps)
            : path == ArithmeticPath::Fp64                        ? floatChain<double, std::uint64_t>(seed, lane, steps)
                                                                  : integerChain(seed, lane, steps);
        sum += laneDigest(digest, lane);
    }
    return sum;
}

} // namespace seatrial::tests
