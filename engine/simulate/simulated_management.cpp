// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/simulated_management.h"

#include "engine/simulate/host_tree.h"
#include "engine/simulate/noise.h"
#include "engine/simulate/readings.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace seatrial::engine::simulate {

namespace {

std::string hex(std::uint64_t value, int digits)
{
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "0x%0*llX", digits, static_cast<unsigned long long>(value));
    return text.data();
}

DeviceProblem noSuchGpu(int gpu)
{
    return {DeviceTrouble::NotPresent, "there is no GPU " + std::to_string(gpu) + " in the simulated node"};
}

} // namespace

GpuState SimulatedManagement::stateOf(int gpu) const
{
    return SharedState::Access(m_node.state)->gpus[std::size_t(gpu)];
}

Outcome<int> SimulatedManagement::count()
{
    return m_node.model.profile().gpus;
}

protocol::Parameters SimulatedManagement::versions()
{
    return {{"driver", "580.95.05"}, {"cuda", "13.0"}, {"nvml", "13.580.95.05"}};
}

Outcome<protocol::Part> SimulatedManagement::identity(int gpu)
{
    if (!knows(gpu))
        return noSuchGpu(gpu);
    if (stateOf(gpu).lost)
        return lostProblem(gpu);
    const Model &model = m_node.model;
    const Sku &sku = model.sku();
    const DeviceFacts facts = model.facts(gpu);
    protocol::Part part{"gpu", "gpu/" + std::to_string(gpu), model.serial(gpu), facts.name, std::string(sku.vbios), versions()};
    auto &attributes = part.attributes;
    attributes["serial"] = part.identity;
    attributes["uuid"] = facts.uuid;
    attributes["board_part_number"] = sku.boardPart;
    attributes["inforom_image"] = sku.inforom;
    attributes["gsp_firmware"] = "580.95.05";
    attributes["architecture"] = sku.architecture;
    attributes["minor_number"] = std::to_string(gpu);
    attributes["module_id"] = std::to_string(gpu + 1);
    attributes["cpu_affinity"] = cpuListOf(model.profile(), facts.numaNode);
    attributes["numa_affinity"] = memoryNear(model.profile(), gpu);
    if (const int own = numaOfMemory(model.profile(), gpu); own >= 0)
        attributes["gpu_numa_id"] = std::to_string(own);
    attributes["pci_address"] = facts.pciAddress;
    attributes["pci_device_id"] = hex(std::uint64_t(sku.pciDevice) << 16 | 0x10de, 8);
    attributes["pci_subsystem_id"] = hex(std::uint64_t(sku.pciSubsystem) << 16 | 0x10de, 8);
    attributes["memory_bytes"] = std::to_string(facts.memoryBytes);
    attributes["mig_mode"] = "Disabled";
    attributes["ecc_mode"] = "Enabled";
    attributes["persistence_mode"] = "Enabled";
    attributes["compute_mode"] = "Default";
    if (sku.links > 0) {
        attributes["fabric_state"] = "Completed";
        attributes["fabric_status"] = "Success";
        attributes["fabric_clique"] = "0";
    }
    attributes["simulated"] = "yes";
    return part;
}

std::vector<Reading> SimulatedManagement::readings(int gpu)
{
    if (!knows(gpu))
        return {};
    const GpuState state = stateOf(gpu);
    return readingsOf(m_node.model, gpu, state, m_node.model.sample(gpu, state, m_node.clock.now()));
}

Outcome<TelemetrySample> SimulatedManagement::sample(int gpu)
{
    if (!knows(gpu))
        return noSuchGpu(gpu);
    const GpuState state = stateOf(gpu);
    if (state.lost)
        return lostProblem(gpu);
    return m_node.model.sample(gpu, state, m_node.clock.now());
}

Outcome<std::vector<GpuProcess>> SimulatedManagement::processes(int gpu)
{
    if (!knows(gpu))
        return noSuchGpu(gpu);
    if (stateOf(gpu).lost)
        return lostProblem(gpu);
    return std::vector<GpuProcess>();
}

Outcome<GpuRelation> SimulatedManagement::relation(int gpu, int other)
{
    if (!knows(gpu) || !knows(other))
        return noSuchGpu(knows(gpu) ? other : gpu);
    if (stateOf(gpu).lost || stateOf(other).lost)
        return lostProblem(stateOf(gpu).lost ? gpu : other);
    if (gpu == other)
        return GpuRelation{"X", 0};
    const Profile &profile = m_node.model.profile();
    const int links = std::min(m_node.model.linksUp(gpu), m_node.model.linksUp(other));
    if (links > 0)
        return GpuRelation{"NV" + std::to_string(links), links};
    if (profile.switchOfGpu(gpu) == profile.switchOfGpu(other))
        return GpuRelation{"PIX", 0};
    return GpuRelation{profile.numaOfGpu(gpu) == profile.numaOfGpu(other) ? "NODE" : "SYS", 0};
}

std::vector<GpuEvent> SimulatedManagement::events()
{
    SharedState::Access node(m_node.state);
    std::vector<GpuEvent> told;
    if (m_heard) {
        const std::uint64_t oldest = node->events > NodeState::mostEvents ? node->events - NodeState::mostEvents : 0;
        for (std::uint64_t i = std::max(*m_heard, oldest); i < node->events; ++i) {
            const EventState &event = node->event[i % NodeState::mostEvents];
            told.push_back({event.gpu, event.xid, "nvml", "NVRM: " + xidText(m_node.model, event), event.seconds});
        }
    }
    m_heard = node->events;
    return told;
}

} // namespace seatrial::engine::simulate
