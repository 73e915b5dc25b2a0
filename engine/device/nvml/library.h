// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/nvml/api.h"
#include "engine/device/outcome.h"

#include <atomic>
#include <memory>
#include <string>

namespace seatrial::engine::nvml {

template <class Signature>
class Function;

/// A function of the library that may be missing: calling it then says so. While it runs its name can be read, so that one
/// that never returns can be named.
template <class... Arguments>
class Function<Result(Arguments...)>
{
public:
    Result operator()(Arguments... arguments) const
    {
        if (!m_pointer)
            return result::functionNotFound;
        m_running->store(m_name);
        const Result outcome = m_pointer(arguments...);
        const char *mine = m_name;
        m_running->compare_exchange_strong(mine, nullptr); // another thread's call may be the one that is shown by now
        return outcome;
    }
    const char *name() const { return m_name; }
    bool found() const { return m_pointer != nullptr; }

private:
    friend class Library;
    Result (*m_pointer)(Arguments...) = nullptr;
    const char *m_name = "";
    std::atomic<const char *> *m_running = nullptr;
};

/// libnvidia-ml.so.1 opened at run time. The newest version of each function that the library has is taken.
class Library
{
public:
    /// @p file: a name or path for dlopen(). NotPresent if it cannot be opened.
    static Outcome<std::unique_ptr<Library>> open(const std::string &file);
    /// What $SEATRIAL_NVML names (tests, installations in odd places), else the driver's own library.
    static std::string usualFile();
    ~Library();
    Library(const Library &) = delete;

    /// The function that runs now; empty: none. May be asked by another thread.
    std::string running() const;
    /// "nvmlDeviceGetSerial: Not Supported (3)"
    std::string describe(const char *function, Result outcome) const;
    static DeviceTrouble troubleOf(Result outcome);
    DeviceProblem problem(const char *function, Result outcome) const { return {troubleOf(outcome), describe(function, outcome)}; }

    using Text = Result(DeviceHandle, char *, unsigned);
    using Number = Result(DeviceHandle, unsigned *);

    Function<Result()> init, shutdown;
    Function<Result(char *, unsigned)> driverVersion, libraryVersion;
    Function<Result(int *)> cudaVersion;
    Function<Result(unsigned, char *, unsigned)> processName;
    Function<Result(unsigned *)> count;
    Function<Result(unsigned, DeviceHandle *)> handle;

    Function<Text> productName, serial, uuid, vbios, inforomImage, boardPartNumber;
    Function<Result(DeviceHandle, unsigned, char *, unsigned)> inforomVersion;
    Function<Result(DeviceHandle, char *)> gspFirmware;
    Function<Result(DeviceHandle, PciInfo *)> pciInfo;
    Function<Number> boardId, moduleId, minorNumber, architecture, brand, persistenceMode, computeMode, ownNumaNode;
    Function<Result(DeviceHandle, unsigned, unsigned long *)> cpuAffinity;
    Function<Result(DeviceHandle, unsigned, unsigned long *, unsigned)> memoryAffinity;
    Function<Result(DeviceHandle, unsigned *, unsigned *)> migMode, eccMode;
    Function<Result(DeviceHandle, PlatformInfo *)> platformInfo;
    Function<Result(DeviceHandle, FabricInfo3 *)> fabricInfoVersioned;
    Function<Result(DeviceHandle, FabricInfo1 *)> fabricInfo;

    Function<Result(DeviceHandle, unsigned, unsigned, unsigned long long *)> totalEccErrors;
    Function<Result(DeviceHandle, unsigned, unsigned, unsigned, unsigned long long *)> memoryErrorCounter;
    Function<Result(DeviceHandle, SramEccStatus *)> sramEccStatus;
    Function<Result(DeviceHandle, RepairStatus *)> repairStatus;
    Function<Result(DeviceHandle, UnrepairableMemory *)> unrepairableMemory;
    Function<Result(DeviceHandle, unsigned *, unsigned *, unsigned *, unsigned *)> remappedRows;
    Function<Result(DeviceHandle, RowHistogram *)> rowHistogram;
    Function<Number> pcieWidth, pcieWidthMax, pcieGeneration, pcieGenerationMax, pcieSpeed, pcieReplays;
    Function<Result(DeviceHandle, unsigned, unsigned *)> linkState, linkVersion, linkRemoteType;
    Function<Result(DeviceHandle, unsigned, PciInfo *)> linkRemotePci;
    Function<Result(DeviceHandle, unsigned, unsigned, unsigned long long *)> linkErrorCounter;
    Function<Result(DeviceHandle, unsigned long long *)> clockEventReasons;
    Function<Result(DeviceHandle, unsigned, unsigned *)> clock, maxClock, temperature, temperatureThreshold;
    Function<Number> powerUsage, powerLimit, powerLimitEnforced, powerLimitDefault, performanceState;
    Function<Result(DeviceHandle, unsigned *, unsigned *)> powerLimits;
    Function<Result(DeviceHandle, MarginTemperature *)> marginTemperature;
    Function<Result(DeviceHandle, Memory *)> memoryInfo;
    Function<Result(DeviceHandle, unsigned *, ProcessInfo *)> computeProcesses, graphicsProcesses, mpsProcesses;
    Function<Result(DeviceHandle, int, FieldValue *)> fieldValues;
    Function<Result(DeviceHandle, DeviceHandle, unsigned *)> commonAncestor;

    Function<Result(EventSet *)> eventSetCreate;
    Function<Result(EventSet)> eventSetFree;
    Function<Result(EventSet, EventData *, unsigned)> eventSetWait;
    Function<Result(DeviceHandle, unsigned long long, EventSet)> registerEvents;
    Function<Result(DeviceHandle, unsigned long long *)> supportedEvents;

private:
    explicit Library(void *library);
    void loadAll();
    template <class Signature>
    void load(Function<Signature> &function, const char *name, const char *older = nullptr);

    void *m_library;
    const char *(*m_errorString)(Result) = nullptr;
    std::atomic<const char *> m_running = nullptr;
};

} // namespace seatrial::engine::nvml
