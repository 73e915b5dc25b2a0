// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What Seatrial uses of the CUDA driver's interface, declared here so that nothing of CUDA is needed to build it.
/// tests/engine/cuda compares it with NVIDIA's own header where that is installed.

#include <cstddef>
#include <cstdint>

namespace seatrial::engine::cuda {

using CuResult = int;
using CuDevice = int;
using CuAddress = std::uint64_t;
using CuContext = struct CuContextTag *;
using CuModule = struct CuModuleTag *;
using CuFunction = struct CuFunctionTag *;
using CuStream = struct CuStreamTag *;
using CuEvent = struct CuEventTag *;
struct CuUuid {
    char bytes[16];
};

enum : CuResult {
    kSuccess = 0,
    kOutOfMemory = 2,
    kNotInitialized = 3,
    kDeinitialized = 4,
    kStubLibrary = 34,
    kNewerDriverNeeded = 36,
    kDeviceUnavailable = 46,
    kNoDevice = 100,
    kInvalidDevice = 101,
    kNotLicensed = 102,
    kInvalidImage = 200,
    kNoBinaryForGpu = 209,
    kEccUncorrectable = 214,
    kUnsupportedLimit = 215,
    kPeerAccessUnsupported = 217,
    kInvalidPtx = 218,
    kNvlinkUncorrectable = 220,
    kNoJitCompiler = 221,
    kUnsupportedPtxVersion = 222,
    kJitDisabled = 223,
    kContained = 226,
    kInvalidSource = 300,
    kOperatingSystem = 304,
    kNotFound = 500,
    kNotReady = 600,
    kIllegalAddress = 700,
    kLaunchTimeout = 702,
    kPeerAccessAlreadyEnabled = 704,
    kContextIsDestroyed = 709,
    kAssert = 710,
    kTooManyPeers = 711,
    kHardwareStackError = 714,
    kIllegalInstruction = 715,
    kMisalignedAddress = 716,
    kInvalidAddressSpace = 717,
    kInvalidProgramCounter = 718,
    kLaunchFailed = 719,
    kNotPermitted = 800,
    kNotSupported = 801,
    kSystemNotReady = 802,
    kDriverMismatch = 803,
    kCompatNotSupported = 804,
    kFirstMpsError = 805,
    kLastMpsError = 810,
    kUnknown = 999,
};

enum : int { // attributes of a device
    kAttributeClockKhz = 13,
    kAttributeMultiprocessors = 16,
    kAttributeComputeMode = 20,
    kAttributeMemoryClockKhz = 36,
    kAttributeMemoryBusBits = 37,
    kAttributeL2Bytes = 38,
    kAttributeCapabilityMajor = 75,
    kAttributeCapabilityMinor = 76,
    kAttributeSharedPerMultiprocessor = 81,
    kAttributeSharedPerBlockOptin = 97,
};

enum : int { kComputeModeProhibited = 2, kComputeModeExclusiveProcess = 3 };
enum : int { kFunctionMaxDynamicShared = 8 };
enum : unsigned {
    kContextBlockingSync = 0x04, ///< waiting takes no CPU
    kEventBlockingSync = 0x1,
    kEventNoTiming = 0x2,
    kStreamNonBlocking = 0x1,
    kHostPortable = 0x1,
    kHostDeviceMap = 0x2,
};

/// name in this program, symbol in the library, parameters. All return CuResult.
#define SEATRIAL_CUDA_FUNCTIONS(need)                                                                                                     \
    need(init, "cuInit", (unsigned))                                                                                                      \
    need(driverVersion, "cuDriverGetVersion", (int *))                                                                                    \
    need(deviceCount, "cuDeviceGetCount", (int *))                                                                                        \
    need(device, "cuDeviceGet", (CuDevice *, int))                                                                                        \
    need(deviceName, "cuDeviceGetName", (char *, int, CuDevice))                                                                          \
    need(deviceUuid, "cuDeviceGetUuid", (CuUuid *, CuDevice))                                                                             \
    need(deviceMemory, "cuDeviceTotalMem_v2", (std::size_t *, CuDevice))                                                                  \
    need(deviceAttribute, "cuDeviceGetAttribute", (int *, int, CuDevice))                                                                 \
    need(devicePciAddress, "cuDeviceGetPCIBusId", (char *, int, CuDevice))                                                                \
    need(canAccessPeer, "cuDeviceCanAccessPeer", (int *, CuDevice, CuDevice))                                                             \
    need(retainContext, "cuDevicePrimaryCtxRetain", (CuContext *, CuDevice))                                                              \
    need(releaseContext, "cuDevicePrimaryCtxRelease", (CuDevice))                                                                         \
    need(setContextFlags, "cuDevicePrimaryCtxSetFlags", (CuDevice, unsigned))                                                             \
    need(setContext, "cuCtxSetCurrent", (CuContext))                                                                                      \
    need(enablePeerAccess, "cuCtxEnablePeerAccess", (CuContext, unsigned))                                                                \
    need(memoryInfo, "cuMemGetInfo_v2", (std::size_t *, std::size_t *))                                                                   \
    need(allocate, "cuMemAlloc_v2", (CuAddress *, std::size_t))                                                                           \
    need(release, "cuMemFree_v2", (CuAddress))                                                                                            \
    need(registerHost, "cuMemHostRegister_v2", (void *, std::size_t, unsigned))                                                           \
    need(unregisterHost, "cuMemHostUnregister", (void *))                                                                                 \
    need(hostAddress, "cuMemHostGetDevicePointer_v2", (CuAddress *, void *, unsigned))                                                    \
    need(copyAsync, "cuMemcpyAsync", (CuAddress, CuAddress, std::size_t, CuStream))                                                       \
    need(copyPeerAsync, "cuMemcpyPeerAsync", (CuAddress, CuContext, CuAddress, CuContext, std::size_t, CuStream))                         \
    need(copyToHost, "cuMemcpyDtoH_v2", (void *, CuAddress, std::size_t))                                                                 \
    need(setBytesAsync, "cuMemsetD8Async", (CuAddress, unsigned char, std::size_t, CuStream))                                             \
    need(createStream, "cuStreamCreate", (CuStream *, unsigned))                                                                          \
    need(destroyStream, "cuStreamDestroy_v2", (CuStream))                                                                                 \
    need(queryStream, "cuStreamQuery", (CuStream))                                                                                        \
    need(waitStream, "cuStreamSynchronize", (CuStream))                                                                                   \
    need(streamWaitsFor, "cuStreamWaitEvent", (CuStream, CuEvent, unsigned))                                                              \
    need(createEvent, "cuEventCreate", (CuEvent *, unsigned))                                                                             \
    need(destroyEvent, "cuEventDestroy_v2", (CuEvent))                                                                                    \
    need(recordEvent, "cuEventRecord", (CuEvent, CuStream))                                                                               \
    need(queryEvent, "cuEventQuery", (CuEvent))                                                                                           \
    need(waitEvent, "cuEventSynchronize", (CuEvent))                                                                                      \
    need(elapsed, "cuEventElapsedTime", (float *, CuEvent, CuEvent))                                                                      \
    need(loadModule, "cuModuleLoadData", (CuModule *, const void *))                                                                      \
    need(unloadModule, "cuModuleUnload", (CuModule))                                                                                      \
    need(moduleFunction, "cuModuleGetFunction", (CuFunction *, CuModule, const char *))                                                   \
    need(setFunctionAttribute, "cuFuncSetAttribute", (CuFunction, int, int))                                                              \
    need(occupancy, "cuOccupancyMaxActiveBlocksPerMultiprocessor", (int *, CuFunction, int, std::size_t))                                 \
    need(launch, "cuLaunchKernel",                                                                                                        \
         (CuFunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CuStream, void **, void **))                  \
    need(errorName, "cuGetErrorName", (CuResult, const char **))                                                                          \
    need(errorString, "cuGetErrorString", (CuResult, const char **))

/// The driver's functions; every one is there.
struct CudaApi {
#define SEATRIAL_MEMBER(name, symbol, parameters) CuResult(*name) parameters = nullptr;
    SEATRIAL_CUDA_FUNCTIONS(SEATRIAL_MEMBER)
#undef SEATRIAL_MEMBER
    /// Of a slice where the GPU is partitioned (MIG), else the same as deviceUuid; since CUDA 11.4, nullptr before.
    CuResult (*deviceUuidOfSlice)(CuUuid *, CuDevice) = nullptr;
};

} // namespace seatrial::engine::cuda
