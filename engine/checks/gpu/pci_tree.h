// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::engine {

/// One function of a PCI device and the bridges above it.
struct PciFunction {
    std::string address;           ///< "0000:1b:00.0"
    std::string host;              ///< "pci0000:14": the host bridge that it is below; empty: not known
    std::vector<std::string> path; ///< addresses from the host bridge down to itself; empty: not known
    std::uint32_t classCode = 0;   ///< 0x030200
    unsigned vendor = 0;
    unsigned device = 0;
    int numaNode = -1;             ///< -1: the firmware does not say
    std::string cpus;              ///< near it: "0-51,104-155"
    std::filesystem::path folder;

    bool isBridge() const { return classCode >> 8 == 0x0604; }
};

/// All PCI devices of a node as sysfs tells of them. What is damaged is left out or half known; reading always ends.
class PciTree
{
public:
    static constexpr std::size_t kMostFunctions = 4096;
    static constexpr std::size_t kDeepest = 32;

    explicit PciTree(const std::filesystem::path &sysroot);

    /// By its address however it is written ("00000000:1B:00.0"), or nullptr.
    const PciFunction *find(std::string_view address) const;
    const std::map<std::string, PciFunction> &functions() const { return m_functions; }

    /// "0000:1b:00.0" for what NVML writes as "00000000:1B:00.0"; empty if it is no address.
    static std::string plainAddress(std::string_view address);

private:
    void read(const std::filesystem::path &folder, const std::string &address);

    std::map<std::string, PciFunction> m_functions;
};

/// How two functions are connected, in the words of `nvidia-smi topo -m`: X (the same), PIX (at most one PCIe switch between
/// them), PXB (several), PHB (their host bridge), NODE (two host bridges of one NUMA node), SYS (two NUMA nodes, or not known to be
/// one). "?": where one of them sits is not known.
std::string_view relationWord(const PciFunction &one, const PciFunction &other);

} // namespace seatrial::engine
