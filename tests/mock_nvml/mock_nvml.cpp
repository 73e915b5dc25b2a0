// SPDX-License-Identifier: GPL-3.0-or-later
// A library with the symbols of NVIDIA's management library, for tests: what it answers is written in a text file (state.h).
// With MOCK_NVML_OLD it is one of long ago: the first version of each function, and none that came later.
#include "engine/device/nvml/api.h"
#include "tests/mock_nvml/state.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <sstream>

using namespace seatrial::engine::nvml;
using mock_nvml::State;

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

std::recursive_mutex mutex;

int indexOf(DeviceHandle device)
{
    return int(reinterpret_cast<std::uintptr_t>(device)) - 1;
}

/// Does what every function does first: hangs, fails, or goes on with the state.
template <class Work>
Result answer(const char *function, DeviceHandle device, Work work)
{
    const int gpu = device ? indexOf(device) : -1;
    int code = 0;
    {
        const std::unique_lock lock(mutex);
        State &state = State::now();
        if (device && (gpu < 0 || gpu >= state.gpus))
            return result::invalidArgument;
        code = state.enter(function, gpu);
        if (code == 0)
            return work(state, gpu);
    }
    return code;
}

Result put(const std::string &text, char *to, unsigned length)
{
    if (text.empty())
        return result::notSupported;
    if (text.size() + 1 > length)
        return result::insufficientSize;
    std::memcpy(to, text.c_str(), text.size() + 1);
    return result::success;
}

template <class Number>
Result put(const std::optional<double> &value, Number *to)
{
    if (!value)
        return result::notSupported;
    *to = Number(*value);
    return result::success;
}

Result pciOf(State &state, int gpu, PciInfo *pci)
{
    *pci = {};
    pci->bus = unsigned(state.number(gpu, "pci_bus").value_or(0));
    pci->pciDeviceId = unsigned(state.number(gpu, "pci_device_id").value_or(0));
    pci->pciSubSystemId = unsigned(state.number(gpu, "pci_subsystem_id").value_or(0));
    std::snprintf(pci->busId, sizeof pci->busId, "%08X:%02X:%02X.0", pci->domain, pci->bus, pci->device);
    std::snprintf(pci->busIdLegacy, sizeof pci->busIdLegacy, "%04X:%02X:%02X.0", pci->domain, pci->bus, pci->device);
    return result::success;
}

const std::map<unsigned, const char *> fieldKeys{
    {29, "retired_pages_correctable"}, {30, "retired_pages_uncorrectable"}, {31, "retired_pages_pending"}, {74, "clock_limited_by_power"},
    {76, "clock_limited_by_sync_boost"}, {82, "memory_temperature"}, {91, "links"}, {95, "pcie_replay_rollovers"}, {164, "nvlink_speed"},
    {169, "pcie_recoveries"}, {170, "c2c_links"}, {171, "c2c_state"}, {172, "c2c_speed"}, {173, "pcie_correctable_errors"}, {174, "pcie_naks_received"}, {175, "pcie_receiver_errors"},
    {176, "pcie_bad_tlp"}, {177, "pcie_naks_sent"}, {178, "pcie_bad_dllp"}, {179, "pcie_non_fatal_errors"}, {180, "pcie_fatal_errors"},
    {181, "pcie_unsupported_requests"}, {182, "pcie_lcrc_errors"}, {183, "pcie_lane_errors"}, {185, "power_average"}, {186, "power"},
    {193, "temperature_shutdown_margin"}, {194, "temperature_slowdown_margin"}, {195, "memory_temperature_max_margin"}, {196, "temperature_max_margin"},
    {206, "nvlink_malformed_packets"}, {207, "nvlink_buffer_overruns"}, {208, "nvlink_receive_errors"}, {209, "nvlink_remote_errors"},
    {210, "nvlink_header_errors"}, {211, "nvlink_integrity_errors"}, {212, "nvlink_discards"}, {213, "nvlink_recoveries_succeeded"},
    {214, "nvlink_recoveries_failed"}, {219, "nvlink_effective_errors"}, {220, "nvlink_effective_ber"}, {221, "nvlink_symbol_errors"},
    {222, "nvlink_symbol_ber"}, {230, "recovery_action"}, {231, "c2c_crc_errors"}, {232, "c2c_replays"}, {233, "c2c_replays_in_a_row"}, {269, "clock_limited_by_software_thermal"}, {270, "clock_limited_by_hardware_thermal"},
    {271, "clock_limited_by_power_brake"}, {293, "nvlink_raw_ber"}, {301, "row_remap_correctable_inactive"}, {302, "row_remap_uncorrectable_inactive"},
};

[[maybe_unused]] void fill(State &state, int gpu, FieldValue &field)
{
    const auto known = fieldKeys.find(field.fieldId);
    field.outcome = state.fieldCode(field.fieldId);
    if (field.outcome != result::success)
        return;
    const std::string key = known == fieldKeys.end() ? std::string() : known->second;
    const bool ofLink = key.starts_with("nvlink_") || (key.starts_with("c2c_") && key != "c2c_links");
    const int link = ofLink ? int(field.scopeId) : -1;
    const auto value = key.empty() ? std::nullopt : state.number(gpu, key, link);
    field.outcome = value ? result::success : result::notSupported;
    constexpr unsigned asUnsigned = 1, asUnsignedLongLong = 3, asInt = 5;
    if (!value)
        return;
    if (*value < 0) {
        field.valueType = asInt;
        field.value.asInt = int(*value);
    } else if (field.fieldId >= 200 || field.fieldId < 80) {
        field.valueType = asUnsignedLongLong;
        field.value.asUnsignedLongLong = static_cast<unsigned long long>(*value);
    } else {
        field.valueType = asUnsigned;
        field.value.asUnsigned = unsigned(*value);
    }
}

const char *const places[] = {"l1", "l2", "dram", "registers", "texture", "shared_memory", "cbu", "sram"};

std::string eccKey(const char *place, unsigned kind, unsigned time)
{
    return std::string("ecc_") + place + (kind ? "_uncorrectable_" : "_correctable_") + (time ? "aggregate" : "volatile");
}

[[maybe_unused]] Result processesOf(const char *function, DeviceHandle device, unsigned *count, ProcessInfo *infos)
{
    return answer(function, device, [&](State &state, int gpu) {
        unsigned found = 0;
        for (const auto &process : state.processes) {
            if (process.gpu == gpu && found < *count)
                infos[found++] = {process.pid, process.memory, ~0U, ~0U};
        }
        *count = found;
        return result::success;
    });
}

} // namespace

#define TEXT(function, key) \
    EXPORT Result function(DeviceHandle device, char *text, unsigned length) \
    { return answer(#function, device, [&](State &state, int gpu) { return put(state.text(gpu, key), text, length); }); }
#define NUMBER(function, key) \
    EXPORT Result function(DeviceHandle device, unsigned *number) \
    { return answer(#function, device, [&](State &state, int gpu) { return put(state.number(gpu, key), number); }); }

EXPORT const char *nvmlErrorString(Result code)
{
    switch (code) {
    case result::success: return "Success";
    case result::notSupported: return "Not Supported";
    case result::noPermission: return "Insufficient Permissions";
    case result::driverNotLoaded: return "Driver Not Loaded";
    case result::gpuIsLost: return "GPU is lost";
    case result::versionMismatch: return "Driver/library version mismatch";
    case result::timeout: return "Timeout";
    default: return "Unknown Error";
    }
}

#ifdef MOCK_NVML_OLD
EXPORT Result nvmlInit() { return answer("nvmlInit", nullptr, [](State &, int) { return result::success; }); }
EXPORT Result nvmlDeviceGetCount(unsigned *count)
#else
EXPORT Result nvmlInit_v2() { return answer("nvmlInit_v2", nullptr, [](State &, int) { return result::success; }); }
EXPORT Result nvmlDeviceGetCount_v2(unsigned *count)
#endif
{
    return answer("nvmlDeviceGetCount_v2", nullptr, [&](State &state, int) { return *count = unsigned(state.gpus), result::success; });
}
EXPORT Result nvmlShutdown() { return result::success; }
EXPORT Result nvmlSystemGetDriverVersion(char *text, unsigned length)
{
    return answer(__func__, nullptr, [&](State &state, int) { return put(state.driver, text, length); });
}
EXPORT Result nvmlSystemGetNVMLVersion(char *text, unsigned length)
{
    return answer(__func__, nullptr, [&](State &state, int) { return put(state.nvml, text, length); });
}
#ifdef MOCK_NVML_OLD
EXPORT Result nvmlDeviceGetHandleByIndex(unsigned index, DeviceHandle *device)
#else
EXPORT Result nvmlDeviceGetHandleByIndex_v2(unsigned index, DeviceHandle *device)
#endif
{
    const std::lock_guard lock(mutex);
    State &state = State::now();
    if (int(index) >= state.gpus)
        return result::invalidArgument;
    *device = reinterpret_cast<DeviceHandle>(std::uintptr_t(index) + 1);
    return state.enter("nvmlDeviceGetHandleByIndex_v2", int(index));
}

TEXT(nvmlDeviceGetName, "name")
TEXT(nvmlDeviceGetSerial, "serial")
TEXT(nvmlDeviceGetUUID, "uuid")
TEXT(nvmlDeviceGetVbiosVersion, "vbios")
TEXT(nvmlDeviceGetInforomImageVersion, "inforom_image")
NUMBER(nvmlDeviceGetMinorNumber, "minor_number")
NUMBER(nvmlDeviceGetPersistenceMode, "persistence_mode")
NUMBER(nvmlDeviceGetComputeMode, "compute_mode")
NUMBER(nvmlDeviceGetCurrPcieLinkWidth, "pcie_width")
NUMBER(nvmlDeviceGetMaxPcieLinkWidth, "pcie_width_max")
NUMBER(nvmlDeviceGetCurrPcieLinkGeneration, "pcie_generation")
NUMBER(nvmlDeviceGetMaxPcieLinkGeneration, "pcie_generation_max")
NUMBER(nvmlDeviceGetPcieReplayCounter, "pcie_replays")
NUMBER(nvmlDeviceGetPowerUsage, "power_average")
NUMBER(nvmlDeviceGetPowerManagementLimit, "power_limit")
NUMBER(nvmlDeviceGetPowerManagementDefaultLimit, "power_limit_default")
NUMBER(nvmlDeviceGetPerformanceState, "performance_state")

EXPORT Result nvmlDeviceGetPciInfo_v3(DeviceHandle device, PciInfo *pci)
{
    return answer(__func__, device, [&](State &state, int gpu) { return pciOf(state, gpu, pci); });
}
EXPORT Result nvmlDeviceGetEccMode(DeviceHandle device, unsigned *current, unsigned *pending)
{
    return answer(__func__, device, [&](State &state, int gpu) { return put(state.number(gpu, "ecc_mode"), current) | put(state.number(gpu, "ecc_mode_pending"), pending); });
}
EXPORT Result nvmlDeviceGetClockInfo(DeviceHandle device, unsigned which, unsigned *clock)
{
    return answer(__func__, device, [&](State &state, int gpu) { return put(state.number(gpu, which == 2 ? "memory_clock" : "core_clock"), clock); });
}
EXPORT Result nvmlDeviceGetMaxClockInfo(DeviceHandle device, unsigned which, unsigned *clock)
{
    return answer(__func__, device, [&](State &state, int gpu) { return put(state.number(gpu, which == 2 ? "memory_clock_max" : "core_clock_max"), clock); });
}
EXPORT Result nvmlDeviceGetTemperature(DeviceHandle device, unsigned, unsigned *degrees)
{
    return answer(__func__, device, [&](State &state, int gpu) { return put(state.number(gpu, "temperature"), degrees); });
}
EXPORT Result nvmlDeviceGetTotalEccErrors(DeviceHandle device, unsigned kind, unsigned time, unsigned long long *count)
{
    return answer(__func__, device, [&](State &state, int gpu) {
        double sum = 0;
        for (const char *place : {"dram", "sram"})
            sum += state.number(gpu, eccKey(place, kind, time)).value_or(0);
        return put(std::optional(sum), count);
    });
}
EXPORT Result nvmlDeviceGetMemoryErrorCounter(DeviceHandle device, unsigned kind, unsigned time, unsigned place, unsigned long long *count)
{
    return answer(__func__, device, [&](State &state, int gpu) { return place < 8 ? put(state.number(gpu, eccKey(places[place], kind, time)), count) : result::invalidArgument; });
}
EXPORT Result nvmlDeviceGetMemoryInfo(DeviceHandle device, Memory *memory)
{
    return answer(__func__, device, [&](State &state, int gpu) {
        *memory = {};
        put(state.number(gpu, "memory_total"), &memory->total);
        return put(state.number(gpu, "memory_used"), &memory->used);
    });
}
EXPORT Result nvmlDeviceGetNvLinkState(DeviceHandle device, unsigned link, unsigned *active)
{
    return answer(__func__, device, [&](State &state, int gpu) {
        return link < state.number(gpu, "links").value_or(0) ? put(state.number(gpu, "nvlink_state", int(link)), active) : result::invalidArgument;
    });
}
EXPORT Result nvmlDeviceGetTopologyCommonAncestor(DeviceHandle one, DeviceHandle two, unsigned *level)
{
    return answer(__func__, one, [&](State &state, int gpu) {
        const int other = indexOf(two);
        const auto known = state.ancestors.find({std::min(gpu, other), std::max(gpu, other)});
        *level = known == state.ancestors.end() ? 50 : known->second;
        return result::success;
    });
}

#ifdef MOCK_NVML_OLD
EXPORT Result nvmlDeviceGetCurrentClocksThrottleReasons(DeviceHandle device, unsigned long long *mask)
{
    return answer(__func__, device, [&](State &state, int gpu) { return put(state.number(gpu, "clock_event_reasons"), mask); });
}
#else
EXPORT Result nvmlSystemGetCudaDriverVersion_v2(int *version)
{
    return answer(__func__, nullptr, [&](State &state, int) { return *version = state.cuda, result::success; });
}
EXPORT Result nvmlSystemGetProcessName(unsigned pid, char *name, unsigned length)
{
    return answer(__func__, nullptr, [&](State &state, int) {
        for (const auto &process : state.processes) {
            if (process.pid == pid)
                return put(process.name, name, length);
        }
        return result::notFound;
    });
}
TEXT(nvmlDeviceGetBoardPartNumber, "board_part_number")
NUMBER(nvmlDeviceGetBoardId, "board_id")
NUMBER(nvmlDeviceGetModuleId, "module_id")
NUMBER(nvmlDeviceGetArchitecture, "architecture")
NUMBER(nvmlDeviceGetBrand, "brand")
NUMBER(nvmlDeviceGetNumaNodeId, "gpu_numa_id")

/// A list of numbers ("0 3 4") as bits.
static Result bitsOf(State &state, int gpu, const char *key, unsigned words, unsigned long *bits)
{
    const std::string list = state.text(gpu, key);
    if (list.empty())
        return result::notSupported;
    std::fill_n(bits, words, 0UL);
    std::istringstream stream(list);
    for (unsigned number = 0; stream >> number;) {
        if (number / 64 >= words)
            return result::insufficientSize;
        bits[number / 64] |= 1UL << number % 64;
    }
    return result::success;
}
EXPORT Result nvmlDeviceGetCpuAffinity(DeviceHandle device, unsigned words, unsigned long *bits)
{
    return answer(__func__, device, [&](State &state, int gpu) { return bitsOf(state, gpu, "cpu_affinity", words, bits); });
}
EXPORT Result nvmlDeviceGetMemoryAffinity(DeviceHandle device, unsigned words, unsigned long *bits, unsigned)
{
    return answer(__func__, device, [&](State &state, int gpu) { return bitsOf(state, gpu, "numa_affinity", words, bits); });
}
NUMBER(nvmlDeviceGetPcieSpeed, "pcie_speed")
NUMBER(nvmlDeviceGetEnforcedPowerLimit, "power_limit_enforced")

EXPORT Result nvmlDeviceGetInforomVersion(DeviceHandle device, unsigned object, char *text, unsigned length)
{
    constexpr const char *keys[] = {"inforom_oem", "inforom_ecc", "inforom_power"};
    return answer(__func__, device, [&](State &state, int gpu) { return object < 3 ? put(state.text(gpu, keys[object]), text, length) : result::invalidArgument; });
}
EXPORT Result nvmlDeviceGetGspFirmwareVersion(DeviceHandle device, char *text)
{
    return answer(__func__, device, [&](State &state, int gpu) { return put(state.text(gpu, "gsp_firmware"), text, 64); });
}
EXPORT Result nvmlDeviceGetMigMode(DeviceHandle device, unsigned *current, unsigned *pending)
{
    return answer(__func__, device, [&](State &state, int gpu) { return put(state.number(gpu, "mig_mode"), current) | put(state.number(gpu, "mig_mode_pending"), pending); });
}
EXPORT Result nvmlDeviceGetPlatformInfo(DeviceHandle device, PlatformInfo *info)
{
    return answer(__func__, device, [&](State &state, int gpu) {
        if (state.text(gpu, "slot").empty())
            return result::notSupported;
        if (info->version != versioned(sizeof *info, 2))
            return result::argumentVersionMismatch;
        const std::string serial = state.text(gpu, "chassis_serial");
        std::memcpy(info->chassisSerial, serial.data(), std::min(serial.size(), sizeof info->chassisSerial));
        info->slot = static_cast<unsigned char>(state.number(gpu, "slot").value_or(0));
        info->tray = static_cast<unsigned char>(state.number(gpu, "tray").value_or(0));
        info->module = static_cast<unsigned char>(state.number(gpu, "module_id").value_or(0));
        return result::success;
    });
}
EXPORT Result nvmlDeviceGetGpuFabricInfoV(DeviceHandle device, FabricInfo3 *info)
{
    return answer(__func__, device, [&](State &state, int gpu) {
        const bool third = info->version == versioned(sizeof *info, 3);
        if (!third && info->version != versioned(fabricInfo2Size, 2))
            return result::argumentVersionMismatch;
        for (unsigned i = 0; i < 16; ++i)
            info->clusterUuid[i] = static_cast<unsigned char>(i * 17);
        info->status = Result(state.number(gpu, "fabric_status").value_or(0));
        info->cliqueId = unsigned(state.number(gpu, "fabric_clique").value_or(0));
        info->state = static_cast<unsigned char>(state.number(gpu, "fabric_state").value_or(0));
        info->healthMask = unsigned(state.number(gpu, "fabric_health_mask").value_or(0));
        if (third)
            info->healthSummary = static_cast<unsigned char>(state.number(gpu, "fabric_health_summary").value_or(0));
        return result::success;
    });
}
EXPORT Result nvmlDeviceGetSramEccErrorStatus(DeviceHandle device, SramEccStatus *status)
{
    return answer(__func__, device, [&](State &state, int gpu) {
        if (status->version != versioned(sizeof *status, 1))
            return result::argumentVersionMismatch;
        const auto count = [&](const char *key) { return static_cast<unsigned long long>(state.number(gpu, key).value_or(0)); };
        status->volatileParity = count("ecc_sram_parity_volatile");
        status->volatileSecDed = count("ecc_sram_secded_volatile");
        status->aggregateParity = count("ecc_sram_parity_aggregate");
        status->aggregateSecDed = count("ecc_sram_secded_aggregate");
        status->bucketL2 = count("ecc_sram_l2_uncorrectable_aggregate");
        status->bucketSm = count("ecc_sram_sm_uncorrectable_aggregate");
        status->bucketPcie = count("ecc_sram_pcie_uncorrectable_aggregate");
        status->bucketMcu = count("ecc_sram_microcontroller_uncorrectable_aggregate");
        status->bucketOther = count("ecc_sram_other_uncorrectable_aggregate");
        status->thresholdExceeded = unsigned(count("ecc_sram_threshold_exceeded"));
        return result::success;
    });
}
EXPORT Result nvmlDeviceGetRepairStatus(DeviceHandle device, RepairStatus *status)
{
    return answer(__func__, device, [&](State &state, int gpu) {
        return put(state.number(gpu, "channel_repair_pending"), &status->channelPending) | put(state.number(gpu, "tpc_repair_pending"), &status->tpcPending);
    });
}
EXPORT Result nvmlDeviceGetUnrepairableMemoryFlag_v1(DeviceHandle device, UnrepairableMemory *status)
{
    return answer(__func__, device, [&](State &state, int gpu) { return put(state.number(gpu, "memory_unrepairable"), &status->flag); });
}
EXPORT Result nvmlDeviceGetRemappedRows(DeviceHandle device, unsigned *correctable, unsigned *uncorrectable, unsigned *pending, unsigned *failure)
{
    return answer(__func__, device, [&](State &state, int gpu) {
        return put(state.number(gpu, "row_remap_correctable"), correctable) | put(state.number(gpu, "row_remap_uncorrectable"), uncorrectable)
            | put(state.number(gpu, "row_remap_pending"), pending) | put(state.number(gpu, "row_remap_failure"), failure);
    });
}
EXPORT Result nvmlDeviceGetRowRemapperHistogram(DeviceHandle device, RowHistogram *banks)
{
    return answer(__func__, device, [&](State &state, int gpu) {
        return put(state.number(gpu, "row_remap_banks_max"), &banks->max) | put(state.number(gpu, "row_remap_banks_high"), &banks->high)
            | put(state.number(gpu, "row_remap_banks_partial"), &banks->partial) | put(state.number(gpu, "row_remap_banks_low"), &banks->low)
            | put(state.number(gpu, "row_remap_banks_none"), &banks->none);
    });
}
EXPORT Result nvmlDeviceGetNvLinkVersion(DeviceHandle device, unsigned link, unsigned *version)
{
    return answer(__func__, device, [&](State &state, int gpu) { return put(state.number(gpu, "nvlink_version", int(link)), version); });
}
EXPORT Result nvmlDeviceGetNvLinkRemoteDeviceType(DeviceHandle device, unsigned link, unsigned *type)
{
    return answer(__func__, device, [&](State &state, int gpu) { return put(state.number(gpu, "nvlink_remote_type", int(link)), type); });
}
EXPORT Result nvmlDeviceGetNvLinkRemotePciInfo_v2(DeviceHandle device, unsigned link, PciInfo *pci)
{
    return answer(__func__, device, [&](State &state, int gpu) {
        const auto other = state.number(gpu, "nvlink_remote_gpu", int(link)); // "-1" after the defaults: there is none
        return other ? pciOf(state, int(*other), pci) : result::notSupported;
    });
}
EXPORT Result nvmlDeviceGetNvLinkErrorCounter(DeviceHandle device, unsigned link, unsigned counter, unsigned long long *count)
{
    constexpr const char *keys[] = {"nvlink_replays", "nvlink_recoveries", "nvlink_crc_flit_errors", "nvlink_crc_data_errors", "nvlink_ecc_errors"};
    return answer(__func__, device, [&](State &state, int gpu) { return counter < 5 ? put(state.number(gpu, keys[counter], int(link)), count) : result::invalidArgument; });
}
EXPORT Result nvmlDeviceGetCurrentClocksEventReasons(DeviceHandle device, unsigned long long *mask)
{
    return answer(__func__, device, [&](State &state, int gpu) { return put(state.number(gpu, "clock_event_reasons"), mask); });
}
EXPORT Result nvmlDeviceGetTemperatureThreshold(DeviceHandle device, unsigned which, unsigned *degrees)
{
    constexpr const char *keys[] = {"temperature_shutdown", "temperature_slowdown", "memory_temperature_max", "temperature_max"};
    return answer(__func__, device, [&](State &state, int gpu) { return which < 4 ? put(state.number(gpu, keys[which]), degrees) : result::invalidArgument; });
}
EXPORT Result nvmlDeviceGetMarginTemperature(DeviceHandle device, MarginTemperature *margin)
{
    return answer(__func__, device, [&](State &state, int gpu) { return put(state.number(gpu, "temperature_margin"), &margin->margin); });
}
EXPORT Result nvmlDeviceGetPowerManagementLimitConstraints(DeviceHandle device, unsigned *least, unsigned *most)
{
    return answer(__func__, device, [&](State &state, int gpu) { return put(state.number(gpu, "power_limit_min"), least) | put(state.number(gpu, "power_limit_max"), most); });
}
EXPORT Result nvmlDeviceGetComputeRunningProcesses_v3(DeviceHandle device, unsigned *count, ProcessInfo *infos) { return processesOf(__func__, device, count, infos); }
EXPORT Result nvmlDeviceGetGraphicsRunningProcesses_v3(DeviceHandle, unsigned *count, ProcessInfo *) { return *count = 0, result::success; }
EXPORT Result nvmlDeviceGetFieldValues(DeviceHandle device, int count, FieldValue *values)
{
    return answer(__func__, device, [&](State &state, int gpu) {
        for (int i = 0; i < count; ++i)
            fill(state, gpu, values[i]);
        return result::success;
    });
}

EXPORT Result nvmlEventSetCreate(EventSet *set)
{
    return answer(__func__, nullptr, [&](State &state, int) {
        state.told = state.xids.size(); // what was before is not told
        *set = &state;
        return result::success;
    });
}
EXPORT Result nvmlEventSetFree(EventSet) { return result::success; }
EXPORT Result nvmlDeviceGetSupportedEventTypes(DeviceHandle device, unsigned long long *types)
{
    return answer(__func__, device, [&](State &, int) { return *types = 0x1f, result::success; });
}
EXPORT Result nvmlDeviceRegisterEvents(DeviceHandle device, unsigned long long, EventSet)
{
    return answer(__func__, device, [](State &, int) { return result::success; });
}
EXPORT Result nvmlEventSetWait_v2(EventSet, EventData *data, unsigned)
{
    return answer(__func__, nullptr, [&](State &state, int) {
        if (state.told >= state.xids.size())
            return result::timeout;
        const auto &xid = state.xids[state.told++];
        *data = {reinterpret_cast<DeviceHandle>(std::uintptr_t(xid.gpu) + 1), event::xid, xid.number, ~0U, ~0U};
        return result::success;
    });
}
#endif
