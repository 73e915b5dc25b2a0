// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/device/cuda/cuda_api.h"
#include "tests/mock_cuda/mock_cuda.h"

#include <cstdint>
#include <span>

namespace seatrial::tests {

using engine::cuda::CuResult;

MockCuda &mock();
/// Counts a call and tells with which error it ends: as a test wants it, or because the GPU of the thread's context is dead.
CuResult called(const std::string &name);

/// Memory that somebody allocated; empty where a GPU would have met an illegal address.
std::span<std::uint64_t> wordsAt(std::uint64_t address, std::uint64_t words);
bool isMemory(std::uint64_t address, std::uint64_t bytes);

/// The number of the GPU whose context is the thread's.
int currentGpu();
/// From now on what is put into this stream waits for ever.
void stall(engine::cuda::CuStream stream);

/// Does what the kernel of that name would do.
CuResult runKernel(const std::string &name, unsigned blocks, unsigned threads, unsigned sharedBytes, const void *work);

} // namespace seatrial::tests
