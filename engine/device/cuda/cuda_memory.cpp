// SPDX-License-Identifier: Apache-2.0
#include "engine/device/cuda/cuda_memory.h"

#include <cstring>
#include <new>
#include <vector>

namespace seatrial::engine::cuda {

CudaMemory::CudaMemory(std::shared_ptr<Gpu> gpu, std::uint64_t bytes)
    : m_gpu(std::move(gpu))
    , m_bytes(bytes)
{
}

CudaMemory::~CudaMemory()
{
    if (m_gpu->dead()) {
        static auto *const written = new std::vector<std::unique_ptr<MappedMemory>>;
        written->push_back(std::move(m_host)); // the GPU may still write there; the process ends soon
        return;
    }
    m_gpu->api().setContext(m_gpu->context());
    if (m_registered)
        m_gpu->api().unregisterHost(m_host->data());
    else if (!m_host && m_address != 0)
        m_gpu->api().release(m_address);
}

Outcome<std::unique_ptr<DeviceMemory>> CudaMemory::allocate(std::shared_ptr<Gpu> gpu, std::uint64_t bytes, MemoryPlace place)
{
    if (bytes == 0)
        return gpu->problem(DeviceTrouble::NotSupported, "no memory of 0 bytes can be had");
    if (Trouble trouble = gpu->enter())
        return *trouble;
    std::unique_ptr<CudaMemory> memory(new CudaMemory(std::move(gpu), bytes));
    const Gpu &owner = *memory->m_gpu;
    Trouble trouble = place == MemoryPlace::PinnedHost ? memory->takeFromHost()
                                                       : owner.failed(owner.api().allocate(&memory->m_address, bytes), "cuMemAlloc_v2", bytes);
    if (trouble)
        return *trouble;
    return std::unique_ptr<DeviceMemory>(std::move(memory));
}

/// Wanted and touched on the node that the GPU hangs on, and only then pinned: pinned pages do not move.
Trouble CudaMemory::takeFromHost()
{
    const int node = m_gpu->facts().numaNode;
    try {
        m_host = std::make_unique<MappedMemory>(m_bytes, node >= 0 ? std::optional<int>(node) : std::nullopt);
    } catch (const std::bad_alloc &) {
        return m_gpu->problem(DeviceTrouble::OutOfMemory, "the host has no " + std::to_string(m_bytes) + " bytes of memory for it");
    }
    std::memset(m_host->data(), 0x5A, m_bytes);
    const CudaApi &api = m_gpu->api();
    if (Trouble trouble = m_gpu->failed(api.registerHost(m_host->data(), m_bytes, kHostPortable | kHostDeviceMap), "cuMemHostRegister_v2", m_bytes))
        return trouble;
    m_registered = true;
    return m_gpu->failed(api.hostAddress(&m_address, m_host->data(), 0), "cuMemHostGetDevicePointer_v2");
}

void keepForEver(std::unique_ptr<DeviceMemory> memory)
{
    static auto *const kept = new std::vector<std::unique_ptr<DeviceMemory>>;
    kept->push_back(std::move(memory));
}

} // namespace seatrial::engine::cuda
