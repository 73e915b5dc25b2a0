// SPDX-License-Identifier: Apache-2.0
#include "engine/device/verbs/verbs_rails.h"

#include "engine/device/recorded.h"

#include <algorithm>

namespace seatrial::engine::verbs {

Outcome<Library> VerbsRails::library()
{
    if (!m_library) {
        // Recorded adapters are there, though nobody can look: that must not count as if there were none.
        if (const auto refusal = notOfThisMachine(m_terms.sysroot, "SEATRIAL_IBVERBS"))
            return DeviceProblem{DeviceTrouble::NotPermitted, refusal->text};
        auto opened = Library::open();
        if (!opened.ok())
            return opened.problem();
        m_library = std::move(*opened);
    }
    return *m_library;
}

/// What sysfs shows; whether anything can be done with them is told here once for all of them.
Outcome<std::vector<RailFacts>> VerbsRails::list()
{
    const auto ports = readPorts(m_terms.sysroot);
    if (ports.empty())
        return DeviceProblem{DeviceTrouble::NotPresent, "no InfiniBand or RoCE adapter is in this node"};
    const auto opened = library();
    if (!opened.ok())
        return opened.problem();
    int known = 0;
    Device **const devices = opened->api.deviceList(&known);
    if (devices)
        opened->api.freeDeviceList(devices);
    if (!devices || known <= 0)
        return DeviceProblem{DeviceTrouble::NotPermitted,
                             opened->name +
                                 " finds none of the adapters of this node: load the kernel module ib_uverbs, and "
                                 "install its drivers for programs (ibverbs-providers, or the vendor's own)"};
    std::vector<RailFacts> rails;
    for (const auto &each : ports)
        rails.push_back({each.name(), each.active, each.gigabitsPerSecond, each.numaNode, each.down});
    return rails;
}

Outcome<PortLoopback *> VerbsRails::port(const std::string &name)
{
    if (const auto known = m_open.find(name); known != m_open.end())
        return known->second.get();
    const auto ports = readPorts(m_terms.sysroot);
    const auto wanted = std::find_if(ports.begin(), ports.end(), [&](const Port &each) { return each.name() == name; });
    if (wanted == ports.end())
        return DeviceProblem{DeviceTrouble::NotPresent, "there is no port " + name + " below /sys/class/infiniband"};
    if (!wanted->active)
        return DeviceProblem{DeviceTrouble::NotPresent, "port " + name + ": " + wanted->down};
    const auto opened = library();
    if (!opened.ok())
        return opened.problem();
    auto loopback = PortLoopback::open(*opened, *wanted, m_terms);
    if (!loopback.ok())
        return loopback.problem();
    return m_open.emplace(name, std::move(*loopback)).first->second.get();
}

Outcome<Done> VerbsRails::prepare(const std::string &name, std::uint64_t bytes)
{
    const auto opened = port(name);
    return opened.ok() ? (*opened)->makeRoom(bytes) : Outcome<Done>(opened.problem());
}

Outcome<double> VerbsRails::loopback(const std::string &name, std::uint64_t bytes, int times)
{
    const auto opened = port(name);
    return opened.ok() ? (*opened)->write(bytes, times) : Outcome<double>(opened.problem());
}

Outcome<double> VerbsRails::latency(const std::string &name, int times)
{
    const auto opened = port(name);
    return opened.ok() ? (*opened)->latency(times) : Outcome<double>(opened.problem());
}

protocol::Parameters VerbsRails::details(const std::string &name) const
{
    const auto opened = m_open.find(name);
    return opened == m_open.end() ? protocol::Parameters() : opened->second->details();
}

} // namespace seatrial::engine::verbs
