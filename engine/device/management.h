// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/record.h"
#include "engine/device/outcome.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::engine {

/// One thing that was read of a GPU: a state, a counter, a sensor. What could not be read has no value but a reason.
struct Reading {
    std::string metric;  ///< "ecc_dram_uncorrectable_volatile"; docs/gpu.md lists them
    std::string subject; ///< "gpu/3", "gpu/3/link/7"
    protocol::Unit unit = protocol::Unit::None;
    std::optional<double> value;
    std::string text;      ///< what the value means where it is a state: "In Progress"
    bool counter = false;  ///< only ever grows: before and after are compared
    bool fixed = false;    ///< a property of the part or its settings: once is enough
    DeviceTrouble absent = DeviceTrouble::NotSupported; ///< why there is no value
};

/// What changes from moment to moment, of one GPU at once. Read in well under a millisecond.
struct TelemetrySample {
    double seconds = 0; ///< by Machine::now()
    std::optional<double> coreClockMhz;
    std::optional<double> memoryClockMhz;
    std::optional<double> powerWatts;
    std::optional<double> temperatureCelsius;
    std::optional<double> memoryTemperatureCelsius;
    std::optional<std::uint64_t> clockEventReasons; ///< NVML's mask: why the clock is not higher
};

struct GpuProcess {
    int gpu = 0;
    std::int64_t pid = 0;
    std::string name;          ///< empty if it may not be seen
    std::uint64_t memoryBytes = 0;
};

/// An Xid or another event of the driver.
struct GpuEvent {
    int gpu = -1;              ///< -1: not known of which
    std::uint64_t xid = 0;
    std::string source;        ///< "nvml", "kernel log"
    std::string text;          ///< the line of the kernel log
    double seconds = 0;        ///< by Machine::now()
};

/// How two GPUs, or a GPU and another PCI device, are connected, in the words of `nvidia-smi topo -m`.
struct GpuRelation {
    std::string word;          ///< "X", "NV18", "PIX", "PXB", "PHB", "NODE", "SYS"
    int links = 0;             ///< NVLinks between the two that are up
};

/// What the driver tells of its GPUs without giving them work: identity, health, sensors, events. sample() may be called by one
/// thread while another calls anything of it; all else is called by one thread at a time.
class Management
{
public:
    virtual ~Management() = default;

    /// How many GPUs the driver knows. NotPresent: no driver, and why that is thought.
    virtual Outcome<int> count() = 0;
    /// Versions and the like that belong to the node: "driver", "cuda", "nvml" and their values.
    virtual protocol::Parameters versions() = 0;
    /// Kind "gpu", place "gpu/3", identity the serial number (or else the UUID), and all that identifies it as attributes.
    virtual Outcome<protocol::Part> identity(int gpu) = 0;
    /// Everything that can be told of its health; also of its links.
    virtual std::vector<Reading> readings(int gpu) = 0;
    virtual Outcome<TelemetrySample> sample(int gpu) = 0;
    virtual Outcome<std::vector<GpuProcess>> processes(int gpu) = 0;
    virtual Outcome<GpuRelation> relation(int gpu, int other) = 0;
    /// Begins to listen for Xids; what came since the last call. Never waits.
    virtual std::vector<GpuEvent> events() = 0;
    /// What is being asked at this moment ("nvmlInit_v2"), for the person who wants to know what never came back; empty: nothing.
    /// May be called by any thread.
    virtual std::string doing() const { return {}; }
};

} // namespace seatrial::engine
