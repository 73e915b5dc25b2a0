// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/near_host.h"

#include "engine/measure/cpus.h"
#include "engine/measure/numa.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

constexpr int preferred = 1;      // MPOL_PREFERRED: linux/mempolicy.h is not on every machine that builds this
constexpr int mostNumaNodes = 1024;

std::string bindMemory(int node)
{
    constexpr int bits = 8 * sizeof(unsigned long);
    std::vector<unsigned long> mask(mostNumaNodes / bits);
    mask[std::size_t(node / bits)] = 1ul << (node % bits);
    if (::syscall(SYS_set_mempolicy, preferred, mask.data(), mostNumaNodes) != 0)
        return std::string("the kernel refuses: ") + std::strerror(errno);
    return {};
}

/// "32.0 GT/s PCIe" as 32.
double gigatransfersOf(const std::string &text)
{
    return std::strtod(text.c_str(), nullptr);
}

/// Bits that carry data, of those sent.
double efficiency(double gigatransfers)
{
    if (gigatransfers < 8)
        return 8. / 10;
    return gigatransfers < 64 ? 128. / 130 : 242. / 256;
}

std::filesystem::path pciFolder(const Machine &machine, const DeviceFacts &device)
{
    std::string address = device.pciAddress;
    std::transform(address.begin(), address.end(), address.begin(), [](unsigned char letter) { return char(std::tolower(letter)); });
    const bool plain = !address.empty() && address.find_first_not_of("0123456789abcdef:.") == std::string::npos;
    return plain ? machine.sysroot() / "sys/bus/pci/devices" / address : std::filesystem::path();
}

std::optional<LinkCeiling> bestOf(const std::filesystem::path &folder)
{
    const auto speed = readLine(folder / "max_link_speed");
    const auto lanes = readInteger(folder / "max_link_width");
    if (!speed || !lanes || gigatransfersOf(*speed) <= 0 || *lanes < 1 || *lanes > 32)
        return std::nullopt;
    return LinkCeiling{0, gigatransfersOf(*speed), int(*lanes)};
}

} // namespace

std::string settleNear(const Machine &machine, const DeviceFacts &device)
{
    if (machine.simulated())
        return "NUMA node " + std::to_string(device.numaNode) + " (simulated)";
    if (device.numaNode < 0 || device.numaNode >= mostNumaNodes)
        return "anywhere: its NUMA node is not known";
    const auto allowed = allowedCpus();
    cpu_set_t set;
    CPU_ZERO(&set);
    bool any = false;
    for (const auto &node : readNumaNodes(machine.sysroot(), allowed)) {
        for (const int cpu : node.cpus) {
            if (node.id != device.numaNode || cpu < 0 || cpu >= CPU_SETSIZE || !std::binary_search(allowed.begin(), allowed.end(), cpu))
                continue;
            CPU_SET(cpu, &set);
            any = true;
        }
    }
    const std::string where = "NUMA node " + std::to_string(device.numaNode);
    if (!any)
        return "anywhere: this process may use no CPU of " + where;
    if (::sched_setaffinity(0, sizeof set, &set) != 0)
        return std::string("anywhere: the CPUs of ") + where + " cannot be had: " + std::strerror(errno);
    if (const auto problem = bindMemory(device.numaNode); !problem.empty())
        return "near the CPUs of " + where + " (" + problem + ")";
    return where;
}

std::optional<LinkCeiling> hostLinkCeiling(const Machine &machine, const DeviceFacts &device)
{
    const auto folder = pciFolder(machine, device);
    if (folder.empty())
        return std::nullopt;
    auto best = bestOf(folder);
    std::error_code error;
    const auto real = std::filesystem::canonical(folder, error);
    if (const auto above = error ? std::nullopt : bestOf(real.parent_path()); best && above) {
        best->gigatransfers = std::min(best->gigatransfers, above->gigatransfers);
        best->lanes = std::min(best->lanes, above->lanes);
    }
    if (best)
        best->gigabytesPerSecond = best->gigatransfers * best->lanes / 8 * efficiency(best->gigatransfers);
    return best;
}

} // namespace seatrial::engine
