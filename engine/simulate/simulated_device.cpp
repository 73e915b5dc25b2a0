// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/simulated_device.h"

#include "engine/simulate/noise.h"

#include <algorithm>

namespace seatrial::engine::simulate {

namespace {

constexpr double copyStart = 9e-6;
constexpr std::uint64_t driverKeeps = std::uint64_t(614) << 20;
constexpr double secondsPerRound = 4e-4;   ///< of the test of arithmetic
constexpr double viaHostShare = 0.8;       ///< of the slower host link, when GPUs do not reach each other
constexpr std::size_t mostListed = 16;
constexpr std::uint64_t mostHostBytes = std::uint64_t(64) << 30;

DeviceProblem wrongUse(const std::string &what)
{
    return {DeviceTrouble::Broken, what + " (simulated)"};
}

bool fits(const DeviceMemory &memory, std::uint64_t bytes)
{
    return bytes > 0 && bytes <= memory.bytes();
}

void take(DeviceMemory &to, std::optional<std::uint64_t> content, std::uint64_t bytes)
{
    auto &memory = static_cast<SimulatedMemory &>(to);
    memory.content = content;
    memory.written = content ? bytes : 0;
    memory.miscomputed = 0;
}

std::optional<std::uint64_t> contentOf(const DeviceMemory &memory)
{
    return static_cast<const SimulatedMemory &>(memory).content;
}

/// What is left of a pattern that was calculated with: something else, always the same.
std::optional<std::uint64_t> derived(std::optional<std::uint64_t> a, std::uint64_t kernel)
{
    return a ? std::optional(scramble({*a, kernel})) : std::nullopt;
}

} // namespace

std::uint64_t wordAt(std::uint64_t seed, std::uint64_t index)
{
    const std::uint64_t offset = index * 8;
    return seed == 0 ? offset : ~seed == 0 ? ~offset : seed ^ scramble(index);
}

SimulatedMemory::SimulatedMemory(std::uint64_t bytes, MemoryPlace place, std::shared_ptr<std::uint64_t> taken)
    : m_bytes(bytes)
    , m_place(place)
    , m_taken(std::move(taken))
{
    if (m_place == MemoryPlace::Device)
        *m_taken += m_bytes;
}

SimulatedMemory::~SimulatedMemory()
{
    if (m_place == MemoryPlace::Device)
        *m_taken -= m_bytes;
}

SimulatedDevice::SimulatedDevice(Node node, int gpu)
    : m_node(node)
    , m_gpu(gpu)
    , m_facts(node.model.facts(gpu))
{
}

Outcome<double> SimulatedDevice::work(Load load, double seconds)
{
    return labour(m_node, {m_gpu}, load, seconds);
}

std::uint64_t SimulatedDevice::capacity() const
{
    return m_facts.memoryBytes - driverKeeps;
}

std::uint64_t SimulatedDevice::freeBytes() const
{
    return capacity() - *m_taken;
}

Outcome<std::unique_ptr<DeviceMemory>> SimulatedDevice::allocate(std::uint64_t bytes, MemoryPlace place)
{
    if (SharedState::Access(m_node.state)->gpus[std::size_t(m_gpu)].lost)
        return lostProblem(m_gpu);
    if (bytes == 0 || (place == MemoryPlace::Device ? bytes > freeBytes() : bytes > mostHostBytes))
        return DeviceProblem{DeviceTrouble::OutOfMemory, "GPU " + std::to_string(m_gpu) + " has " + std::to_string(freeBytes()) + " bytes free, "
                                 + std::to_string(bytes) + " were wanted (simulated)"};
    return std::unique_ptr<DeviceMemory>(std::make_unique<SimulatedMemory>(bytes, place, m_taken));
}

Outcome<double> SimulatedDevice::copy(DeviceMemory &to, const DeviceMemory &from, std::uint64_t bytes, int times)
{
    if (!fits(to, bytes) || !fits(from, bytes) || times < 1)
        return wrongUse("a copy beyond its memory");
    const bool local = to.place() == MemoryPlace::Device && from.place() == MemoryPlace::Device;
    const double speed = local ? m_node.model.localCopySpeed(m_gpu) : m_node.model.hostSpeed(m_gpu, false);
    auto seconds = work(local ? Load::Streaming : Load::Copying, times * (double(bytes) / (speed * 1e9) + copyStart));
    if (seconds)
        take(to, contentOf(from), bytes);
    return seconds;
}

Outcome<double> SimulatedDevice::copyBoth(DeviceMemory &to, const DeviceMemory &from, DeviceMemory &backTo, const DeviceMemory &backFrom,
                                          std::uint64_t bytes, int times)
{
    if (!fits(to, bytes) || !fits(from, bytes) || !fits(backTo, bytes) || !fits(backFrom, bytes) || times < 1)
        return wrongUse("a copy beyond its memory");
    const double speed = m_node.model.hostSpeed(m_gpu, true);
    auto seconds = work(Load::Copying, times * (double(bytes) / (speed * 1e9) + copyStart));
    if (seconds) {
        take(to, contentOf(from), bytes);
        take(backTo, contentOf(backFrom), bytes);
    }
    return seconds;
}

Outcome<bool> SimulatedDevice::reaches(const Device &peer) const
{
    return m_node.model.peerSpeed(m_gpu, peer.facts().index) > 0;
}

Outcome<double> SimulatedDevice::copyToPeer(Device &peer, DeviceMemory &to, const DeviceMemory &from, std::uint64_t bytes, int times)
{
    if (!fits(to, bytes) || !fits(from, bytes) || times < 1)
        return wrongUse("a copy beyond its memory");
    const int other = peer.facts().index;
    const Model &model = m_node.model;
    const double direct = model.peerSpeed(m_gpu, other);
    const double speed = direct > 0 ? direct : std::min(model.hostSpeed(m_gpu, false), model.hostSpeed(other, false)) * viaHostShare;
    auto seconds = labour(m_node, {m_gpu, other}, Load::Copying, times * (double(bytes) / (speed * 1e9) + copyStart));
    if (seconds)
        take(to, contentOf(from), bytes);
    return seconds;
}

Outcome<double> SimulatedDevice::stream(StreamKernel kernel, DeviceMemory &to, const DeviceMemory &a, const DeviceMemory &b, std::uint64_t bytes,
                                        int times)
{
    const bool reads = kernel != StreamKernel::Write, two = kernel == StreamKernel::Add || kernel == StreamKernel::Triad;
    if ((kernel != StreamKernel::Read && !fits(to, bytes)) || (reads && !fits(a, bytes)) || (two && !fits(b, bytes)) || times < 1)
        return wrongUse("a kernel beyond its memory");
    auto seconds = work(Load::Streaming, times * m_node.model.streamSeconds(m_gpu, kernel, bytes));
    if (seconds && kernel == StreamKernel::Copy)
        take(to, contentOf(a), bytes);
    else if (seconds && kernel != StreamKernel::Read)
        take(to, derived(reads ? contentOf(a) : std::optional<std::uint64_t>(0), std::uint64_t(kernel)), bytes);
    const bool calculates = kernel == StreamKernel::Scale || two;
    if (seconds && calculates && miscalculates(bytes))
        static_cast<SimulatedMemory &>(to).miscomputed = std::max<std::uint64_t>(1, bytes / 8 / std::uint64_t(m_facts.multiprocessors));
    return seconds;
}

/// Whether the multiprocessor that computes wrong did so in the last piece of work, like a round of the test of arithmetic.
bool SimulatedDevice::miscalculates(std::uint64_t salt) const
{
    const Fault *fault = m_node.model.profile().fault(FaultKind::WrongArithmetic, m_gpu);
    if (!fault)
        return false;
    const auto operation = SharedState::Access(m_node.state)->gpus[std::size_t(m_gpu)].operations;
    return uniform(scramble({m_node.model.profile().seed, operation, salt})) * 100 < fault->value;
}

Outcome<std::uint64_t> SimulatedDevice::wrongWords(StreamKernel kernel, const DeviceMemory &to, const DeviceMemory &a, const DeviceMemory &b,
                                                   std::uint64_t bytes, int part, int parts)
{
    if (!fits(to, bytes) || !fits(a, bytes) || !fits(b, bytes) || parts < 1 || part < 0 || part >= parts)
        return wrongUse("a comparison beyond its memory");
    if (kernel == StreamKernel::Read)
        return std::uint64_t(0);
    const auto seconds = work(Load::Streaming, m_node.model.streamSeconds(m_gpu, StreamKernel::Read, std::max<std::uint64_t>(bytes / std::uint64_t(parts), 8)));
    if (!seconds)
        return seconds.problem();
    const auto wrong = static_cast<const SimulatedMemory &>(to).miscomputed; // spread evenly: so are the blocks of a kernel
    return wrong == 0 ? 0 : std::max<std::uint64_t>(1, wrong / std::uint64_t(parts));
}

Outcome<double> SimulatedDevice::fill(DeviceMemory &memory, std::uint64_t seed)
{
    auto seconds = work(Load::Streaming, m_node.model.streamSeconds(m_gpu, StreamKernel::Write, memory.bytes()));
    if (seconds)
        take(memory, seed, memory.bytes());
    return seconds;
}

/// They lie in the first gigabyte of whatever is allocated: a test that takes less memory than is there may miss them,
/// one of a byte never does.
std::vector<std::pair<std::uint64_t, std::uint64_t>> SimulatedDevice::stuckWords(const DeviceMemory &memory) const
{
    std::vector<std::pair<std::uint64_t, std::uint64_t>> stuck;
    const Fault *fault = m_node.model.profile().fault(FaultKind::WrongMemory, m_gpu);
    const std::uint64_t words = memory.bytes() / 8;
    if (!fault || memory.place() != MemoryPlace::Device || words == 0)
        return stuck;
    for (int i = 0; i < int(fault->value); ++i) {
        const std::uint64_t where = scramble({m_node.model.profile().seed, 0xbad, std::uint64_t(m_gpu), std::uint64_t(i)});
        stuck.emplace_back(where % (std::uint64_t(1) << 27), std::uint64_t(1) << (where >> 58));
    }
    std::erase_if(stuck, [&](const auto &word) { return word.first >= words; });
    std::sort(stuck.begin(), stuck.end());
    return stuck;
}

Outcome<VerifyReport> SimulatedDevice::verify(const DeviceMemory &memory, std::uint64_t seed)
{
    const auto &simulated = static_cast<const SimulatedMemory &>(memory);
    const auto seconds = work(Load::Streaming, m_node.model.streamSeconds(m_gpu, StreamKernel::Read, memory.bytes()));
    if (!seconds)
        return seconds.problem();
    VerifyReport report;
    report.words = memory.bytes() / 8;
    if (simulated.content != seed || simulated.written < memory.bytes()) {
        const std::uint64_t other = simulated.content.value_or(0);
        const std::uint64_t firstWrong = simulated.content == seed ? simulated.written / 8 : 0;
        report.wrong = report.words - firstWrong;
        for (std::uint64_t word = firstWrong; word < report.words && report.first.size() < mostListed; ++word) {
            const std::uint64_t found = simulated.content == seed ? 0 : wordAt(other, word);
            report.first.push_back({word * 8, wordAt(seed, word), found, found});
        }
        return report;
    }
    for (const auto &[word, bit] : stuckWords(memory)) {
        const std::uint64_t expected = wordAt(seed, word);
        if (expected & bit) // stuck at 1 or at 0: half of all patterns hide it
            continue;
        ++report.wrong;
        if (report.first.size() < mostListed)
            report.first.push_back({word * 8, expected, expected | bit, expected | bit});
    }
    return report;
}

Outcome<double> SimulatedDevice::multiply(const Multiplication &what, int times)
{
    if (what.m < 1 || what.n < 1 || what.k < 1 || times < 1)
        return wrongUse("a multiplication of nothing");
    const double speed = m_node.model.flops(m_gpu, what);
    if (speed <= 0)
        return DeviceProblem{DeviceTrouble::NotSupported, m_facts.name + " does not multiply numbers of this kind"};
    const bool matrixUnits = what.precision != Precision::Fp64Vector && what.precision != Precision::Fp32;
    return work(matrixUnits ? Load::Matrices : Load::Computing, times * (2.0 * what.m * what.n * what.k / speed + copyStart));
}

Outcome<std::vector<std::uint64_t>> SimulatedDevice::arithmetic(ArithmeticPath path, std::uint64_t seed, int rounds)
{
    if (rounds < 1)
        return wrongUse("arithmetic without a round");
    const auto seconds = work(path == ArithmeticPath::Tensor ? Load::Matrices : Load::Computing, rounds * secondsPerRound);
    if (!seconds)
        return seconds.problem();
    std::vector<std::uint64_t> digests(std::size_t(m_facts.multiprocessors), scramble({seed, std::uint64_t(path), std::uint64_t(rounds)}));
    const Fault *fault = m_node.model.profile().fault(FaultKind::WrongArithmetic, m_gpu);
    if (!fault)
        return digests;
    const auto operation = SharedState::Access(m_node.state)->gpus[std::size_t(m_gpu)].operations;
    for (int round = 0; round < rounds; ++round) {
        const std::uint64_t chance = scramble({m_node.model.profile().seed, operation, std::uint64_t(round)});
        if (uniform(chance) * 100 < fault->value)
            digests[std::size_t(fault->multiprocessor)] = chance;
    }
    return digests;
}

} // namespace seatrial::engine::simulate
