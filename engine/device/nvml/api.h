// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// What of NVIDIA's management library is used here: own declarations of its documented binary interface (nvml.h of release 13,
/// whose structures have not changed since they appeared), so that neither its header nor the library is needed to build.
namespace seatrial::engine::nvml {

using Result = int;
using DeviceHandle = void *;
using EventSet = void *;

/// nvmlReturn_t
namespace result {
constexpr Result success = 0, uninitialized = 1, invalidArgument = 2, notSupported = 3, noPermission = 4, notFound = 6, insufficientSize = 7,
                 insufficientPower = 8, driverNotLoaded = 9, timeout = 10, irqIssue = 11, libraryNotFound = 12, functionNotFound = 13,
                 corruptedInforom = 14, gpuIsLost = 15, resetRequired = 16, operatingSystem = 17, versionMismatch = 18, memory = 20, noData = 21,
                 insufficientResources = 23, argumentVersionMismatch = 25, deprecated = 26, notReady = 27, gpuNotFound = 28, unknown = 999;
}

constexpr unsigned mostLinks = 36;

struct PciInfo { ///< nvmlPciInfo_t
    char busIdLegacy[16];
    unsigned domain, bus, device, pciDeviceId, pciSubSystemId;
    char busId[32];
};

union Value { ///< nvmlValue_t
    double asDouble;
    int asInt;
    unsigned asUnsigned;
    unsigned long asUnsignedLong;
    unsigned long long asUnsignedLongLong;
    long long asLongLong;
    unsigned short asUnsignedShort;
};

struct FieldValue { ///< nvmlFieldValue_t
    unsigned fieldId;
    unsigned scopeId;
    long long timestamp;
    long long latency;
    unsigned valueType;
    Result outcome;
    Value value;
};

struct RowHistogram { ///< nvmlRowRemapperHistogramValues_t
    unsigned max, high, partial, low, none;
};

struct ProcessInfo { ///< nvmlProcessInfo_v2_t
    unsigned pid;
    unsigned long long usedMemory;
    unsigned gpuInstance, computeInstance;
};

struct EventData { ///< nvmlEventData_t
    DeviceHandle device;
    unsigned long long type, data;
    unsigned gpuInstance, computeInstance;
};

struct FabricInfo1 { ///< nvmlGpuFabricInfo_t
    unsigned char clusterUuid[16];
    Result status;
    unsigned cliqueId;
    unsigned char state;
};

struct FabricInfo3 { ///< nvmlGpuFabricInfo_v3_t; version 2 is the same without the last member
    unsigned version;
    unsigned char clusterUuid[16];
    Result status;
    unsigned cliqueId;
    unsigned char state;
    unsigned healthMask;
    unsigned char healthSummary;
};

struct PlatformInfo { ///< nvmlPlatformInfo_v2_t; in version 1 the second number is the rack's GUID
    unsigned version;
    unsigned char ibGuid[16];
    unsigned char chassisSerial[16];
    unsigned char slot, tray, host, peerType, module;
};

struct SramEccStatus { ///< nvmlEccSramErrorStatus_v1_t
    unsigned version;
    unsigned long long aggregateParity, aggregateSecDed, aggregateCorrected, volatileParity, volatileSecDed, volatileCorrected, bucketL2, bucketSm,
        bucketPcie, bucketMcu, bucketOther;
    unsigned thresholdExceeded;
};

struct RepairStatus { ///< nvmlRepairStatus_v1_t
    unsigned version, channelPending, tpcPending;
};

struct UnrepairableMemory { ///< nvmlUnrepairableMemoryStatus_v1_t
    unsigned flag;
};

struct MarginTemperature { ///< nvmlMarginTemperature_v1_t
    unsigned version;
    int margin;
};

struct Memory { ///< nvmlMemory_t
    unsigned long long total, free, used;
};

/// NVML_STRUCT_VERSION: how a structure says which one it is.
constexpr unsigned versioned(std::size_t size, unsigned version)
{
    return unsigned(size) | (version << 24U);
}

static_assert(sizeof(PciInfo) == 68 && sizeof(FieldValue) == 40 && sizeof(ProcessInfo) == 24 && sizeof(EventData) == 32);
static_assert(sizeof(FabricInfo1) == 28 && sizeof(FabricInfo3) == 40 && sizeof(PlatformInfo) == 44 && sizeof(SramEccStatus) == 104);

constexpr std::size_t fabricInfo2Size = 36; ///< sizeof(nvmlGpuFabricInfo_v2_t)

namespace event {
constexpr unsigned long long xid = 0x8, gpuUnavailable = 0x4000, recoveryAction = 0x8000;
}

} // namespace seatrial::engine::nvml
