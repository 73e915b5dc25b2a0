// SPDX-License-Identifier: Apache-2.0
#include "engine/device/nvml/library.h"

#include "engine/measure/text.h"

#include <cstdlib>
#include <cstring>

#include <dlfcn.h>

namespace seatrial::engine::nvml {

std::string Library::usualFile()
{
    const char *const other = std::getenv("SEATRIAL_NVML");
    return other && *other ? other : "libnvidia-ml.so.1";
}

Outcome<std::unique_ptr<Library>> Library::open(const std::string &file)
{
    // Local: an application's libraries must not find their symbols in it, nor it in theirs.
    void *const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *const why = dlerror();
        return DeviceProblem{DeviceTrouble::NotPresent,
                             "the NVIDIA management library cannot be opened (" + printable(why ? why : file) + "): no NVIDIA driver is installed"};
    }
    return std::unique_ptr<Library>(new Library(library));
}

Library::Library(void *library) : m_library(library)
{
    loadAll();
}

/// The library stays open: its threads and handlers do not survive an unloading.
Library::~Library() = default;

std::string Library::running() const
{
    const char *const function = m_running.load();
    return function ? function : "";
}

std::string Library::describe(const char *function, Result outcome) const
{
    const char *text = outcome == result::functionNotFound ? "the driver's library is older than this function" : nullptr;
    if (!text && m_errorString)
        text = m_errorString(outcome);
    return std::string(function) + ": " + printable(text ? text : "unknown error") + " (" + std::to_string(outcome) + ")";
}

DeviceTrouble Library::troubleOf(Result outcome)
{
    switch (outcome) {
    case result::invalidArgument: // what a library says of a structure or number that is newer than it
    case result::notSupported:
    case result::notFound:
    case result::functionNotFound:
    case result::noData:
    case result::argumentVersionMismatch:
    case result::deprecated:
    case result::notReady:
        return DeviceTrouble::NotSupported;
    case result::noPermission:
    case result::operatingSystem:
        return DeviceTrouble::NotPermitted;
    case result::gpuIsLost:
        return DeviceTrouble::Lost;
    case result::driverNotLoaded:
    case result::libraryNotFound:
    case result::versionMismatch:
    case result::gpuNotFound:
        return DeviceTrouble::NotPresent;
    case result::memory:
    case result::insufficientResources:
        return DeviceTrouble::OutOfMemory;
    default:
        return DeviceTrouble::Broken;
    }
}

template <class Signature>
void Library::load(Function<Signature> &function, const char *name, const char *older)
{
    void *symbol = dlsym(m_library, name);
    function.m_name = symbol || !older ? name : older;
    if (!symbol && older)
        symbol = dlsym(m_library, older);
    function.m_pointer = reinterpret_cast<decltype(function.m_pointer)>(symbol);
    function.m_running = &m_running;
}

void Library::loadAll()
{
    m_errorString = reinterpret_cast<decltype(m_errorString)>(dlsym(m_library, "nvmlErrorString"));
    load(init, "nvmlInit_v2", "nvmlInit");
    load(shutdown, "nvmlShutdown");
    load(driverVersion, "nvmlSystemGetDriverVersion");
    load(libraryVersion, "nvmlSystemGetNVMLVersion");
    load(cudaVersion, "nvmlSystemGetCudaDriverVersion_v2", "nvmlSystemGetCudaDriverVersion");
    load(processName, "nvmlSystemGetProcessName");
    load(count, "nvmlDeviceGetCount_v2", "nvmlDeviceGetCount");
    load(handle, "nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex");

    load(productName, "nvmlDeviceGetName");
    load(serial, "nvmlDeviceGetSerial");
    load(uuid, "nvmlDeviceGetUUID");
    load(vbios, "nvmlDeviceGetVbiosVersion");
    load(inforomImage, "nvmlDeviceGetInforomImageVersion");
    load(inforomVersion, "nvmlDeviceGetInforomVersion");
    load(boardPartNumber, "nvmlDeviceGetBoardPartNumber");
    load(gspFirmware, "nvmlDeviceGetGspFirmwareVersion");
    load(pciInfo, "nvmlDeviceGetPciInfo_v3");
    load(boardId, "nvmlDeviceGetBoardId");
    load(moduleId, "nvmlDeviceGetModuleId");
    load(minorNumber, "nvmlDeviceGetMinorNumber");
    load(architecture, "nvmlDeviceGetArchitecture");
    load(brand, "nvmlDeviceGetBrand");
    load(persistenceMode, "nvmlDeviceGetPersistenceMode");
    load(computeMode, "nvmlDeviceGetComputeMode");
    load(ownNumaNode, "nvmlDeviceGetNumaNodeId");
    load(cpuAffinity, "nvmlDeviceGetCpuAffinity");
    load(memoryAffinity, "nvmlDeviceGetMemoryAffinity");
    load(migMode, "nvmlDeviceGetMigMode");
    load(eccMode, "nvmlDeviceGetEccMode");
    load(platformInfo, "nvmlDeviceGetPlatformInfo");
    load(fabricInfoVersioned, "nvmlDeviceGetGpuFabricInfoV");
    load(fabricInfo, "nvmlDeviceGetGpuFabricInfo");

    load(totalEccErrors, "nvmlDeviceGetTotalEccErrors");
    load(memoryErrorCounter, "nvmlDeviceGetMemoryErrorCounter");
    load(sramEccStatus, "nvmlDeviceGetSramEccErrorStatus");
    load(repairStatus, "nvmlDeviceGetRepairStatus");
    load(unrepairableMemory, "nvmlDeviceGetUnrepairableMemoryFlag_v1");
    load(remappedRows, "nvmlDeviceGetRemappedRows");
    load(rowHistogram, "nvmlDeviceGetRowRemapperHistogram");
    load(pcieWidth, "nvmlDeviceGetCurrPcieLinkWidth");
    load(pcieWidthMax, "nvmlDeviceGetMaxPcieLinkWidth");
    load(pcieGeneration, "nvmlDeviceGetCurrPcieLinkGeneration");
    load(pcieGenerationMax, "nvmlDeviceGetMaxPcieLinkGeneration");
    load(pcieSpeed, "nvmlDeviceGetPcieSpeed");
    load(pcieReplays, "nvmlDeviceGetPcieReplayCounter");
    load(linkState, "nvmlDeviceGetNvLinkState");
    load(linkVersion, "nvmlDeviceGetNvLinkVersion");
    load(linkRemoteType, "nvmlDeviceGetNvLinkRemoteDeviceType");
    load(linkRemotePci, "nvmlDeviceGetNvLinkRemotePciInfo_v2");
    load(linkErrorCounter, "nvmlDeviceGetNvLinkErrorCounter");
    load(clockEventReasons, "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons");
    load(clock, "nvmlDeviceGetClockInfo");
    load(maxClock, "nvmlDeviceGetMaxClockInfo");
    load(temperature, "nvmlDeviceGetTemperature");
    load(temperatureThreshold, "nvmlDeviceGetTemperatureThreshold");
    load(powerUsage, "nvmlDeviceGetPowerUsage");
    load(powerLimit, "nvmlDeviceGetPowerManagementLimit");
    load(powerLimitEnforced, "nvmlDeviceGetEnforcedPowerLimit");
    load(powerLimitDefault, "nvmlDeviceGetPowerManagementDefaultLimit");
    load(powerLimits, "nvmlDeviceGetPowerManagementLimitConstraints");
    load(performanceState, "nvmlDeviceGetPerformanceState");
    load(marginTemperature, "nvmlDeviceGetMarginTemperature");
    load(memoryInfo, "nvmlDeviceGetMemoryInfo");
    load(computeProcesses, "nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2");
    load(graphicsProcesses, "nvmlDeviceGetGraphicsRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v2");
    load(mpsProcesses, "nvmlDeviceGetMPSComputeRunningProcesses_v3", "nvmlDeviceGetMPSComputeRunningProcesses_v2");
    load(fieldValues, "nvmlDeviceGetFieldValues");
    load(commonAncestor, "nvmlDeviceGetTopologyCommonAncestor");

    load(eventSetCreate, "nvmlEventSetCreate");
    load(eventSetFree, "nvmlEventSetFree");
    load(eventSetWait, "nvmlEventSetWait_v2", "nvmlEventSetWait");
    load(registerEvents, "nvmlDeviceRegisterEvents");
    load(supportedEvents, "nvmlDeviceGetSupportedEventTypes");
}

} // namespace seatrial::engine::nvml
