// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/simulate/simulated_device.h"

namespace seatrial::engine::simulate {

/// The adapters of a simulated node. Ethernet that belongs to the node itself is no rail.
class SimulatedRails : public Rails
{
public:
    explicit SimulatedRails(Node node) : m_node(std::move(node)) {}

    Outcome<std::vector<RailFacts>> list() override;
    Outcome<double> loopback(const std::string &name, std::uint64_t bytes, int times) override;

private:
    Node m_node;
};

} // namespace seatrial::engine::simulate
