// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/profile.h"

#include "engine/simulate/noise.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <utility>

#include <unistd.h>

namespace seatrial::engine::simulate {

namespace {

constexpr std::array<std::pair<FaultKind, std::string_view>, 11> words{{
    {FaultKind::SlowHbm, "slow-hbm"},
    {FaultKind::HalfWidthPcie, "half-width-pcie"},
    {FaultKind::DeadNvlink, "dead-nvlink"},
    {FaultKind::Throttles, "throttles"},
    {FaultKind::SlowRail, "slow-rail"},
    {FaultKind::EccStorm, "ecc-storm"},
    {FaultKind::Xid79, "xid79"},
    {FaultKind::WrongArithmetic, "wrong-arithmetic"},
    {FaultKind::WrongMemory, "wrong-memory"},
    {FaultKind::HungRank, "hung-rank"},
    {FaultKind::SlowNode, "slow-node"},
}};

/// Nodes that were given no seed shall differ as real ones do.
std::uint64_t seedOfThisNode(std::string_view profile)
{
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    return scramble({scramble(std::string_view(host.data())), scramble(profile)});
}

void addRails(Profile &profile, int count, int gigabits)
{
    for (int i = 0; i < count; ++i) {
        Nic nic;
        nic.name = "mlx5_" + std::to_string(i);
        nic.interface = "ib" + std::to_string(i);
        nic.gigabits = gigabits;
        nic.pcieSwitch = i * profile.switches / count;
        profile.nics.push_back(std::move(nic));
    }
}

void addFrontEnd(Profile &profile, int gigabits)
{
    const auto number = profile.nics.size();
    profile.nics.push_back({"mlx5_" + std::to_string(number), "eth0", true, gigabits, 0, false});
}

Profile boardOfEight(std::string_view name, std::string_view sku, int rails, int gigabits)
{
    Profile profile;
    profile.name = name;
    profile.sku = findSku(sku);
    profile.linksPerGpu = profile.sku->links;
    addRails(profile, rails, gigabits);
    addFrontEnd(profile, 100);
    return profile;
}

/// One compute tray of the rack: two Grace, four GPUs, which reach the other trays through the rack's NVLink switches.
Profile trayOfFour(std::string_view name)
{
    Profile profile;
    profile.name = name;
    profile.sku = findSku("gb200");
    profile.linksPerGpu = profile.sku->links;
    profile.gpus = 4;
    profile.switches = 4;
    addRails(profile, 4, 400);
    addFrontEnd(profile, 200);
    return profile;
}

} // namespace

namespace {

/// Below a switch each device has a bus of its own: first those of the GPUs, then those of the NICs.
std::string deviceBelow(int pcieSwitch, int place)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "0000:%02x:00.0", Profile::busOfSwitch(pcieSwitch) + 3 + place);
    return text.data();
}

} // namespace

std::string Profile::gpuAddress(int gpu) const
{
    int place = 0;
    for (int before = 0; before < gpu; ++before)
        place += switchOfGpu(before) == switchOfGpu(gpu);
    return deviceBelow(switchOfGpu(gpu), place);
}

std::string Profile::nicAddress(std::size_t nic) const
{
    int place = 0;
    if (!nics[nic].rail) { // on a root port of its own, see sysfs_tree.cpp
        for (std::size_t before = 0; before < nic; ++before)
            place += !nics[before].rail;
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), "0000:%02x:00.0", 1 + place);
        return text.data();
    }
    for (int gpu = 0; gpu < gpus; ++gpu)
        place += switchOfGpu(gpu) == nics[nic].pcieSwitch;
    for (std::size_t before = 0; before < nic; ++before)
        place += nics[before].rail && nics[before].pcieSwitch == nics[nic].pcieSwitch;
    return deviceBelow(nics[nic].pcieSwitch, place);
}

const Fault *Profile::fault(FaultKind kind, int gpu) const
{
    const auto found = std::find_if(faults.begin(), faults.end(), [&](const Fault &each) { return each.kind == kind && each.gpu == gpu; });
    return found == faults.end() ? nullptr : &*found;
}

const Fault *Profile::nicFault(FaultKind kind, std::string_view nic) const
{
    const auto found = std::find_if(faults.begin(), faults.end(), [&](const Fault &each) { return each.kind == kind && each.nic == nic; });
    return found == faults.end() ? nullptr : &*found;
}

const Fault *Profile::nodeFault(FaultKind kind) const
{
    const auto found = std::find_if(faults.begin(), faults.end(), [&](const Fault &each) { return each.kind == kind; });
    return found == faults.end() ? nullptr : &*found;
}

std::uint64_t Profile::fingerprint() const
{
    const auto number = [](double value) { return std::bit_cast<std::uint64_t>(value); };
    std::uint64_t result = scramble({scramble(name), scramble(sku->name), std::uint64_t(gpus), std::uint64_t(numaNodes),
                                     std::uint64_t(switches), std::uint64_t(linksPerGpu), nics.size(), seed, number(noise), number(spread)});
    for (const Fault &each : faults)
        result = scramble({result, std::uint64_t(each.kind), number(each.value), std::uint64_t(each.gpu), std::uint64_t(each.link),
                           std::uint64_t(each.multiprocessor), scramble(each.nic), number(each.after)});
    return result;
}

std::optional<Profile> builtInProfile(std::string_view name)
{
    Profile profile;
    if (name == "a100x8")
        profile = boardOfEight(name, "a100", 8, 200);
    else if (name == "h100x8")
        profile = boardOfEight(name, "h100", 8, 400);
    else if (name == "h200x8")
        profile = boardOfEight(name, "h200", 8, 400);
    else if (name == "b200x8")
        profile = boardOfEight(name, "b200", 8, 400);
    else if (name == "gb200-nvl72-tray")
        profile = trayOfFour(name);
    else
        return std::nullopt;
    profile.seed = seedOfThisNode(name);
    return profile;
}

std::string_view builtInProfileNames()
{
    return "a100x8, h100x8, h200x8, b200x8, gb200-nvl72-tray";
}

std::string_view faultWord(FaultKind kind)
{
    return std::find_if(words.begin(), words.end(), [&](const auto &word) { return word.first == kind; })->second;
}

std::optional<FaultKind> faultFromWord(std::string_view word)
{
    const auto found = std::find_if(words.begin(), words.end(), [&](const auto &each) { return each.second == word; });
    return found == words.end() ? std::nullopt : std::optional(found->first);
}

std::string_view faultWords()
{
    return "slow-hbm, half-width-pcie, dead-nvlink, throttles, slow-rail, ecc-storm, xid79, wrong-arithmetic, wrong-memory, hung-rank, slow-node";
}

} // namespace seatrial::engine::simulate
