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
            rails.push_back({nic.name, true, double(nic.gigabits), profile.numaOfSwitch(nic.pcieSwitch)});
    }
    if (rails.empty())
        return DeviceProblem{DeviceTrouble::NotPresent, "the simulated node has no adapters between GPUs of different nodes"};
    return rails;
}

Outcome<double> SimulatedRails::loopback(const std::string &name, std::uint64_t bytes, int times)
{
    const auto &nics = m_node.model.profile().nics;
    const auto nic = std::find_if(nics.begin(), nics.end(), [&](const Nic &each) { return each.name == name && each.rail; });
    if (nic == nics.end() || bytes == 0 || times < 1)
        return DeviceProblem{DeviceTrouble::NotPresent, "there is no adapter " + name + " in the simulated node"};
    const auto index = std::size_t(nic - nics.begin());
    m_node.clock.beginWork();
    const auto operation = SharedState::Access(m_node.state)->railOperations[index]++;
    const double seconds = times * (double(bytes) / (m_node.model.railSpeed(index) * 1e9) + messageStart)
        * m_node.model.noise(noiseOfRails + int(index), operation);
    m_node.clock.work(seconds, {});
    return seconds;
}

} // namespace seatrial::engine::simulate
