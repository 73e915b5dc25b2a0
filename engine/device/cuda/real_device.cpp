// SPDX-License-Identifier: Apache-2.0
#include "engine/device/cuda/real_device.h"

#include "engine/device/cuda/kernel_words.h"

#include <algorithm>

namespace seatrial::engine::cuda {

namespace {

constexpr std::uint64_t kStreamToken = 0x9E3779B97F4A7C15ull; ///< half of its bits are set
constexpr int kArithmeticLaunches = 4;

CuAddress addressOf(const DeviceMemory &memory)
{
    return static_cast<const CudaMemory &>(memory).address();
}

Kernel kernelOf(StreamKernel kernel)
{
    return static_cast<Kernel>(static_cast<int>(Kernel::Read) + static_cast<int>(kernel));
}

Kernel kernelOf(ArithmeticPath path)
{
    return static_cast<Kernel>(static_cast<int>(Kernel::ArithmeticFp32) + static_cast<int>(path));
}

std::uint64_t stepsPerRound(ArithmeticPath path)
{
    switch (path) {
    case ArithmeticPath::Fp32: return kFp32StepsPerRound;
    case ArithmeticPath::Fp64: return kFp64StepsPerRound;
    case ArithmeticPath::Integer: return kIntegerStepsPerRound;
    case ArithmeticPath::Tensor: return kTensorStepsPerRound;
    }
    return 1;
}

} // namespace

RealDevice::RealDevice(std::shared_ptr<Gpu> gpu, std::function<void(const std::string &)> loaded)
    : m_gpu(std::move(gpu))
    , m_loaded(std::move(loaded))
{
}

RealDevice::~RealDevice() = default;

/// Whether all of @p memories are ours and hold @p bytes.
Trouble RealDevice::usable(std::initializer_list<const DeviceMemory *> memories, std::uint64_t bytes, int times) const
{
    if (bytes == 0 || times <= 0)
        return m_gpu->problem(DeviceTrouble::NotSupported, "no work was asked for");
    for (const DeviceMemory *const memory : memories) {
        if (dynamic_cast<const CudaMemory *>(memory) == nullptr)
            return m_gpu->problem(DeviceTrouble::NotSupported, "memory of another kind of device cannot be used");
        if (memory->bytes() < bytes)
            return m_gpu->problem(DeviceTrouble::NotSupported, "the memory has " + std::to_string(memory->bytes()) + " bytes, asked for were "
                                      + std::to_string(bytes));
    }
    return {};
}

Outcome<std::unique_ptr<DeviceMemory>> RealDevice::allocate(std::uint64_t bytes, MemoryPlace place)
{
    return CudaMemory::allocate(m_gpu, bytes, place);
}

Trouble RealDevice::enqueueCopy(const DeviceMemory &to, const DeviceMemory &from, std::uint64_t bytes, CuStream stream) const
{
    return m_gpu->failed(m_gpu->api().copyAsync(addressOf(to), addressOf(from), bytes, stream), "cuMemcpyAsync", bytes);
}

Outcome<double> RealDevice::copy(DeviceMemory &to, const DeviceMemory &from, std::uint64_t bytes, int times)
{
    if (Trouble trouble = usable({&to, &from}, bytes, times))
        return *trouble;
    return m_gpu->timed([&]() -> Trouble {
        for (int i = 0; i < times; ++i)
            if (Trouble trouble = enqueueCopy(to, from, bytes, m_gpu->stream()))
                return trouble;
        return {};
    });
}

Outcome<double> RealDevice::copyBoth(DeviceMemory &to, const DeviceMemory &from, DeviceMemory &backTo, const DeviceMemory &backFrom,
                                     std::uint64_t bytes, int times)
{
    if (Trouble trouble = usable({&to, &from, &backTo, &backFrom}, bytes, times))
        return *trouble;
    return m_gpu->timedBoth([&]() -> Trouble {
        for (int i = 0; i < times; ++i) {
            if (Trouble trouble = enqueueCopy(to, from, bytes, m_gpu->stream()))
                return trouble;
            if (Trouble trouble = enqueueCopy(backTo, backFrom, bytes, m_gpu->otherStream()))
                return trouble;
        }
        return {};
    });
}

Outcome<bool> RealDevice::reaches(const Device &peer) const
{
    const auto *const other = dynamic_cast<const RealDevice *>(&peer);
    if (other == nullptr)
        return m_gpu->problem(DeviceTrouble::NotSupported, "another kind of device cannot be reached");
    return m_gpu->reaches(*other->m_gpu);
}

Outcome<double> RealDevice::copyToPeer(Device &peer, DeviceMemory &to, const DeviceMemory &from, std::uint64_t bytes, int times)
{
    if (Trouble trouble = usable({&to, &from}, bytes, times))
        return *trouble;
    if (const Outcome<bool> direct = reaches(peer); !direct) // where it does not reach, the driver goes through the host
        return direct.problem();
    const Gpu &other = *static_cast<const RealDevice &>(peer).m_gpu;
    return m_gpu->timed([&]() -> Trouble {
        for (int i = 0; i < times; ++i) {
            const CuResult result = m_gpu->api().copyPeerAsync(addressOf(to), other.context(), addressOf(from), m_gpu->context(), bytes, m_gpu->stream());
            if (Trouble trouble = m_gpu->failed(result, "cuMemcpyPeerAsync", bytes))
                return trouble;
        }
        return {};
    });
}

Outcome<double> RealDevice::stream(StreamKernel kernel, DeviceMemory &to, const DeviceMemory &a, const DeviceMemory &b, std::uint64_t bytes, int times)
{
    if (Trouble trouble = usable({&to, &a, &b}, bytes, times))
        return *trouble;
    const StreamWork work{addressOf(to), addressOf(a), addressOf(b), bytes / 16, kStreamToken};
    return m_gpu->timed([&]() -> Trouble {
        for (int i = 0; i < times; ++i)
            if (Trouble trouble = m_gpu->launch(kernelOf(kernel), &work))
                return trouble;
        return {};
    });
}

Outcome<std::uint64_t> RealDevice::wrongWords(StreamKernel kernel, const DeviceMemory &to, const DeviceMemory &a, const DeviceMemory &b,
                                              std::uint64_t bytes, int part, int parts)
{
    if (Trouble trouble = usable({&to, &a, &b}, bytes, 1))
        return *trouble;
    const StreamWork stream{addressOf(to), addressOf(a), addressOf(b), bytes / 16, kStreamToken};
    const auto startOf = [&](int which) { return stream.chunks * static_cast<std::uint64_t>(which) / static_cast<std::uint64_t>(parts); };
    const bool inPlace = kernel != StreamKernel::Write && (stream.to == stream.a || (stream.to == stream.b && kernel >= StreamKernel::Add));
    if (parts < 1 || part < 0 || part >= parts || kernel == StreamKernel::Read || inPlace || startOf(part) == startOf(part + 1))
        return std::uint64_t(0);
    if (Trouble trouble = m_gpu->enter())
        return *trouble;
    const StreamCheckWork work{stream, startOf(part), startOf(part + 1) - startOf(part), static_cast<std::uint64_t>(kernel), m_gpu->scratch()};
    std::uint64_t wrong = 0;
    if (Trouble trouble = m_gpu->clearScratch(sizeof(wrong)))
        return *trouble;
    if (Trouble trouble = m_gpu->launch(Kernel::StreamCheck, &work))
        return *trouble;
    if (Trouble trouble = m_gpu->readScratch(&wrong, sizeof(wrong)))
        return *trouble;
    return wrong;
}

Outcome<double> RealDevice::fill(DeviceMemory &memory, std::uint64_t seed)
{
    if (Trouble trouble = usable({&memory}, std::min<std::uint64_t>(8, memory.bytes()), 1))
        return *trouble;
    const PatternWork work{addressOf(memory), memory.bytes() / 8, seed, 0};
    return m_gpu->timed([&] { return m_gpu->launch(Kernel::Fill, &work); });
}

Outcome<VerifyReport> RealDevice::verify(const DeviceMemory &memory, std::uint64_t seed)
{
    if (Trouble trouble = usable({&memory}, std::min<std::uint64_t>(8, memory.bytes()), 1))
        return *trouble;
    if (Trouble trouble = m_gpu->enter())
        return *trouble;
    const PatternWork work{addressOf(memory), memory.bytes() / 8, seed, m_gpu->scratch()};
    MiscompareBox box{};
    if (Trouble trouble = m_gpu->clearScratch(sizeof(box)))
        return *trouble;
    for (Kernel kernel : {Kernel::Verify, Kernel::ReadAgain})
        if (Trouble trouble = m_gpu->launch(kernel, &work))
            return *trouble;
    if (Trouble trouble = m_gpu->readScratch(&box, sizeof(box)))
        return *trouble;
    VerifyReport report;
    report.words = work.words;
    report.wrong = box.wrong;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(box.wrong, kListedMiscompares); ++i) {
        const MiscompareEntry &entry = box.entries[i];
        report.first.push_back({entry.place * 8, entry.expected, entry.found, entry.foundAgain});
    }
    // Blocks come in any order: these are some of them, not the lowest.
    std::sort(report.first.begin(), report.first.end(),
              [](const DeviceMiscompare &a, const DeviceMiscompare &b) { return a.offset < b.offset; });
    return report;
}

Outcome<double> RealDevice::multiply(const Multiplication &what, int times)
{
    if (!m_multiplier) {
        Outcome<std::unique_ptr<Multiplier>> opened = Multiplier::open(m_gpu);
        if (!opened)
            return opened.problem();
        m_multiplier = std::move(*opened);
        m_loaded(m_multiplier->version());
    }
    return m_multiplier->multiply(what, times);
}

Outcome<std::vector<std::uint64_t>> RealDevice::arithmetic(ArithmeticPath path, std::uint64_t seed, int rounds)
{
    if (Trouble trouble = m_gpu->enter())
        return *trouble;
    const int wanted = m_gpu->facts().multiprocessors;
    if (wanted <= 0 || wanted > kMostMultiprocessors || rounds <= 0)
        return m_gpu->problem(DeviceTrouble::NotSupported, "no arithmetic on " + std::to_string(wanted) + " multiprocessors");
    const ArithmeticWork work{seed, static_cast<std::uint64_t>(rounds) * stepsPerRound(path), m_gpu->scratch()};
    std::vector<ArithmeticCell> cells(kMostMultiprocessors);
    const std::uint64_t bytes = cells.size() * sizeof(ArithmeticCell);
    if (Trouble trouble = m_gpu->clearScratch(bytes))
        return *trouble;
    // As many blocks as multiprocessors, and no two fit onto one: each gets one. Should one be left out it is asked again.
    std::vector<std::uint64_t> digests;
    for (int attempt = 0; attempt < kArithmeticLaunches && static_cast<int>(digests.size()) < wanted; ++attempt) {
        if (Trouble trouble = m_gpu->launchAlone(kernelOf(path), &work, wanted))
            return *trouble;
        if (Trouble trouble = m_gpu->readScratch(cells.data(), bytes))
            return *trouble;
        digests.clear();
        for (const ArithmeticCell &cell : cells)
            if (cell.claimed != 0)
                digests.push_back(cell.digest);
    }
    if (static_cast<int>(digests.size()) != wanted)
        return m_gpu->problem(DeviceTrouble::Broken, "work for all its multiprocessors came to " + std::to_string(digests.size()) + " of "
                                  + std::to_string(wanted));
    return digests;
}

} // namespace seatrial::engine::cuda
