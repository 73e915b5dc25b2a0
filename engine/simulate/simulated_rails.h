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
    Outcome<Done> prepare(const std::string &name, std::uint64_t bytes) override;
    Outcome<double> loopback(const std::string &name, std::uint64_t bytes, int times) override;
    Outcome<double> latency(const std::string &name, int times) override;

private:
    Outcome<std::size_t> find(const std::string &name) const;
    /// That long, with the noise of this operation.
    double work(std::size_t nic, double seconds);

    Node m_node;
};

} // namespace seatrial::engine::simulate
