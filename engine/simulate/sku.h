// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/device.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace seatrial::engine::simulate {

/// What a model of GPU is and how fast a good one is. docs/simulation.md names the source of each figure.
struct Sku {
    std::string_view name;    ///< "h100"
    std::string_view product; ///< as NVML calls it
    std::string_view architecture;
    std::uint16_t pciDevice = 0;
    std::uint16_t pciSubsystem = 0;
    int capabilityMajor = 0;
    int capabilityMinor = 0;
    int multiprocessors = 0;
    std::uint64_t memoryMebibytes = 0;
    std::uint64_t cacheMebibytes = 0;
    double coreClockMhz = 0;
    double memoryClockMhz = 0;
    int memoryBusBits = 0;
    double cacheSpeed = 0; ///< GB/s of what fits the second-level cache

    /// Shares of memoryCeiling() that a good one reaches, in the order of StreamKernel.
    std::array<double, 6> streamShares{};
    double copyShare = 0; ///< traffic of the copy engine within its memory

    int pcieGeneration = 0;
    int pcieLanes = 16;
    int coherentLinks = 0;       ///< NVLink-C2C to its processor; with them PCIe is for management
    double coherentLinkSpeed = 0; ///< GB/s each, one way
    double hostSpeed = 0;      ///< GB/s one way, pinned memory
    double hostBothShare = 0;  ///< what each way keeps when both are used

    int links = 0;          ///< NVLinks
    double linkSpeed = 0;   ///< GB/s each, one way
    double peerShare = 0;   ///< of links × linkSpeed, between two GPUs
    double allReduceSpeed = 0; ///< bus bandwidth, GB/s, of the node's GPUs at large sizes

    /// In the order of Precision; 0: it cannot.
    std::array<double, 8> teraflops{};
    double matrixClockShare = 0; ///< of coreClockMhz, that the power limit leaves to matrix units

    double idleWatts = 0;
    double limitWatts = 0;
    double idleCelsius = 0;
    double loadCelsius = 0;     ///< where it settles at the power limit
    double slowdownCelsius = 0; ///< where its clock is reduced

    std::string_view vbios;
    std::string_view boardPart;
    std::string_view inforom;
    std::uint16_t switchDevice = 0; ///< PCI device of the NVSwitches; 0: they are no PCI devices of the node
    int switches = 0;

    bool isCoherent() const { return coherentLinks > 0; }
    double memoryCeiling() const { return memoryClockMhz * 1e6 * memoryBusBits / 8 * 2 / 1e9; }
    double linkGigatransfers() const { return pcieGeneration == 6 ? 64 : pcieGeneration == 5 ? 32 : pcieGeneration == 4 ? 16 : 8; }
};

/// nullptr if there is no model of that name.
const Sku *findSku(std::string_view name);
/// "a100, b200, gb200, h100, h200".
std::string_view skuNames();

} // namespace seatrial::engine::simulate
