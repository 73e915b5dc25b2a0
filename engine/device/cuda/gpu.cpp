// SPDX-License-Identifier: Apache-2.0
#include "engine/device/cuda/gpu.h"

#include "engine/device/cuda/cuda_errors.h"
#include "engine/device/cuda/kernel_image.h"
#include "engine/device/cuda/kernel_words.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace seatrial::engine::cuda {

const std::array<const char *, kKernels> kKernelNames = {
    "seatrial_read",   "seatrial_write",  "seatrial_copy",
    "seatrial_scale",  "seatrial_add",    "seatrial_triad",
    "seatrial_arithmetic_fp32",           "seatrial_arithmetic_fp64",
    "seatrial_arithmetic_integer",        "seatrial_arithmetic_tensor",
    "seatrial_stream_check",              "seatrial_fill",
    "seatrial_verify", "seatrial_read_again", "seatrial_operands",
    "seatrial_digest", "seatrial_addends", "seatrial_sum_check",
};

namespace {

constexpr int kOldestCapability = 80; ///< the kernels' PTX is of it
constexpr std::uint64_t kScratchBytes = 64 << 10;
static_assert(kScratchBytes >= sizeof(MiscompareBox) && kScratchBytes >= kMostMultiprocessors * sizeof(ArithmeticCell));

std::string uuidText(const CuUuid &uuid)
{
    std::string text = "GPU-";
    for (int i = 0; i < 16; ++i) {
        char hex[4];
        std::snprintf(hex, sizeof(hex), "%02x", static_cast<unsigned char>(uuid.bytes[i]));
        text += (i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "") + std::string(hex);
    }
    return text;
}

} // namespace

Gpu::Gpu(const Driver &driver, const CudaDevice &device, int index, std::filesystem::path sysroot)
    : m_api(driver.api)
    , m_device(device.handle)
    , m_sysroot(std::move(sysroot))
{
    m_facts.index = index;
    m_facts.pciAddress = device.pciAddress;
}

Gpu::~Gpu()
{
    // A context that is lost cannot give anything back, and a GPU that is lost may not answer.
    if (m_context == nullptr || m_dead)
        return;
    m_api.setContext(m_context);
    if (m_scratch != 0)
        m_api.release(m_scratch);
    for (CuEvent event : m_events)
        if (event != nullptr)
            m_api.destroyEvent(event);
    for (CuStream stream : m_streams)
        if (stream != nullptr)
            m_api.destroyStream(stream);
    if (m_module != nullptr)
        m_api.unloadModule(m_module);
    m_api.releaseContext(m_device);
}

Outcome<std::shared_ptr<Gpu>> Gpu::open(const Driver &driver, const CudaDevice &device, int index, const std::filesystem::path &sysroot)
{
    std::shared_ptr<Gpu> gpu(new Gpu(driver, device, index, sysroot));
    for (Trouble (Gpu::*const step)() : {&Gpu::learnFacts, &Gpu::makeContext, &Gpu::loadKernels})
        if (Trouble trouble = (gpu.get()->*step)())
            return *trouble;
    return gpu;
}

int Gpu::attribute(int which) const
{
    int value = 0;
    return m_api.deviceAttribute(&value, which, m_device) == kSuccess ? value : 0;
}

Trouble Gpu::learnFacts()
{
    char name[256] = {};
    CuUuid uuid{};
    std::size_t bytes = 0;
    if (Trouble trouble = failed(m_api.deviceName(name, sizeof(name) - 1, m_device), "cuDeviceGetName"))
        return trouble;
    if (Trouble trouble = failed(m_api.deviceUuid(&uuid, m_device), "cuDeviceGetUuid"))
        return trouble;
    if (Trouble trouble = failed(m_api.deviceMemory(&bytes, m_device), "cuDeviceTotalMem_v2"))
        return trouble;
    m_facts.name = printable(name);
    m_facts.uuid = uuidText(uuid);
    m_facts.memoryBytes = bytes;
    m_facts.capabilityMajor = attribute(kAttributeCapabilityMajor);
    m_facts.capabilityMinor = attribute(kAttributeCapabilityMinor);
    m_facts.multiprocessors = attribute(kAttributeMultiprocessors);
    m_facts.cacheBytes = static_cast<std::uint64_t>(std::max(0, attribute(kAttributeL2Bytes)));
    m_facts.coreClockMhz = attribute(kAttributeClockKhz) / 1e3;
    m_facts.memoryClockMhz = attribute(kAttributeMemoryClockKhz) / 1e3;
    m_facts.memoryBusBits = attribute(kAttributeMemoryBusBits);
    const auto node = readInteger(m_sysroot / "sys/bus/pci/devices" / m_facts.pciAddress / "numa_node");
    m_onTheBus = !offTheBus(m_sysroot, m_facts.pciAddress); // a container may hide it from the beginning
    m_facts.numaNode = node ? static_cast<int>(*node) : -1;
    m_sharedForOne = std::min(attribute(kAttributeSharedPerMultiprocessor) / 2 + 1024, attribute(kAttributeSharedPerBlockOptin) - 1024);
    return mayBeUsed();
}

Trouble Gpu::mayBeUsed() const
{
    CuUuid whole{};
    CuUuid slice{};
    if (m_api.deviceUuidOfSlice != nullptr && m_api.deviceUuid(&whole, m_device) == kSuccess
        && m_api.deviceUuidOfSlice(&slice, m_device) == kSuccess && std::memcmp(&whole, &slice, sizeof(whole)) != 0)
        return problem(DeviceTrouble::NotSupported, "it is partitioned (MIG); only whole GPUs are measured, because limits are those of whole GPUs");
    if (attribute(kAttributeComputeMode) == kComputeModeProhibited)
        return problem(DeviceTrouble::NotPermitted, "its compute mode is \"prohibited\", which lets nobody give it work (nvidia-smi -c 0 allows it)");
    if (m_facts.capabilityMajor * 10 + m_facts.capabilityMinor < kOldestCapability)
        return problem(DeviceTrouble::NotSupported, "its compute capability is " + std::to_string(m_facts.capabilityMajor) + '.'
                           + std::to_string(m_facts.capabilityMinor) + "; this engine's kernels need 8.0 (A100) or later");
    return {};
}

Trouble Gpu::makeContext()
{
    m_api.setContextFlags(m_device, kContextBlockingSync); // where a library was first, its choice stays
    if (Trouble trouble = failed(m_api.retainContext(&m_context, m_device), "cuDevicePrimaryCtxRetain")) {
        m_context = nullptr;
        return trouble;
    }
    if (Trouble trouble = failed(m_api.setContext(m_context), "cuCtxSetCurrent"))
        return trouble;
    for (CuStream &stream : m_streams)
        if (Trouble trouble = failed(m_api.createStream(&stream, kStreamNonBlocking), "cuStreamCreate"))
            return trouble;
    for (CuEvent &event : m_events)
        if (Trouble trouble = failed(m_api.createEvent(&event, kEventBlockingSync), "cuEventCreate"))
            return trouble;
    return failed(m_api.allocate(&m_scratch, kScratchBytes), "cuMemAlloc_v2", kScratchBytes);
}

Trouble Gpu::loadKernels()
{
    const KernelImage &image = kernelImage();
    CuResult result = kNoBinaryForGpu;
    if (!image.fatbin.empty()) {
        result = m_api.loadModule(&m_module, image.fatbin.data());
        m_kernelSource = "machine code";
    }
    // A driver older than the compiler, or a GPU younger than it: the driver compiles for itself.
    if (result != kSuccess && !meaningOf(result, true).sticky && !image.ptx.empty()) {
        result = m_api.loadModule(&m_module, image.ptx.data());
        m_kernelSource = "PTX";
    }
    if (result != kSuccess)
        m_module = nullptr;
    if (Trouble trouble = failed(result, "cuModuleLoadData"))
        return trouble;
    for (int kernel = 0; kernel < kKernels; ++kernel) {
        CuFunction &function = m_functions[kernel];
        if (Trouble trouble = failed(m_api.moduleFunction(&function, m_module, kKernelNames[kernel]), "cuModuleGetFunction"))
            return trouble;
        int resident = 0;
        if (Trouble trouble = failed(m_api.occupancy(&resident, function, kBlockThreads, 0), "cuOccupancyMaxActiveBlocksPerMultiprocessor"))
            return trouble;
        m_blocks[kernel] = std::max(1, resident) * std::max(1, m_facts.multiprocessors);
    }
    for (Kernel kernel : {Kernel::ArithmeticFp32, Kernel::ArithmeticFp64, Kernel::ArithmeticInteger, Kernel::ArithmeticTensor})
        if (Trouble trouble = failed(m_api.setFunctionAttribute(m_functions[static_cast<int>(kernel)], kFunctionMaxDynamicShared, m_sharedForOne),
                                     "cuFuncSetAttribute"))
            return trouble;
    return {};
}

Trouble Gpu::enter() const
{
    if (m_dead)
        return problem(m_dead->trouble, "nothing can be asked of it in this process since " + m_dead->text);
    return failed(m_api.setContext(m_context), "cuCtxSetCurrent");
}

Trouble Gpu::failed(CuResult result, const char *call, std::uint64_t bytes) const
{
    if (result == kSuccess)
        return {};
    CudaError error = meaningOf(result, m_module != nullptr);
    std::string text = errorText(m_api, result, call, bytes);
    if (error.trouble == DeviceTrouble::OutOfMemory && m_context != nullptr)
        text += "; " + std::to_string(freeBytes()) + " bytes are free";
    if (error.sticky && m_onTheBus && offTheBus(m_sysroot, m_facts.pciAddress)) {
        error.trouble = DeviceTrouble::Lost;
        text += "; it does not answer on the PCI bus any more";
    }
    const DeviceProblem told = problem(error.trouble, text);
    if (error.sticky && !m_dead)
        m_dead = DeviceProblem{error.trouble, text};
    return told;
}

DeviceProblem Gpu::problem(DeviceTrouble trouble, const std::string &text) const
{
    return {trouble, "GPU " + std::to_string(m_facts.index) + " (" + m_facts.pciAddress + "): " + text};
}

Trouble Gpu::launch(Kernel kernel, const void *work) const
{
    void *parameters[] = {const_cast<void *>(work)};
    const int which = static_cast<int>(kernel);
    return failed(m_api.launch(m_functions[which], static_cast<unsigned>(m_blocks[which]), 1, 1, kBlockThreads, 1, 1, 0, stream(), parameters,
                               nullptr),
                  kKernelNames[which]);
}

Trouble Gpu::launchAlone(Kernel kernel, const void *work, int blocks) const
{
    void *parameters[] = {const_cast<void *>(work)};
    const int which = static_cast<int>(kernel);
    return failed(m_api.launch(m_functions[which], static_cast<unsigned>(blocks), 1, 1, kArithmeticThreads, 1, 1,
                               static_cast<unsigned>(m_sharedForOne), stream(), parameters, nullptr),
                  kKernelNames[which]);
}

Trouble Gpu::wait() const
{
    return failed(m_api.waitStream(stream()), "cuStreamSynchronize");
}

Trouble Gpu::ask() const
{
    if (Trouble trouble = enter())
        return trouble;
    const CuResult result = m_api.queryStream(stream());
    return result == kNotReady ? Trouble() : failed(result, "cuStreamQuery");
}

Outcome<double> Gpu::timed(const std::function<Trouble()> &work) const
{
    if (Trouble trouble = enter())
        return *trouble;
    if (Trouble trouble = failed(m_api.recordEvent(m_events[0], stream()), "cuEventRecord"))
        return *trouble;
    if (Trouble trouble = work())
        return *trouble;
    if (Trouble trouble = failed(m_api.recordEvent(m_events[1], stream()), "cuEventRecord"))
        return *trouble;
    if (Trouble trouble = failed(m_api.waitEvent(m_events[1]), "cuEventSynchronize"))
        return *trouble;
    float milliseconds = 0;
    if (Trouble trouble = failed(m_api.elapsed(&milliseconds, m_events[0], m_events[1]), "cuEventElapsedTime"))
        return *trouble;
    if (!(milliseconds > 0))
        return problem(DeviceTrouble::Broken, "its events say that work took " + numberText(milliseconds) + " ms");
    return milliseconds / 1e3;
}

Outcome<double> Gpu::timedBoth(const std::function<Trouble()> &work) const
{
    return timed([&]() -> Trouble {
        if (Trouble trouble = failed(m_api.streamWaitsFor(otherStream(), m_events[0], 0), "cuStreamWaitEvent"))
            return trouble;
        if (Trouble trouble = work())
            return trouble;
        if (Trouble trouble = failed(m_api.recordEvent(m_events[2], otherStream()), "cuEventRecord"))
            return trouble;
        return failed(m_api.streamWaitsFor(stream(), m_events[2], 0), "cuStreamWaitEvent");
    });
}

Trouble Gpu::clearScratch(std::uint64_t bytes) const
{
    return failed(m_api.setBytesAsync(m_scratch, 0, bytes, stream()), "cuMemsetD8Async", bytes);
}

Trouble Gpu::readScratch(void *to, std::uint64_t bytes) const
{
    if (Trouble trouble = wait())
        return trouble;
    return failed(m_api.copyToHost(to, m_scratch, bytes), "cuMemcpyDtoH_v2", bytes);
}

std::uint64_t Gpu::freeBytes() const
{
    std::size_t unused = 0;
    std::size_t all = 0;
    if (m_dead || m_api.setContext(m_context) != kSuccess || m_api.memoryInfo(&unused, &all) != kSuccess)
        return 0;
    return unused;
}

Outcome<bool> Gpu::reaches(const Gpu &peer) const
{
    if (peer.m_device == m_device || std::find(m_peers.begin(), m_peers.end(), peer.m_context) != m_peers.end())
        return true;
    if (Trouble trouble = enter())
        return *trouble;
    int possible = 0;
    if (Trouble trouble = failed(m_api.canAccessPeer(&possible, m_device, peer.m_device), "cuDeviceCanAccessPeer"))
        return *trouble;
    if (possible == 0)
        return false;
    const CuResult result = m_api.enablePeerAccess(peer.m_context, 0);
    if (result != kPeerAccessAlreadyEnabled)
        if (Trouble trouble = failed(result, "cuCtxEnablePeerAccess"))
            return *trouble;
    m_peers.push_back(peer.m_context);
    return true;
}

} // namespace seatrial::engine::cuda
