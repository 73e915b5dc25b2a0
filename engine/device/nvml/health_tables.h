// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/unit.h"
#include "engine/device/nvml/reader.h"

#include <array>
#include <string>

/// What is read of a GPU's health, as tables: the name here, where NVML has it, unit and nature. docs/gpu.md says what each means.
namespace seatrial::engine::nvml {

enum class Nature {
    Gauge,   ///< changes
    Fixed,   ///< does not, while the driver is loaded
    Counter, ///< grows
    Ratio,   ///< of bit errors: exponent in bits 0 to 7, mantissa in bits 8 to 11
};

inline std::string plainText(unsigned) { return {}; }
inline std::string yesNo(unsigned value) { return value ? "Yes" : "No"; }
inline std::string onOff(unsigned value) { return value ? "Enabled" : "Disabled"; }
inline std::string linkStateText(unsigned value) { return value == 0 ? "Inactive" : value == 1 ? "Active" : value == 2 ? "Sleep" : "number " + std::to_string(value); }
inline std::string performanceText(unsigned value) { return "P" + std::to_string(value); }

/// A field of nvmlDeviceGetFieldValues().
struct FieldRow {
    const char *metric;
    unsigned field;
    protocol::Unit unit;
    double scale;
    Nature nature;
    std::string (*text)(unsigned) = plainText;
};

inline constexpr FieldRow deviceFields[] = {
    {"retired_pages_correctable", 29, protocol::Unit::Count, 1, Nature::Counter},
    {"retired_pages_uncorrectable", 30, protocol::Unit::Count, 1, Nature::Counter},
    {"retired_pages_pending", 31, protocol::Unit::None, 1, Nature::Gauge, yesNo},
    {"clock_limited_by_power", 74, protocol::Unit::Seconds, 1e-9, Nature::Counter},
    {"clock_limited_by_sync_boost", 76, protocol::Unit::Seconds, 1e-9, Nature::Counter},
    {"clock_limited_by_software_thermal", 269, protocol::Unit::Seconds, 1e-9, Nature::Counter},
    {"clock_limited_by_hardware_thermal", 270, protocol::Unit::Seconds, 1e-9, Nature::Counter},
    {"clock_limited_by_power_brake", 271, protocol::Unit::Seconds, 1e-9, Nature::Counter},
    {"memory_temperature", 82, protocol::Unit::Celsius, 1, Nature::Gauge},
    {"pcie_replay_rollovers", 95, protocol::Unit::Count, 1, Nature::Counter},
    {"pcie_recoveries", 169, protocol::Unit::Count, 1, Nature::Counter},
    {"pcie_correctable_errors", 173, protocol::Unit::Count, 1, Nature::Counter},
    {"pcie_naks_received", 174, protocol::Unit::Count, 1, Nature::Counter},
    {"pcie_receiver_errors", 175, protocol::Unit::Count, 1, Nature::Counter},
    {"pcie_bad_tlp", 176, protocol::Unit::Count, 1, Nature::Counter},
    {"pcie_naks_sent", 177, protocol::Unit::Count, 1, Nature::Counter},
    {"pcie_bad_dllp", 178, protocol::Unit::Count, 1, Nature::Counter},
    {"pcie_non_fatal_errors", 179, protocol::Unit::Count, 1, Nature::Counter},
    {"pcie_fatal_errors", 180, protocol::Unit::Count, 1, Nature::Counter},
    {"pcie_unsupported_requests", 181, protocol::Unit::Count, 1, Nature::Counter},
    {"pcie_lcrc_errors", 182, protocol::Unit::Count, 1, Nature::Counter},
    {"pcie_lane_errors", 183, protocol::Unit::Count, 1, Nature::Counter},
    {"power_average", 185, protocol::Unit::Watts, 1e-3, Nature::Gauge},
    {"power", 186, protocol::Unit::Watts, 1e-3, Nature::Gauge},
    {"temperature_shutdown_margin", 193, protocol::Unit::Celsius, 1, Nature::Fixed},
    {"temperature_slowdown_margin", 194, protocol::Unit::Celsius, 1, Nature::Fixed},
    {"memory_temperature_max_margin", 195, protocol::Unit::Celsius, 1, Nature::Fixed},
    {"temperature_max_margin", 196, protocol::Unit::Celsius, 1, Nature::Fixed},
    {"recovery_action", 230, protocol::Unit::None, 1, Nature::Gauge, recoveryActionText},
    {"row_remap_correctable_inactive", 301, protocol::Unit::Count, 1, Nature::Counter},
    {"row_remap_uncorrectable_inactive", 302, protocol::Unit::Count, 1, Nature::Counter},
};

inline constexpr FieldRow linkFields[] = {
    {"nvlink_speed", 164, protocol::Unit::GigabytesPerSecond, 1e-3, Nature::Gauge},
    {"nvlink_malformed_packets", 206, protocol::Unit::Count, 1, Nature::Counter},
    {"nvlink_buffer_overruns", 207, protocol::Unit::Count, 1, Nature::Counter},
    {"nvlink_receive_errors", 208, protocol::Unit::Count, 1, Nature::Counter},
    {"nvlink_remote_errors", 209, protocol::Unit::Count, 1, Nature::Counter},
    {"nvlink_header_errors", 210, protocol::Unit::Count, 1, Nature::Counter},
    {"nvlink_integrity_errors", 211, protocol::Unit::Count, 1, Nature::Counter},
    {"nvlink_discards", 212, protocol::Unit::Count, 1, Nature::Counter},
    {"nvlink_recoveries_succeeded", 213, protocol::Unit::Count, 1, Nature::Counter},
    {"nvlink_recoveries_failed", 214, protocol::Unit::Count, 1, Nature::Counter},
    {"nvlink_effective_errors", 219, protocol::Unit::Count, 1, Nature::Counter},
    {"nvlink_effective_ber", 220, protocol::Unit::None, 1, Nature::Ratio},
    {"nvlink_symbol_errors", 221, protocol::Unit::Count, 1, Nature::Counter},
    {"nvlink_symbol_ber", 222, protocol::Unit::None, 1, Nature::Ratio},
    {"nvlink_raw_ber", 293, protocol::Unit::None, 1, Nature::Ratio},
};

/// Of each link between GPU and processor (NVLink-C2C).
inline constexpr FieldRow coherentFields[] = {
    {"c2c_state", 171, protocol::Unit::None, 1, Nature::Gauge, linkStateText},
    {"c2c_speed", 172, protocol::Unit::GigabytesPerSecond, 1e-3, Nature::Gauge},
    {"c2c_crc_errors", 231, protocol::Unit::Count, 1, Nature::Counter},
    {"c2c_replays", 232, protocol::Unit::Count, 1, Nature::Counter},
    {"c2c_replays_in_a_row", 233, protocol::Unit::Count, 1, Nature::Counter},
};

/// A function that answers one unsigned number.
struct NumberRow {
    const char *metric;
    Function<Library::Number> Library::*function;
    protocol::Unit unit;
    double scale;
    Nature nature;
    std::string (*text)(unsigned) = plainText;
};

inline constexpr NumberRow deviceNumbers[] = {
    {"pcie_width", &Library::pcieWidth, protocol::Unit::Lanes, 1, Nature::Gauge},
    {"pcie_width_max", &Library::pcieWidthMax, protocol::Unit::Lanes, 1, Nature::Fixed},
    {"pcie_generation", &Library::pcieGeneration, protocol::Unit::None, 1, Nature::Gauge},
    {"pcie_generation_max", &Library::pcieGenerationMax, protocol::Unit::None, 1, Nature::Fixed},
    {"pcie_speed", &Library::pcieSpeed, protocol::Unit::GigatransfersPerSecond, 1e-3, Nature::Gauge},
    {"pcie_replays", &Library::pcieReplays, protocol::Unit::Count, 1, Nature::Counter},
    {"power_limit", &Library::powerLimit, protocol::Unit::Watts, 1e-3, Nature::Gauge},
    {"power_limit_enforced", &Library::powerLimitEnforced, protocol::Unit::Watts, 1e-3, Nature::Gauge},
    {"power_limit_default", &Library::powerLimitDefault, protocol::Unit::Watts, 1e-3, Nature::Fixed},
    {"performance_state", &Library::performanceState, protocol::Unit::None, 1, Nature::Gauge, performanceText},
    {"persistence_mode", &Library::persistenceMode, protocol::Unit::None, 1, Nature::Gauge, onOff},
    {"compute_mode", &Library::computeMode, protocol::Unit::None, 1, Nature::Gauge, computeModeText},
};

/// A function that is asked with a number of its own.
struct IndexedRow {
    const char *metric;
    Function<Result(DeviceHandle, unsigned, unsigned *)> Library::*function;
    unsigned which;
    protocol::Unit unit;
    Nature nature;
};

inline constexpr IndexedRow indexedNumbers[] = {
    {"core_clock", &Library::clock, 0, protocol::Unit::Megahertz, Nature::Gauge},
    {"memory_clock", &Library::clock, 2, protocol::Unit::Megahertz, Nature::Gauge},
    {"core_clock_max", &Library::maxClock, 0, protocol::Unit::Megahertz, Nature::Fixed},
    {"memory_clock_max", &Library::maxClock, 2, protocol::Unit::Megahertz, Nature::Fixed},
    {"temperature", &Library::temperature, 0, protocol::Unit::Celsius, Nature::Gauge},
    {"temperature_shutdown", &Library::temperatureThreshold, 0, protocol::Unit::Celsius, Nature::Fixed},
    {"temperature_slowdown", &Library::temperatureThreshold, 1, protocol::Unit::Celsius, Nature::Fixed},
    {"memory_temperature_max", &Library::temperatureThreshold, 2, protocol::Unit::Celsius, Nature::Fixed},
    {"temperature_max", &Library::temperatureThreshold, 3, protocol::Unit::Celsius, Nature::Fixed},
};

inline constexpr std::array<const char *, 8> eccPlaces{"l1", "l2", "dram", "registers", "texture", "shared_memory", "cbu", "sram"};
inline constexpr std::array<const char *, 2> eccKinds{"correctable", "uncorrectable"};
inline constexpr std::array<const char *, 2> eccTimes{"volatile", "aggregate"};

} // namespace seatrial::engine::nvml
