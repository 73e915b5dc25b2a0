// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/simulated_rails.h"

#include <algorithm>

namespace seatrial::engine::simulate {

namespace {

constexpr double messageStart = 1.5e-6;
constexpr int noiseOfRails = 1000; ///< rails draw their noise beside the GPUs, which count from 0

} // namespace

Outcome<std::vector<RailFacts>> SimulatedRails::list()
{
    std::vector<RailFacts> rails;
    const Profile &profile = m_node.model.profile();
    for (const Nic &nic : profile.nics) {
        if (nic.rail)
            rails.push_back({nic.name, true, double(nic.gigabits), profile.numaOfSwitch(nic.pcieSwitch), {}});
    }
    if (rails.empty())
        return DeviceProblem{DeviceTrouble::NotPresent, "the simulated node has no adapters between GPUs of different nodes"};
    return rails;
}

Outcome<std::size_t> SimulatedRails::find(const std::string &name) const
{
    const auto &nics = m_node.model.profile().nics;
    const auto nic = std::find_if(nics.begin(), nics.end(), [&](const Nic &each) { return each.name == name && each.rail; });
    if (nic == nics.end())
        return DeviceProblem{DeviceTrouble::NotPresent, "there is no adapter " + name + " in the simulated node"};
    return std::size_t(nic - nics.begin());
}

double SimulatedRails::work(std::size_t nic, double seconds)
{
    m_node.clock.beginWork();
    const auto operation = SharedState::Access(m_node.state)->railOperations[nic]++;
    const double taken = seconds * m_node.model.noise(noiseOfRails + int(nic), operation);
    m_node.clock.work(taken, {});
    return taken;
}

Outcome<Done> SimulatedRails::prepare(const std::string &name, std::uint64_t)
{
    const auto nic = find(name);
    if (!nic.ok())
        return nic.problem();
    return Done{};
}

Outcome<double> SimulatedRails::loopback(const std::string &name, std::uint64_t bytes, int times)
{
    const auto nic = find(name);
    if (!nic.ok())
        return nic.problem();
    if (bytes == 0 || times < 1)
        return DeviceProblem{DeviceTrouble::NotSupported, "a message has bytes"};
    // Several are on their way at once: only the first one's start is waited for.
    return work(*nic, messageStart + times * (double(bytes) / (m_node.model.railSpeed(*nic) * 1e9)));
}

Outcome<double> SimulatedRails::latency(const std::string &name, int times)
{
    const auto nic = find(name);
    if (!nic.ok())
        return nic.problem();
    return work(*nic, std::max(times, 1) * messageStart) / std::max(times, 1);
}

} // namespace seatrial::engine::simulate
