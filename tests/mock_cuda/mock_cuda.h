// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace seatrial::tests {

/// A CUDA driver without GPUs, with cuBLASLt and NCCL in the same file: memory is the host's, a stream does at once what
/// it is given, events are moments of the clock, and kernels are done by their host equivalents. Tests change here what
/// it shows and where it fails; SEATRIAL_CUDA, SEATRIAL_CUBLASLT and SEATRIAL_NCCL name its file.
struct MockCuda {
    static constexpr int kMostGpus = 8;

    struct Failure {
        int code = 0;
        int after = 0;  ///< calls that still work
        int times = -1; ///< calls that fail then; -1: all
    };

    // What there is.
    int gpus = 2;
    std::array<std::string, kMostGpus> addresses; ///< PCI; empty: 0000:1B:00.0, 0000:2B:00.0 and so on, as the mock of NVML has them
    int capability = 90;
    int multiprocessors = 4;
    int computeMode = 0;
    int driverVersion = 13000;
    bool partitioned = false; ///< MIG
    bool peers = true;
    std::uint64_t memoryBytes = 256 << 20; ///< of each GPU
    int cacheBytes = 1 << 20;
    bool refusesMachineCode = false;       ///< as a driver that is too old for it
    std::set<std::string> missingKernels;

    // Where it fails.
    std::map<std::string, Failure> failures; ///< by the name of the call, or of the kernel
    std::array<int, kMostGpus> dead{};       ///< the error that everything on this GPU gives from now on
    int diesAtThirdKernel = -1;              ///< a GPU
    std::uint64_t flipWord = ~0ull;          ///< offset in bytes: a bit of what was filled changes there
    bool flipHeals = false;                  ///< the second reading is right
    std::string wrongKernel;                 ///< leaves one wrong word
    int wrongMultiprocessor = -1;
    int leftOutOnce = -1;                    ///< a multiprocessor that the first launch does not reach
    bool wrongProduct = false;               ///< the next product is off by a bit
    int candidates = 3;                      ///< algorithms that are offered; the first does not work
    std::size_t blasVersion = 130002;
    int blasCreates = 0;                     ///< status of cublasLtCreate
    int pollsInProgress = 2;                 ///< how often a communicator is still at work
    int hangingRank = -1;                    ///< does not enter the all-reduce number hangsAt, from 1
    int hangsAt = 0;
    int neverConnects = -1;                  ///< a rank
    bool wrongSum = false;

    // What was asked of it.
    std::map<std::string, int> calls;
    std::map<std::string, unsigned> blocksOf; ///< of the last launch of each kernel
    std::string loadedImage;                  ///< "machine code", "PTX"
    int aborted = 0;
    int openMemories = 0;
    int contexts = 0;
};

/// The one state of the library: dlsym() this name there.
using MockCudaFunction = MockCuda *();
constexpr const char *kMockCudaFunction = "seatrialMockCuda";

} // namespace seatrial::tests
