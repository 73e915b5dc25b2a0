// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/device.h"
#include "engine/simulate/model.h"
#include "engine/simulate/simulated_clock.h"

#include <memory>
#include <optional>

namespace seatrial::engine::simulate {

/// What the GPUs of one process share.
struct Node {
    const Model &model;
    SharedState &state;
    SimulatedClock &clock;
    std::filesystem::path kernelLog; ///< of the simulated node; empty: it has none
};

/// Work of @p load that takes @p seconds at the highest clock: heats, is slowed by what a GPU suffers from, counts, and may
/// lose the GPU. The seconds that it took.
Outcome<double> labour(Node &node, const std::vector<int> &gpus, Load load, double seconds);

/// "Xid (PCI:0000:1b:00): 79, …": what the driver writes to the kernel log.
std::string xidText(const Model &model, const EventState &event);
/// Of a GPU in an ECC storm, that ECC could not correct.
int uncorrectedErrors(double loadSeconds);

/// What every call to a lost GPU answers.
DeviceProblem lostProblem(int gpu);

/// Memory without its content: of that only what a test of memory would find.
class SimulatedMemory : public DeviceMemory
{
public:
    SimulatedMemory(std::uint64_t bytes, MemoryPlace place, std::shared_ptr<std::uint64_t> taken);
    ~SimulatedMemory() override;
    std::uint64_t bytes() const override { return m_bytes; }
    MemoryPlace place() const override { return m_place; }

    /// The seed that its words follow from, as far as they were written; nothing: undefined.
    std::optional<std::uint64_t> content;
    std::uint64_t written = 0; ///< bytes from the start
    std::uint64_t miscomputed = 0; ///< words that a kernel got wrong when it wrote them last

private:
    std::uint64_t m_bytes;
    MemoryPlace m_place;
    std::shared_ptr<std::uint64_t> m_taken;
};

/// A GPU that computes nothing, and takes as long for it as a real one does.
class SimulatedDevice : public Device
{
public:
    SimulatedDevice(Node node, int gpu);

    const DeviceFacts &facts() const override { return m_facts; }
    std::uint64_t freeBytes() const override;
    Outcome<std::unique_ptr<DeviceMemory>> allocate(std::uint64_t bytes, MemoryPlace place) override;
    Outcome<double> copy(DeviceMemory &to, const DeviceMemory &from, std::uint64_t bytes, int times) override;
    Outcome<double> copyBoth(DeviceMemory &to, const DeviceMemory &from, DeviceMemory &backTo, const DeviceMemory &backFrom,
                             std::uint64_t bytes, int times) override;
    Outcome<double> copyToPeer(Device &peer, DeviceMemory &to, const DeviceMemory &from, std::uint64_t bytes, int times) override;
    Outcome<bool> reaches(const Device &peer) const override;
    Outcome<double> stream(StreamKernel kernel, DeviceMemory &to, const DeviceMemory &a, const DeviceMemory &b, std::uint64_t bytes,
                           int times) override;
    Outcome<std::uint64_t> wrongWords(StreamKernel kernel, const DeviceMemory &to, const DeviceMemory &a, const DeviceMemory &b,
                                      std::uint64_t bytes, int part, int parts) override;
    Outcome<double> fill(DeviceMemory &memory, std::uint64_t seed) override;
    Outcome<VerifyReport> verify(const DeviceMemory &memory, std::uint64_t seed) override;
    Outcome<double> multiply(const Multiplication &what, int times) override;
    Outcome<std::vector<std::uint64_t>> arithmetic(ArithmeticPath path, std::uint64_t seed, int rounds) override;

private:
    Outcome<double> work(Load load, double seconds);
    std::uint64_t capacity() const;
    bool miscalculates(std::uint64_t salt) const;
    /// Words of @p memory that do not keep what is written to them, and the bit of each that is stuck.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> stuckWords(const DeviceMemory &memory) const;

    Node m_node;
    int m_gpu;
    DeviceFacts m_facts;
    std::shared_ptr<std::uint64_t> m_taken = std::make_shared<std::uint64_t>(0);
};

/// The word at @p index of what fill() writes with @p seed: its offset with seed 0; of the complement of a seed, the complement.
std::uint64_t wordAt(std::uint64_t seed, std::uint64_t index);

} // namespace seatrial::engine::simulate
