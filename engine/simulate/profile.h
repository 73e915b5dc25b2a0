// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/simulate/sku.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::engine::simulate {

enum class FaultKind {
    SlowHbm,         ///< value: % that memory is slower
    HalfWidthPcie,   ///< value: lanes that are left
    DeadNvlink,      ///< value: links that are down
    Throttles,       ///< value: % that the clock is lower when warm
    SlowRail,        ///< value: % that a NIC is slower
    EccStorm,        ///< value: corrected errors per second of load
    Xid79,           ///< value: seconds of load until the GPU is lost
    WrongArithmetic, ///< value: % of rounds that go wrong
    WrongMemory,     ///< value: words that do not keep what was written
    HungRank,        ///< value: collectives that end before the one that does not
    SlowNode,        ///< value: % that everything is slower
};

enum class ThrottleCause { Thermal, Power };

/// Something wrong with one part. Only what the kind needs is set.
struct Fault {
    FaultKind kind = FaultKind::SlowNode;
    double value = 0;
    int gpu = -1;
    int link = -1;           ///< the first link that is down
    int multiprocessor = -1;
    std::string nic;
    ThrottleCause cause = ThrottleCause::Thermal;
    double after = 0;        ///< seconds of load until it shows
};

/// A network adapter and where it sits.
struct Nic {
    std::string name;      ///< "mlx5_0"
    std::string interface; ///< "ib0", "eth0"
    bool ethernet = false;
    int gigabits = 400;
    int pcieSwitch = 0;    ///< that it hangs below; not of one that is no rail
    bool rail = true;      ///< for traffic between GPUs; else the node's own
};

/// A node as it is simulated. Every limit is a bound of the reader.
struct Profile {
    static constexpr int mostGpus = 16;
    static constexpr int mostNics = 32;
    static constexpr int mostSwitches = 8;
    static constexpr int mostBelowSwitch = 20;
    static constexpr int mostFaults = 64;
    /// From here on nobody sleeps: simulated time passes as fast as the processor works.
    static constexpr double neverSleeps = 1e6;

    std::string name = "h100x8";
    const Sku *sku = findSku("h100");
    int gpus = 8;
    int numaNodes = 2;
    int switches = 4;       ///< PCIe switches, dealt to the NUMA nodes in turn
    int linksPerGpu = 18;   ///< NVLinks that are wired
    std::vector<Nic> nics;
    std::uint64_t seed = 0; ///< two nodes with the same are alike to the last digit
    double noise = 0.5;     ///< %, from run to run
    double spread = 1;      ///< %, from GPU to GPU
    double speedup = 1;     ///< simulated seconds per second
    std::vector<Fault> faults;

    int numaOfSwitch(int which) const { return which * numaNodes / switches; }
    int switchOfGpu(int gpu) const { return gpu * switches / gpus; }
    int numaOfGpu(int gpu) const { return numaOfSwitch(switchOfGpu(gpu)); }
    /// Where they sit in the tree that is made in /sys.
    std::string gpuAddress(int gpu) const;
    std::string nicAddress(std::size_t nic) const;
    /// The number of the bus behind the root port of a PCIe switch.
    static constexpr int busOfSwitch(int which) { return 0x14 + which * 0x1c; }
    const Fault *fault(FaultKind kind, int gpu) const;
    const Fault *nicFault(FaultKind kind, std::string_view nic) const;
    const Fault *nodeFault(FaultKind kind) const;
    /// Tells one profile from another: processes of one run must have the same.
    std::uint64_t fingerprint() const;
};

/// a100x8, h100x8, h200x8, b200x8, gb200-nvl72-tray; nothing for another name.
std::optional<Profile> builtInProfile(std::string_view name);
std::string_view builtInProfileNames();
/// A built-in one by its name, else the one in the file of that name. Nothing, with a sentence in @p error that begins with
/// file:line:column, if it cannot be read or makes no sense.
std::optional<Profile> loadProfile(const std::string &nameOrFile, std::string &error);

std::string_view faultWord(FaultKind kind);
std::optional<FaultKind> faultFromWord(std::string_view word);
std::string_view faultWords();

} // namespace seatrial::engine::simulate
