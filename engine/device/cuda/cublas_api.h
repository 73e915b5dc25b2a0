// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What Seatrial uses of cuBLASLt, the same in its releases 11 to 13. tests/engine/cuda compares it with NVIDIA's header.

#include "engine/device/cuda/cuda_api.h"

#include <cstddef>
#include <cstdint>

namespace seatrial::engine::cuda {

using BlasStatus = int;
using BlasHandle = struct BlasHandleTag *;
using BlasOperation = struct BlasOperationTag *;
using BlasLayout = struct BlasLayoutTag *;
using BlasPreference = struct BlasPreferenceTag *;

enum : BlasStatus { kBlasSuccess = 0, kBlasNotInitialized = 1, kBlasAllocFailed = 3, kBlasArchMismatch = 8, kBlasNotSupported = 15 };

enum : int { // cudaDataType
    kReal32F = 0,
    kReal64F = 1,
    kReal16F = 2,
    kReal8I = 3,
    kReal32I = 10,
    kReal16BF = 14,
    kReal8F_E4M3 = 28,
};
enum : int { kCompute32F = 68, kCompute64F = 70, kCompute32I = 72, kCompute32F_FastTf32 = 77 };
enum : int { kOperationTransA = 3, kOperationFastAccum = 25 }; // attributes of an operation
enum : int { kPreferenceWorkspace = 1 };
enum : int { kTransposed = 1 };

struct BlasAlgorithm {
    std::uint64_t data[8];
};

struct BlasCandidate {
    BlasAlgorithm algorithm;
    std::size_t workspaceBytes;
    BlasStatus state;
    float waves;
    int reserved[4];
};

#define SEATRIAL_BLAS_FUNCTIONS(need)                                                                                                      \
    need(create, "cublasLtCreate", (BlasHandle *))                                                                                        \
    need(destroy, "cublasLtDestroy", (BlasHandle))                                                                                        \
    need(createOperation, "cublasLtMatmulDescCreate", (BlasOperation *, int, int))                                                        \
    need(destroyOperation, "cublasLtMatmulDescDestroy", (BlasOperation))                                                                  \
    need(setOperation, "cublasLtMatmulDescSetAttribute", (BlasOperation, int, const void *, std::size_t))                                 \
    need(createLayout, "cublasLtMatrixLayoutCreate", (BlasLayout *, int, std::uint64_t, std::uint64_t, std::int64_t))                     \
    need(destroyLayout, "cublasLtMatrixLayoutDestroy", (BlasLayout))                                                                      \
    need(createPreference, "cublasLtMatmulPreferenceCreate", (BlasPreference *))                                                          \
    need(destroyPreference, "cublasLtMatmulPreferenceDestroy", (BlasPreference))                                                          \
    need(setPreference, "cublasLtMatmulPreferenceSetAttribute", (BlasPreference, int, const void *, std::size_t))                         \
    need(candidates, "cublasLtMatmulAlgoGetHeuristic",                                                                                    \
         (BlasHandle, BlasOperation, BlasLayout, BlasLayout, BlasLayout, BlasLayout, BlasPreference, int, BlasCandidate *, int *))        \
    need(multiply, "cublasLtMatmul",                                                                                                      \
         (BlasHandle, BlasOperation, const void *, const void *, BlasLayout, const void *, BlasLayout, const void *, const void *,        \
          BlasLayout, void *, BlasLayout, const BlasAlgorithm *, void *, std::size_t, CuStream))

struct BlasApi {
#define SEATRIAL_MEMBER(name, symbol, parameters) BlasStatus(*name) parameters = nullptr;
    SEATRIAL_BLAS_FUNCTIONS(SEATRIAL_MEMBER)
#undef SEATRIAL_MEMBER
    std::size_t (*version)() = nullptr;                 ///< 130002: 13.0.2; 110103: 11.1.3
    const char *(*statusName)(BlasStatus) = nullptr;    ///< nullptr before 11.4.2
};

} // namespace seatrial::engine::cuda
