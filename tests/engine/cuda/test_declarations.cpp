// SPDX-License-Identifier: GPL-3.0-or-later
/// The engine's own declarations of NVIDIA's interfaces against NVIDIA's headers, where those are installed: the compiler
/// does the comparing.
#include "engine/device/cuda/cublas_api.h"
#include "engine/device/cuda/cuda_api.h"
#include "engine/device/cuda/nccl_api.h"
#include "tests/support/same_signature.h"

#include <QTest>

#if __has_include(<cuda.h>)
#define __CUDA_API_VERSION_INTERNAL // functions under the names that the library exports
#include <cuda.h>
#define HAVE_CUDA_HEADER
#endif
#if __has_include(<cublasLt.h>)
#include <cublasLt.h>
#define HAVE_CUBLAS_HEADER
#endif
#if __has_include(<nccl.h>)
#include <nccl.h>
#define HAVE_NCCL_HEADER
#endif

namespace own = seatrial::engine::cuda;

using seatrial::tests::Same;

#ifdef HAVE_CUDA_HEADER
#define SAME(member, function) static_assert(Same<decltype(own::CudaApi::member), decltype(&::function)>::value, #function);
SAME(init, cuInit)
SAME(driverVersion, cuDriverGetVersion)
SAME(deviceCount, cuDeviceGetCount)
SAME(device, cuDeviceGet)
SAME(deviceName, cuDeviceGetName)
SAME(deviceUuid, cuDeviceGetUuid)
SAME(deviceUuidOfSlice, cuDeviceGetUuid_v2)
SAME(deviceMemory, cuDeviceTotalMem_v2)
SAME(deviceAttribute, cuDeviceGetAttribute)
SAME(devicePciAddress, cuDeviceGetPCIBusId)
SAME(canAccessPeer, cuDeviceCanAccessPeer)
SAME(retainContext, cuDevicePrimaryCtxRetain)
SAME(releaseContext, cuDevicePrimaryCtxRelease_v2)
SAME(setContextFlags, cuDevicePrimaryCtxSetFlags_v2)
SAME(setContext, cuCtxSetCurrent)
SAME(enablePeerAccess, cuCtxEnablePeerAccess)
SAME(memoryInfo, cuMemGetInfo_v2)
SAME(allocate, cuMemAlloc_v2)
SAME(release, cuMemFree_v2)
SAME(registerHost, cuMemHostRegister_v2)
SAME(unregisterHost, cuMemHostUnregister)
SAME(hostAddress, cuMemHostGetDevicePointer_v2)
SAME(copyAsync, cuMemcpyAsync)
SAME(copyPeerAsync, cuMemcpyPeerAsync)
SAME(copyToHost, cuMemcpyDtoH_v2)
SAME(setBytesAsync, cuMemsetD8Async)
SAME(createStream, cuStreamCreate)
SAME(destroyStream, cuStreamDestroy_v2)
SAME(queryStream, cuStreamQuery)
SAME(waitStream, cuStreamSynchronize)
SAME(streamWaitsFor, cuStreamWaitEvent)
SAME(createEvent, cuEventCreate)
SAME(destroyEvent, cuEventDestroy_v2)
SAME(recordEvent, cuEventRecord)
SAME(queryEvent, cuEventQuery)
SAME(waitEvent, cuEventSynchronize)
SAME(elapsed, cuEventElapsedTime)
SAME(loadModule, cuModuleLoadData)
SAME(unloadModule, cuModuleUnload)
SAME(moduleFunction, cuModuleGetFunction)
SAME(setFunctionAttribute, cuFuncSetAttribute)
SAME(occupancy, cuOccupancyMaxActiveBlocksPerMultiprocessor)
SAME(launch, cuLaunchKernel)
SAME(errorName, cuGetErrorName)
SAME(errorString, cuGetErrorString)
#undef SAME
static_assert(sizeof(own::CuUuid) == sizeof(::CUuuid));
#define EQUAL(mine, theirs) static_assert(static_cast<long long>(own::mine) == static_cast<long long>(theirs), #theirs);
EQUAL(kSuccess, CUDA_SUCCESS)
EQUAL(kOutOfMemory, CUDA_ERROR_OUT_OF_MEMORY)
EQUAL(kNotInitialized, CUDA_ERROR_NOT_INITIALIZED)
EQUAL(kDeinitialized, CUDA_ERROR_DEINITIALIZED)
EQUAL(kStubLibrary, CUDA_ERROR_STUB_LIBRARY)
EQUAL(kNewerDriverNeeded, 36) // CUDA_ERROR_CALL_REQUIRES_NEWER_DRIVER, since 12.x
EQUAL(kDeviceUnavailable, CUDA_ERROR_DEVICE_UNAVAILABLE)
EQUAL(kNoDevice, CUDA_ERROR_NO_DEVICE)
EQUAL(kInvalidDevice, CUDA_ERROR_INVALID_DEVICE)
EQUAL(kNotLicensed, CUDA_ERROR_DEVICE_NOT_LICENSED)
EQUAL(kInvalidImage, CUDA_ERROR_INVALID_IMAGE)
EQUAL(kNoBinaryForGpu, CUDA_ERROR_NO_BINARY_FOR_GPU)
EQUAL(kEccUncorrectable, CUDA_ERROR_ECC_UNCORRECTABLE)
EQUAL(kUnsupportedLimit, CUDA_ERROR_UNSUPPORTED_LIMIT)
EQUAL(kPeerAccessUnsupported, CUDA_ERROR_PEER_ACCESS_UNSUPPORTED)
EQUAL(kInvalidPtx, CUDA_ERROR_INVALID_PTX)
EQUAL(kNvlinkUncorrectable, CUDA_ERROR_NVLINK_UNCORRECTABLE)
EQUAL(kNoJitCompiler, CUDA_ERROR_JIT_COMPILER_NOT_FOUND)
EQUAL(kUnsupportedPtxVersion, CUDA_ERROR_UNSUPPORTED_PTX_VERSION)
EQUAL(kJitDisabled, CUDA_ERROR_JIT_COMPILATION_DISABLED)
EQUAL(kContained, 226) // CUDA_ERROR_CONTAINED, since 12.8
EQUAL(kInvalidSource, CUDA_ERROR_INVALID_SOURCE)
EQUAL(kOperatingSystem, CUDA_ERROR_OPERATING_SYSTEM)
EQUAL(kNotFound, CUDA_ERROR_NOT_FOUND)
EQUAL(kNotReady, CUDA_ERROR_NOT_READY)
EQUAL(kIllegalAddress, CUDA_ERROR_ILLEGAL_ADDRESS)
EQUAL(kLaunchTimeout, CUDA_ERROR_LAUNCH_TIMEOUT)
EQUAL(kPeerAccessAlreadyEnabled, CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED)
EQUAL(kContextIsDestroyed, CUDA_ERROR_CONTEXT_IS_DESTROYED)
EQUAL(kAssert, CUDA_ERROR_ASSERT)
EQUAL(kTooManyPeers, CUDA_ERROR_TOO_MANY_PEERS)
EQUAL(kHardwareStackError, CUDA_ERROR_HARDWARE_STACK_ERROR)
EQUAL(kIllegalInstruction, CUDA_ERROR_ILLEGAL_INSTRUCTION)
EQUAL(kMisalignedAddress, CUDA_ERROR_MISALIGNED_ADDRESS)
EQUAL(kInvalidAddressSpace, CUDA_ERROR_INVALID_ADDRESS_SPACE)
EQUAL(kInvalidProgramCounter, CUDA_ERROR_INVALID_PC)
EQUAL(kLaunchFailed, CUDA_ERROR_LAUNCH_FAILED)
EQUAL(kNotPermitted, CUDA_ERROR_NOT_PERMITTED)
EQUAL(kNotSupported, CUDA_ERROR_NOT_SUPPORTED)
EQUAL(kSystemNotReady, CUDA_ERROR_SYSTEM_NOT_READY)
EQUAL(kDriverMismatch, CUDA_ERROR_SYSTEM_DRIVER_MISMATCH)
EQUAL(kCompatNotSupported, CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE)
EQUAL(kFirstMpsError, CUDA_ERROR_MPS_CONNECTION_FAILED)
EQUAL(kLastMpsError, CUDA_ERROR_MPS_CLIENT_TERMINATED)
EQUAL(kUnknown, CUDA_ERROR_UNKNOWN)
EQUAL(kAttributeClockKhz, CU_DEVICE_ATTRIBUTE_CLOCK_RATE)
EQUAL(kAttributeMultiprocessors, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)
EQUAL(kAttributeComputeMode, CU_DEVICE_ATTRIBUTE_COMPUTE_MODE)
EQUAL(kAttributeMemoryClockKhz, CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE)
EQUAL(kAttributeMemoryBusBits, CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH)
EQUAL(kAttributeL2Bytes, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE)
EQUAL(kAttributeCapabilityMajor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
EQUAL(kAttributeCapabilityMinor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)
EQUAL(kAttributeSharedPerMultiprocessor, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR)
EQUAL(kAttributeSharedPerBlockOptin, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)
EQUAL(kComputeModeProhibited, CU_COMPUTEMODE_PROHIBITED)
EQUAL(kComputeModeExclusiveProcess, CU_COMPUTEMODE_EXCLUSIVE_PROCESS)
EQUAL(kFunctionMaxDynamicShared, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES)
EQUAL(kContextBlockingSync, CU_CTX_SCHED_BLOCKING_SYNC)
EQUAL(kEventBlockingSync, CU_EVENT_BLOCKING_SYNC)
EQUAL(kEventNoTiming, CU_EVENT_DISABLE_TIMING)
EQUAL(kStreamNonBlocking, CU_STREAM_NON_BLOCKING)
EQUAL(kHostPortable, CU_MEMHOSTREGISTER_PORTABLE)
EQUAL(kHostDeviceMap, CU_MEMHOSTREGISTER_DEVICEMAP)
#undef EQUAL
#endif

#ifdef HAVE_CUBLAS_HEADER
#define SAME(member, function) static_assert(Same<decltype(own::BlasApi::member), decltype(&::function)>::value, #function);
SAME(create, cublasLtCreate)
SAME(destroy, cublasLtDestroy)
SAME(createOperation, cublasLtMatmulDescCreate)
SAME(destroyOperation, cublasLtMatmulDescDestroy)
SAME(setOperation, cublasLtMatmulDescSetAttribute)
SAME(createLayout, cublasLtMatrixLayoutCreate)
SAME(destroyLayout, cublasLtMatrixLayoutDestroy)
SAME(createPreference, cublasLtMatmulPreferenceCreate)
SAME(destroyPreference, cublasLtMatmulPreferenceDestroy)
SAME(setPreference, cublasLtMatmulPreferenceSetAttribute)
SAME(candidates, cublasLtMatmulAlgoGetHeuristic)
SAME(multiply, cublasLtMatmul)
SAME(version, cublasLtGetVersion)
SAME(statusName, cublasLtGetStatusName)
#undef SAME
static_assert(sizeof(own::BlasAlgorithm) == sizeof(cublasLtMatmulAlgo_t));
static_assert(sizeof(own::BlasCandidate) == sizeof(cublasLtMatmulHeuristicResult_t));
static_assert(offsetof(own::BlasCandidate, workspaceBytes) == offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize));
static_assert(offsetof(own::BlasCandidate, state) == offsetof(cublasLtMatmulHeuristicResult_t, state));
#define EQUAL(mine, theirs) static_assert(static_cast<long long>(own::mine) == static_cast<long long>(theirs), #theirs);
EQUAL(kBlasNotInitialized, CUBLAS_STATUS_NOT_INITIALIZED)
EQUAL(kBlasAllocFailed, CUBLAS_STATUS_ALLOC_FAILED)
EQUAL(kBlasArchMismatch, CUBLAS_STATUS_ARCH_MISMATCH)
EQUAL(kBlasNotSupported, CUBLAS_STATUS_NOT_SUPPORTED)
EQUAL(kReal32F, CUDA_R_32F)
EQUAL(kReal64F, CUDA_R_64F)
EQUAL(kReal16F, CUDA_R_16F)
EQUAL(kReal8I, CUDA_R_8I)
EQUAL(kReal32I, CUDA_R_32I)
EQUAL(kReal16BF, CUDA_R_16BF)
EQUAL(kReal8F_E4M3, CUDA_R_8F_E4M3)
EQUAL(kCompute32F, CUBLAS_COMPUTE_32F)
EQUAL(kCompute64F, CUBLAS_COMPUTE_64F)
EQUAL(kCompute32I, CUBLAS_COMPUTE_32I)
EQUAL(kCompute32F_FastTf32, CUBLAS_COMPUTE_32F_FAST_TF32)
EQUAL(kOperationTransA, CUBLASLT_MATMUL_DESC_TRANSA)
EQUAL(kOperationFastAccum, CUBLASLT_MATMUL_DESC_FAST_ACCUM)
EQUAL(kPreferenceWorkspace, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES)
EQUAL(kTransposed, CUBLAS_OP_T)
#undef EQUAL
#endif

#ifdef HAVE_NCCL_HEADER
#define SAME(member, function) static_assert(Same<decltype(own::NcclApi::member), decltype(&::function)>::value, #function);
SAME(version, ncclGetVersion)
SAME(uniqueId, ncclGetUniqueId)
SAME(initRank, ncclCommInitRankConfig)
SAME(asyncError, ncclCommGetAsyncError)
SAME(abort, ncclCommAbort)
SAME(groupStart, ncclGroupStart)
SAME(groupEnd, ncclGroupEnd)
SAME(allReduce, ncclAllReduce)
SAME(errorString, ncclGetErrorString)
SAME(lastError, ncclGetLastError)
#undef SAME
static_assert(sizeof(own::NcclId) == sizeof(ncclUniqueId));
static_assert(offsetof(own::NcclConfig, magic) == offsetof(ncclConfig_t, magic));
static_assert(offsetof(own::NcclConfig, version) == offsetof(ncclConfig_t, version));
static_assert(offsetof(own::NcclConfig, blocking) == offsetof(ncclConfig_t, blocking));
static_assert(offsetof(own::NcclConfig, unset) == offsetof(ncclConfig_t, cgaClusterSize));
#define EQUAL(mine, theirs) static_assert(static_cast<long long>(own::mine) == static_cast<long long>(theirs), #theirs);
EQUAL(kNcclInProgress, ncclInProgress)
EQUAL(kNcclSystemError, ncclSystemError)
EQUAL(kNcclCudaError, ncclUnhandledCudaError)
EQUAL(kNcclFloat, ncclFloat)
EQUAL(kNcclSum, ncclSum)
#undef EQUAL
#endif

class TestDeclarations : public QObject
{
    Q_OBJECT

private slots:
    void cudaDriver()
    {
#ifdef HAVE_CUDA_HEADER
        QVERIFY(CUDA_VERSION >= 11000);
#else
        QSKIP("there is no cuda.h here to compare with");
#endif
    }

    void cublasLt()
    {
#ifdef HAVE_CUBLAS_HEADER
        QVERIFY(CUBLAS_VERSION >= 11000);
#else
        QSKIP("there is no cublasLt.h here to compare with");
#endif
    }

    void nccl()
    {
#ifdef HAVE_NCCL_HEADER
        const ncclConfig_t theirs = NCCL_CONFIG_INITIALIZER;
        const own::NcclConfig ours;
        QCOMPARE(ours.magic, theirs.magic);
        QCOMPARE(ours.unset, theirs.cgaClusterSize);
        QVERIFY(ours.size < theirs.size);
#else
        QSKIP("there is no nccl.h here to compare with");
#endif
    }
};

QTEST_GUILESS_MAIN(TestDeclarations)
#include "test_declarations.moc"
