// SPDX-License-Identifier: GPL-3.0-or-later
/// cuBLASLt and NCCL of the mock.
#include "engine/device/cuda/cublas_api.h"
#include "engine/device/cuda/kernel_words.h"
#include "engine/device/cuda/nccl_api.h"
#include "tests/mock_cuda/mock_driver.h"

#include <cstring>
#include <ctime>
#include <mutex>
#include <utility>

using namespace seatrial::engine::cuda;
using namespace seatrial::tests;

namespace {

struct Layout {
    int type = 0;
    std::uint64_t rows = 0, columns = 0;
    std::int64_t leading = 0;
};

struct Operation {
    int compute = 0;
    bool transposedA = false;
};

std::uint64_t bytesOf(int type)
{
    switch (type) {
    case kReal64F: return 8;
    case kReal32F:
    case kReal32I: return 4;
    case kReal16F:
    case kReal16BF: return 2;
    default: return 1;
    }
}

template <class Number>
void product(std::uint64_t m, std::uint64_t n, std::uint64_t k, const Number *a, const Number *b, Number *c)
{
    for (std::uint64_t column = 0; column < n; ++column)
        for (std::uint64_t row = 0; row < m; ++row) {
            Number sum = 0;
            for (std::uint64_t at = 0; at < k; ++at)
                sum += a[row * k + at] * b[column * k + at];
            c[column * m + row] = sum;
        }
}

struct Comm {
    int rank = 0, ranks = 0, gpu = 0;
    int busyPolls = 0;
    NcclResult error = kNcclSuccess;
};

struct Reduction {
    Comm *comm;
    const float *send;
    float *receive;
    std::size_t count;
    CuStream stream;
};

std::vector<Reduction> group;
int reductions = 0;
std::mutex abortMutex;

NcclResult reduceGroup()
{
    if (group.empty())
        return kNcclSuccess;
    ++reductions;
    for (const Reduction &reduction : group) {
        if (mock().hangingRank >= 0 && (reductions >= mock().hangsAt || (reductions == mock().hangsAt - 1 && reduction.comm->rank == mock().hangingRank)))
            stall(reduction.stream);
        for (std::size_t at = 0; at < reduction.count; ++at) {
            float sum = 0;
            for (const Reduction &other : group)
                sum += other.send[at];
            reduction.receive[at] = sum;
        }
        if (mock().wrongSum && reduction.comm->rank == 1)
            reduction.receive[reduction.count - 1] += 1;
        reduction.comm->busyPolls = mock().pollsInProgress;
    }
    group.clear();
    return mock().pollsInProgress > 0 ? kNcclInProgress : kNcclSuccess;
}

} // namespace

#define MOCK_CALL(name)                                                                                                                   \
    if (const int error = called(name); error != 0)                                                                                       \
        return error;

extern "C" {

// ---- cuBLASLt ---------------------------------------------------------------------------------------------------------

std::size_t cublasLtGetVersion() { return mock().blasVersion; }
const char *cublasLtGetStatusName(BlasStatus status) { return status == kBlasNotSupported ? "CUBLAS_STATUS_NOT_SUPPORTED" : "CUBLAS_STATUS_OTHER"; }

BlasStatus cublasLtCreate(BlasHandle *handle)
{
    MOCK_CALL("cublasLtCreate")
    *handle = reinterpret_cast<BlasHandle>(&mock());
    return mock().blasCreates;
}

BlasStatus cublasLtDestroy(BlasHandle) { return 0; }

BlasStatus cublasLtMatmulDescCreate(BlasOperation *operation, int compute, int)
{
    MOCK_CALL("cublasLtMatmulDescCreate")
    *operation = reinterpret_cast<BlasOperation>(new Operation{compute});
    return 0;
}

BlasStatus cublasLtMatmulDescDestroy(BlasOperation operation) { delete reinterpret_cast<Operation *>(operation); return 0; }

BlasStatus cublasLtMatmulDescSetAttribute(BlasOperation operation, int attribute, const void *value, std::size_t bytes)
{
    MOCK_CALL("cublasLtMatmulDescSetAttribute")
    if (attribute == kOperationTransA && bytes == 4) {
        std::int32_t wanted = 0;
        std::memcpy(&wanted, value, 4);
        reinterpret_cast<Operation *>(operation)->transposedA = wanted == kTransposed;
        return 0;
    }
    return attribute == kOperationFastAccum && bytes == 1 ? 0 : 7;
}

BlasStatus cublasLtMatrixLayoutCreate(BlasLayout *layout, int type, std::uint64_t rows, std::uint64_t columns, std::int64_t leading)
{
    MOCK_CALL("cublasLtMatrixLayoutCreate")
    *layout = reinterpret_cast<BlasLayout>(new Layout{type, rows, columns, leading});
    return 0;
}

BlasStatus cublasLtMatrixLayoutDestroy(BlasLayout layout) { delete reinterpret_cast<Layout *>(layout); return 0; }

BlasStatus cublasLtMatmulPreferenceCreate(BlasPreference *preference)
{
    *preference = reinterpret_cast<BlasPreference>(new int(0));
    return 0;
}

BlasStatus cublasLtMatmulPreferenceDestroy(BlasPreference preference) { delete reinterpret_cast<int *>(preference); return 0; }
BlasStatus cublasLtMatmulPreferenceSetAttribute(BlasPreference, int attribute, const void *, std::size_t bytes)
{
    return attribute == kPreferenceWorkspace && bytes == sizeof(std::size_t) ? 0 : 7;
}

BlasStatus cublasLtMatmulAlgoGetHeuristic(BlasHandle, BlasOperation, BlasLayout, BlasLayout, BlasLayout, BlasLayout, BlasPreference, int most,
                                          BlasCandidate *candidates, int *found)
{
    MOCK_CALL("cublasLtMatmulAlgoGetHeuristic")
    *found = std::min(most, mock().candidates);
    for (int i = 0; i < *found; ++i) {
        candidates[i] = {};
        candidates[i].algorithm.data[0] = static_cast<std::uint64_t>(i);
    }
    return *found > 0 ? 0 : kBlasNotSupported;
}

/// Candidate 0 fails, 1 is slow, the others are quick.
BlasStatus cublasLtMatmul(BlasHandle, BlasOperation operation, const void *, const void *a, BlasLayout layoutA, const void *b, BlasLayout layoutB,
                          const void *, const void *, BlasLayout, void *c, BlasLayout layoutC, const BlasAlgorithm *algorithm, void *, std::size_t,
                          CuStream)
{
    const std::uint64_t which = algorithm->data[0];
    MOCK_CALL("cublasLtMatmul")
    ++mock().calls["algorithm " + std::to_string(which)];
    if (which == 0)
        return kBlasNotSupported;
    if (which == 1) {
        const timespec slow{0, 2'000'000};
        nanosleep(&slow, nullptr);
    }
    const Layout &sideA = *reinterpret_cast<Layout *>(layoutA);
    const Layout &sideB = *reinterpret_cast<Layout *>(layoutB);
    const Layout &sideC = *reinterpret_cast<Layout *>(layoutC);
    const std::uint64_t m = sideC.rows, n = sideC.columns, k = sideA.rows;
    const std::uint64_t bytes = m * n * bytesOf(sideC.type);
    if (!reinterpret_cast<Operation *>(operation)->transposedA || sideA.columns != m || sideB.rows != k || sideB.columns != n
        || !isMemory(reinterpret_cast<std::uint64_t>(a), m * k * bytesOf(sideA.type))
        || !isMemory(reinterpret_cast<std::uint64_t>(b), n * k * bytesOf(sideB.type)) || !isMemory(reinterpret_cast<std::uint64_t>(c), bytes))
        return 7;
    if (sideA.type == kReal64F)
        product(m, n, k, static_cast<const double *>(a), static_cast<const double *>(b), static_cast<double *>(c));
    else if (sideA.type == kReal32F)
        product(m, n, k, static_cast<const float *>(a), static_cast<const float *>(b), static_cast<float *>(c));
    else
        std::memset(c, *static_cast<const unsigned char *>(a), bytes);
    if (std::exchange(mock().wrongProduct, false))
        static_cast<unsigned char *>(c)[bytes / 2] ^= 1;
    return 0;
}

// ---- NCCL ----------------------------------------------------------------------------------------------------------------

NcclResult ncclGetVersion(int *version) { *version = 22809; return 0; }
const char *ncclGetErrorString(NcclResult) { return "mock error"; }
const char *ncclGetLastError(NcclComm) { return "as the mock was told"; }
NcclResult ncclGetUniqueId(NcclId *) { reductions = 0; MOCK_CALL("ncclGetUniqueId") return 0; }

NcclResult ncclCommInitRankConfig(NcclComm *comm, int ranks, NcclId, int rank, NcclConfig *config)
{
    MOCK_CALL("ncclCommInitRankConfig")
    if (config->magic != 0xcafebeef || config->size != 24 || config->blocking != 0)
        return 4;
    *comm = reinterpret_cast<NcclComm>(new Comm{rank, ranks, currentGpu(), mock().pollsInProgress});
    return kNcclInProgress;
}

NcclResult ncclCommGetAsyncError(NcclComm comm, NcclResult *state)
{
    MOCK_CALL("ncclCommGetAsyncError")
    Comm &own = *reinterpret_cast<Comm *>(comm);
    *state = own.busyPolls > 0 || own.rank == mock().neverConnects ? kNcclInProgress : own.error;
    own.busyPolls -= own.busyPolls > 0 ? 1 : 0;
    return 0;
}

NcclResult ncclCommAbort(NcclComm comm)
{
    const std::lock_guard lock(abortMutex);
    ++mock().aborted;
    delete reinterpret_cast<Comm *>(comm);
    return 0;
}

NcclResult ncclGroupStart() { MOCK_CALL("ncclGroupStart") return 0; }
NcclResult ncclGroupEnd() { MOCK_CALL("ncclGroupEnd") return reduceGroup(); }

NcclResult ncclAllReduce(const void *send, void *receive, std::size_t count, int type, int operation, NcclComm comm, CuStream stream)
{
    MOCK_CALL("ncclAllReduce")
    if (type != kNcclFloat || operation != kNcclSum || !isMemory(reinterpret_cast<std::uint64_t>(send), count * 4)
        || !isMemory(reinterpret_cast<std::uint64_t>(receive), count * 4))
        return 4;
    group.push_back({reinterpret_cast<Comm *>(comm), static_cast<const float *>(send), static_cast<float *>(receive), count, stream});
    return kNcclSuccess;
}

} // extern "C"
