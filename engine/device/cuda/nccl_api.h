// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What Seatrial uses of NCCL since 2.14. tests/engine/cuda compares it with NVIDIA's header.

#include "engine/device/cuda/cuda_api.h"

#include <climits>
#include <cstddef>

namespace seatrial::engine::cuda {

using NcclResult = int;
using NcclComm = struct NcclCommTag *;

enum : NcclResult {
    kNcclSuccess = 0,
    kNcclCudaError = 1,
    kNcclSystemError = 2,
    kNcclInProgress = 7,
};
enum : int { kNcclFloat = 7, kNcclSum = 0 };

struct NcclId {
    char bytes[128];
};

/// The configuration as 2.14 had it; later releases take it by its size and version.
struct NcclConfig {
    std::size_t size = sizeof(NcclConfig);
    unsigned magic = 0xcafebeef;
    unsigned version = 21400;
    int blocking = 0;
    int unset = INT_MIN; ///< where later releases have their next member: "not chosen"
};

#define SEATRIAL_NCCL_FUNCTIONS(need)                                                                                                      \
    need(version, "ncclGetVersion", (int *))                                                                                              \
    need(uniqueId, "ncclGetUniqueId", (NcclId *))                                                                                         \
    need(initRank, "ncclCommInitRankConfig", (NcclComm *, int, NcclId, int, NcclConfig *))                                                \
    need(asyncError, "ncclCommGetAsyncError", (NcclComm, NcclResult *))                                                                   \
    need(abort, "ncclCommAbort", (NcclComm))                                                                                              \
    need(groupStart, "ncclGroupStart", ())                                                                                                \
    need(groupEnd, "ncclGroupEnd", ())                                                                                                    \
    need(allReduce, "ncclAllReduce", (const void *, void *, std::size_t, int, int, NcclComm, CuStream))

struct NcclApi {
#define SEATRIAL_MEMBER(name, symbol, parameters) NcclResult(*name) parameters = nullptr;
    SEATRIAL_NCCL_FUNCTIONS(SEATRIAL_MEMBER)
#undef SEATRIAL_MEMBER
    const char *(*errorString)(NcclResult) = nullptr;
    const char *(*lastError)(NcclComm) = nullptr; ///< since 2.13
};

} // namespace seatrial::engine::cuda
