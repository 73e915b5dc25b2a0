// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/cuda/cuda_memory.h"
#include "engine/device/cuda/multiplier.h"

#include <functional>
#include <memory>
#include <string>

namespace seatrial::engine::cuda {

/// A GPU by the CUDA driver.
class RealDevice final : public Device
{
public:
    /// Tells @p loaded which libraries it came to use, for the provenance of what they measure.
    RealDevice(std::shared_ptr<Gpu> gpu, std::function<void(const std::string &)> loaded);
    ~RealDevice() override;

    const std::shared_ptr<Gpu> &gpu() const { return m_gpu; }

    const DeviceFacts &facts() const override { return m_gpu->facts(); }
    std::uint64_t freeBytes() const override { return m_gpu->freeBytes(); }
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
    Trouble usable(std::initializer_list<const DeviceMemory *> memories, std::uint64_t bytes, int times) const;
    Trouble enqueueCopy(const DeviceMemory &to, const DeviceMemory &from, std::uint64_t bytes, CuStream stream) const;

    std::shared_ptr<Gpu> m_gpu;
    std::function<void(const std::string &)> m_loaded;
    std::unique_ptr<Multiplier> m_multiplier;
};

} // namespace seatrial::engine::cuda
