// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/machine.h"
#include "engine/simulate/shared_state.h"

namespace seatrial::engine::simulate {

/// The physics of a simulated node: how fast each of its parts is, how it heats, what its faults do. No state of its own,
/// so each question has one answer. Speeds are without noise, which each run adds.
class Model
{
public:
    explicit Model(Profile profile) : m_profile(std::move(profile)) {}

    const Profile &profile() const { return m_profile; }
    const Sku &sku() const { return *m_profile.sku; }
    DeviceFacts facts(int gpu) const;
    std::string serial(int gpu) const;

    /// Seconds of one run over @p bytes of each array, at the highest clock.
    double streamSeconds(int gpu, StreamKernel kernel, std::uint64_t bytes) const;
    double localCopySpeed(int gpu) const;
    double hostSpeed(int gpu, bool bothWays) const;
    /// 0: they do not reach each other directly.
    double peerSpeed(int gpu, int other) const;
    int linksUp(int gpu) const;
    bool linkIsUp(int gpu, int link) const;
    int pcieLanes(int gpu) const;
    int pcieLanes(const Nic &nic) const;
    /// At the highest clock, of large matrices; 0: this model cannot.
    double flops(int gpu, const Multiplication &what) const;
    /// Bus bandwidth for large messages.
    double allReduceSpeed(const std::vector<int> &gpus) const;
    double railSpeed(std::size_t nic) const;

    /// What of its highest clock it runs at with this load, in the state it is in.
    double clockShare(int gpu, const GpuState &state, Load load) const;
    /// How much longer work of this load takes at that clock.
    double stretch(int gpu, const GpuState &state, Load load) const;
    /// Lets heat and counters follow @p load from where they are to @p until.
    void pass(int gpu, GpuState &state, Load load, double until) const;
    /// What sensors say at the simulated time @p now.
    TelemetrySample sample(int gpu, const GpuState &state, double now) const;

    /// About 1, from this GPU's (or NIC's) piece of silicon.
    double natural(int part, std::uint64_t aspect, double share) const;
    /// About 1, another for each operation.
    double noise(int part, std::uint64_t operation) const;

private:
    bool throttles(int gpu, const GpuState &state, Load load) const;
    double nodeShare() const;

    Profile m_profile;
};

} // namespace seatrial::engine::simulate
