// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/sku.h"

#include <algorithm>

namespace seatrial::engine::simulate {

namespace {

constexpr std::array<double, 6> goodStreams{0.92, 0.92, 0.86, 0.86, 0.87, 0.86};

constexpr std::array<Sku, 5> skus{{
    {.name = "a100", .product = "NVIDIA A100-SXM4-80GB", .architecture = "Ampere", .pciDevice = 0x20b2, .pciSubsystem = 0x1463,
     .capabilityMajor = 8, .capabilityMinor = 0, .multiprocessors = 108, .memoryMebibytes = 81920, .cacheMebibytes = 40,
     .coreClockMhz = 1410, .memoryClockMhz = 1593, .memoryBusBits = 5120, .cacheSpeed = 5400,
     .streamShares = {0.88, 0.91, 0.85, 0.85, 0.86, 0.86}, .copyShare = 0.66,
     .pcieGeneration = 4, .hostSpeed = 26.1, .hostBothShare = 0.73,
     .links = 12, .linkSpeed = 25, .peerShare = 0.92, .allReduceSpeed = 235,
     .teraflops = {9.03, 18.95, 18.35, 128.2, 265.9, 280.4, 0, 473}, .matrixClockShare = 0.93,
     .idleWatts = 62, .limitWatts = 400, .idleCelsius = 31, .loadCelsius = 64, .slowdownCelsius = 87,
     .vbios = "92.00.45.00.03", .boardPart = "692-2G506-0210-003", .inforom = "G506.0210.00.03", .switchDevice = 0x1af1, .switches = 6},
    {.name = "b200", .product = "NVIDIA B200", .architecture = "Blackwell", .pciDevice = 0x2901, .pciSubsystem = 0x1999,
     .capabilityMajor = 10, .capabilityMinor = 0, .multiprocessors = 148, .memoryMebibytes = 183359, .cacheMebibytes = 126,
     .coreClockMhz = 1965, .memoryClockMhz = 3996, .memoryBusBits = 7680, .cacheSpeed = 17000,
     .streamShares = goodStreams, .copyShare = 0.66,
     .pcieGeneration = 5, .hostSpeed = 55.2, .hostBothShare = 0.75,
     .links = 18, .linkSpeed = 50, .peerShare = 0.87, .allReduceSpeed = 838,
     .teraflops = {34.4, 35.2, 62, 866, 1745, 1740, 3432, 3400}, .matrixClockShare = 0.86,
     .idleWatts = 138, .limitWatts = 1000, .idleCelsius = 30, .loadCelsius = 68, .slowdownCelsius = 87,
     .vbios = "97.00.82.00.15", .boardPart = "692-2G525-0220-000", .inforom = "G525.0220.00.01"},
    {.name = "gb200", .product = "NVIDIA GB200", .architecture = "Blackwell", .pciDevice = 0x2941, .pciSubsystem = 0x2046,
     .capabilityMajor = 10, .capabilityMinor = 0, .multiprocessors = 152, .memoryMebibytes = 189471, .cacheMebibytes = 126,
     .coreClockMhz = 2062, .memoryClockMhz = 3996, .memoryBusBits = 7680, .cacheSpeed = 17500,
     .streamShares = goodStreams, .copyShare = 0.66,
     .pcieGeneration = 5, .coherentLinks = 5, .coherentLinkSpeed = 44.712, .hostSpeed = 180, .hostBothShare = 0.96,
     .links = 18, .linkSpeed = 50, .peerShare = 0.87, .allReduceSpeed = 690,
     .teraflops = {37.2, 37.2, 66, 910, 1822, 1815, 3616, 3550}, .matrixClockShare = 0.86,
     .idleWatts = 152, .limitWatts = 1200, .idleCelsius = 29, .loadCelsius = 57, .slowdownCelsius = 87,
     .vbios = "97.00.B9.00.42", .boardPart = "699-2G548-0212-000", .inforom = "G548.0212.00.05"},
    {.name = "h100", .product = "NVIDIA H100 80GB HBM3", .architecture = "Hopper", .pciDevice = 0x2330, .pciSubsystem = 0x16c1,
     .capabilityMajor = 9, .capabilityMinor = 0, .multiprocessors = 132, .memoryMebibytes = 81559, .cacheMebibytes = 50,
     .coreClockMhz = 1980, .memoryClockMhz = 2619, .memoryBusBits = 5120, .cacheSpeed = 7300,
     .streamShares = goodStreams, .copyShare = 0.66,
     .pcieGeneration = 5, .hostSpeed = 55.2, .hostBothShare = 0.75,
     .links = 18, .linkSpeed = 25, .peerShare = 0.88, .allReduceSpeed = 478.9,
     .teraflops = {31.6, 61.5, 51, 373, 794.5, 790, 1403, 1420}, .matrixClockShare = 0.88,
     .idleWatts = 72, .limitWatts = 700, .idleCelsius = 30, .loadCelsius = 66, .slowdownCelsius = 87,
     .vbios = "96.00.89.00.01", .boardPart = "692-2G520-0200-000", .inforom = "G520.0200.00.05", .switchDevice = 0x22a3, .switches = 4},
    {.name = "h200", .product = "NVIDIA H200", .architecture = "Hopper", .pciDevice = 0x2335, .pciSubsystem = 0x18be,
     .capabilityMajor = 9, .capabilityMinor = 0, .multiprocessors = 132, .memoryMebibytes = 143771, .cacheMebibytes = 50,
     .coreClockMhz = 1980, .memoryClockMhz = 3201, .memoryBusBits = 6144, .cacheSpeed = 7400,
     .streamShares = goodStreams, .copyShare = 0.66,
     .pcieGeneration = 5, .hostSpeed = 55.2, .hostBothShare = 0.75,
     .links = 18, .linkSpeed = 25, .peerShare = 0.88, .allReduceSpeed = 481,
     .teraflops = {31.6, 61.5, 51, 373, 794.5, 790, 1403, 1420}, .matrixClockShare = 0.88,
     .idleWatts = 75, .limitWatts = 700, .idleCelsius = 30, .loadCelsius = 66, .slowdownCelsius = 87,
     .vbios = "96.00.A5.00.03", .boardPart = "695-2G520-0280-001", .inforom = "G520.0280.02.02", .switchDevice = 0x22a3, .switches = 4},
}};

} // namespace

const Sku *findSku(std::string_view name)
{
    const auto found = std::find_if(skus.begin(), skus.end(), [&](const Sku &sku) { return sku.name == name; });
    return found == skus.end() ? nullptr : &*found;
}

std::string_view skuNames()
{
    return "a100, b200, gb200, h100, h200";
}

} // namespace seatrial::engine::simulate
