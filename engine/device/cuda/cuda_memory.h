// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/cuda/gpu.h"
#include "engine/measure/mapped_memory.h"

#include <memory>
#include <optional>

namespace seatrial::engine::cuda {

/// Memory of a GPU, or of the host where the GPU can write by itself.
class CudaMemory final : public DeviceMemory
{
public:
    static Outcome<std::unique_ptr<DeviceMemory>> allocate(std::shared_ptr<Gpu> gpu, std::uint64_t bytes, MemoryPlace place);
    ~CudaMemory() override;

    std::uint64_t bytes() const override { return m_bytes; }
    MemoryPlace place() const override { return m_host ? MemoryPlace::PinnedHost : MemoryPlace::Device; }
    /// As kernels and copies of every GPU of this process see it.
    CuAddress address() const { return m_address; }

private:
    CudaMemory(std::shared_ptr<Gpu> gpu, std::uint64_t bytes);
    Trouble takeFromHost();

    std::shared_ptr<Gpu> m_gpu;
    std::uint64_t m_bytes;
    CuAddress m_address = 0;
    std::unique_ptr<MappedMemory> m_host;
    bool m_registered = false;
};

/// Keeps @p memory until the process ends: work that cannot be stopped may still use it.
void keepForEver(std::unique_ptr<DeviceMemory> memory);

} // namespace seatrial::engine::cuda
