// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/simulate/simulated_device.h"

namespace seatrial::engine::simulate {

/// What the driver of a simulated node tells: identity, health, sensors and events as its state and its faults have them.
class SimulatedManagement : public Management
{
public:
    explicit SimulatedManagement(Node node) : m_node(std::move(node)) {}

    Outcome<int> count() override;
    protocol::Parameters versions() override;
    Outcome<protocol::Part> identity(int gpu) override;
    std::vector<Reading> readings(int gpu) override;
    Outcome<TelemetrySample> sample(int gpu) override;
    Outcome<std::vector<GpuProcess>> processes(int gpu) override;
    Outcome<GpuRelation> relation(int gpu, int other) override;
    std::vector<GpuEvent> events() override;

private:
    bool knows(int gpu) const { return gpu >= 0 && gpu < m_node.model.profile().gpus; }
    GpuState stateOf(int gpu) const;

    Node m_node;
    std::optional<std::uint64_t> m_heard; ///< so many events were told
};

} // namespace seatrial::engine::simulate
