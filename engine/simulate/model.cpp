// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/model.h"

#include "engine/simulate/noise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace seatrial::engine::simulate {

namespace {

constexpr double kernelStart = 4e-6;
constexpr double warmUpSeconds = 15;   ///< of a sound GPU towards its final temperature
constexpr double coolDownSeconds = 20;
constexpr double hotAt = 0.63;         ///< heat that is reached after one such time of full load
constexpr double sensorLag = 0.12;
constexpr double ringShare = 0.81;     ///< of the wire, where the switches do not add up

enum Aspect : std::uint64_t { memoryAspect = 1, matrixAspect, hostAspect, peerAspect, railAspect, serialAspect, uuidAspect, sensorAspect };

// NVML's clock event reasons.
constexpr std::uint64_t idleReason = 0x1, powerCapReason = 0x4, hardwareSlowdown = 0x8, softwareThermal = 0x20, hardwareThermal = 0x40, powerBrake = 0x80;

/// Share of the power limit that a load draws.
double drawn(Load load)
{
    switch (load) {
    case Load::Idle: return 0;
    case Load::Copying: return 0.32;
    case Load::Streaming: return 0.68;
    case Load::Computing: return 0.82;
    case Load::Matrices: return 0.99;
    }
    return 0;
}

int arraysOf(StreamKernel kernel)
{
    switch (kernel) {
    case StreamKernel::Read:
    case StreamKernel::Write: return 1;
    case StreamKernel::Copy:
    case StreamKernel::Scale: return 2;
    case StreamKernel::Add:
    case StreamKernel::Triad: return 3;
    }
    return 1;
}

double less(const Fault *fault)
{
    return fault ? 1 - fault->value / 100 : 1;
}

} // namespace

double Model::nodeShare() const
{
    return less(m_profile.nodeFault(FaultKind::SlowNode));
}

double Model::natural(int part, std::uint64_t aspect, double share) const
{
    const double deviation = std::clamp(bell(scramble({m_profile.seed, aspect, std::uint64_t(part)})), -2.5, 2.5);
    return 1 + deviation * share * m_profile.spread / 100;
}

double Model::noise(int part, std::uint64_t operation) const
{
    return 1 + bell(scramble({m_profile.seed, 0x0152e, std::uint64_t(part), operation})) * m_profile.noise / 100;
}

std::string Model::serial(int gpu) const
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "1%012llu",
                  static_cast<unsigned long long>(650'000'000'000 + scramble({m_profile.seed, serialAspect, std::uint64_t(gpu)}) % 9'999'999'999));
    return text.data();
}

DeviceFacts Model::facts(int gpu) const
{
    const std::uint64_t high = scramble({m_profile.seed, uuidAspect, std::uint64_t(gpu)}), low = scramble(high);
    std::array<char, 64> uuid{};
    std::snprintf(uuid.data(), uuid.size(), "GPU-%08llx-%04llx-%04llx-%04llx-%012llx", static_cast<unsigned long long>(high >> 32),
                  static_cast<unsigned long long>(high >> 16 & 0xffff), static_cast<unsigned long long>(high & 0xffff),
                  static_cast<unsigned long long>(low >> 48), static_cast<unsigned long long>(low & 0xffff'ffff'ffff));
    DeviceFacts facts;
    facts.index = gpu;
    facts.uuid = uuid.data();
    facts.name = sku().product;
    facts.pciAddress = m_profile.gpuAddress(gpu);
    facts.numaNode = m_profile.numaOfGpu(gpu);
    facts.capabilityMajor = sku().capabilityMajor;
    facts.capabilityMinor = sku().capabilityMinor;
    facts.multiprocessors = sku().multiprocessors;
    facts.memoryBytes = sku().memoryMebibytes << 20;
    facts.cacheBytes = sku().cacheMebibytes << 20;
    facts.coreClockMhz = sku().coreClockMhz;
    facts.memoryClockMhz = sku().memoryClockMhz;
    facts.memoryBusBits = sku().memoryBusBits;
    return facts;
}

double Model::streamSeconds(int gpu, StreamKernel kernel, std::uint64_t bytes) const
{
    const double traffic = double(bytes) * arraysOf(kernel);
    const double memory = sku().memoryCeiling() * sku().streamShares[std::size_t(kernel)] * natural(gpu, memoryAspect, 0.4)
        * less(m_profile.fault(FaultKind::SlowHbm, gpu));
    // What stays in the cache never sees the memory.
    const bool cached = traffic <= double(sku().cacheMebibytes << 20);
    const double speed = (cached ? std::max(sku().cacheSpeed, memory) : memory) * nodeShare();
    return traffic / (speed * 1e9) + kernelStart;
}

double Model::localCopySpeed(int gpu) const
{
    return sku().memoryCeiling() / 2 * sku().copyShare * natural(gpu, memoryAspect, 0.4) * less(m_profile.fault(FaultKind::SlowHbm, gpu)) * nodeShare();
}

int Model::pcieLanes(int gpu) const
{
    const Fault *fault = m_profile.fault(FaultKind::HalfWidthPcie, gpu);
    return fault ? int(fault->value) : sku().pcieLanes;
}

int Model::pcieLanes(const Nic &nic) const
{
    const Fault *fault = m_profile.nicFault(FaultKind::HalfWidthPcie, nic.name);
    return fault ? int(fault->value) : 16;
}

double Model::hostSpeed(int gpu, bool bothWays) const
{
    const double width = sku().isCoherent() ? 1 : double(pcieLanes(gpu)) / sku().pcieLanes;
    return sku().hostSpeed * width * (bothWays ? sku().hostBothShare : 1) * natural(gpu, hostAspect, 0.15) * nodeShare();
}

bool Model::linkIsUp(int gpu, int link) const
{
    const Fault *fault = m_profile.fault(FaultKind::DeadNvlink, gpu);
    return !fault || link < fault->link || link >= fault->link + int(fault->value);
}

int Model::linksUp(int gpu) const
{
    int up = 0;
    for (int link = 0; link < m_profile.linksPerGpu; ++link)
        up += linkIsUp(gpu, link);
    return up;
}

double Model::peerSpeed(int gpu, int other) const
{
    const int links = std::min(linksUp(gpu), linksUp(other));
    return links * sku().linkSpeed * sku().peerShare * natural(gpu, peerAspect, 0.15) * natural(other, peerAspect, 0.15) * nodeShare();
}

double Model::flops(int gpu, const Multiplication &what) const
{
    const double best = sku().teraflops[std::size_t(what.precision)] * 1e12;
    // Small matrices leave multiprocessors without work. 1 at 8192.
    const double smallest = std::min({what.m, what.n, what.k});
    const double filled = smallest / (smallest + 200) * (8392.0 / 8192);
    return best * filled * natural(gpu, matrixAspect, 1) * nodeShare();
}

double Model::allReduceSpeed(const std::vector<int> &gpus) const
{
    double links = 1;
    for (const int gpu : gpus)
        links = std::min(links, double(linksUp(gpu)) / sku().links * natural(gpu, peerAspect, 0.15));
    const double wire = sku().links * sku().linkSpeed;
    // With few ranks the switches do not reduce (NVLS); a ring has what is left of the wire.
    const double speed = int(gpus.size()) == m_profile.gpus ? sku().allReduceSpeed : wire * ringShare;
    return links > 0 ? speed * links * nodeShare() : hostSpeed(gpus.front(), true) * 0.4;
}

double Model::railSpeed(std::size_t nic) const
{
    const Nic &which = m_profile.nics[nic];
    const double wire = which.gigabits / 8.0 * 0.94;
    const double slot = 16.0 * sku().linkGigatransfers() / 8 * 0.85 * pcieLanes(which) / 16;
    return std::min(wire, slot) * natural(int(nic), railAspect, 0.2) * less(m_profile.nicFault(FaultKind::SlowRail, which.name)) * nodeShare();
}

bool Model::throttles(int gpu, const GpuState &state, Load load) const
{
    const Fault *fault = m_profile.fault(FaultKind::Throttles, gpu);
    return fault && load != Load::Idle && load != Load::Copying && state.heat >= hotAt * drawn(load);
}

double Model::clockShare(int gpu, const GpuState &state, Load load) const
{
    if (load == Load::Idle)
        return sku().coreClockMhz > 1500 ? 345 / sku().coreClockMhz : 210 / sku().coreClockMhz;
    const double reduced = throttles(gpu, state, load) ? less(m_profile.fault(FaultKind::Throttles, gpu)) : 1;
    return (load == Load::Matrices ? sku().matrixClockShare * natural(gpu, matrixAspect, 1) : 1) * reduced;
}

double Model::stretch(int gpu, const GpuState &state, Load load) const
{
    if (!throttles(gpu, state, load))
        return 1;
    const double clock = less(m_profile.fault(FaultKind::Throttles, gpu));
    // Memory keeps its own clock: it waits for the multiprocessors only when they are much too slow.
    return load == Load::Streaming ? std::max(1.0, 0.8 / clock) : 1 / clock;
}

void Model::pass(int gpu, GpuState &state, Load load, double until) const
{
    const double seconds = until - state.at;
    if (seconds <= 0)
        return;
    const Fault *fault = m_profile.fault(FaultKind::Throttles, gpu);
    const double power = drawn(load);
    const double pace = load == Load::Idle ? coolDownSeconds : fault ? fault->after : warmUpSeconds;
    state.heat = power + (state.heat - power) * std::exp(-seconds / pace);
    state.joules += seconds * (sku().idleWatts + (sku().limitWatts - sku().idleWatts) * power);
    if (load != Load::Idle)
        state.loadSeconds += seconds;
    if (throttles(gpu, state, load))
        (fault->cause == ThrottleCause::Thermal ? state.thermalSeconds : state.powerSeconds) += seconds;
    state.at = until;
}

TelemetrySample Model::sample(int gpu, const GpuState &given, double now) const
{
    GpuState state = given;
    // Sensors lag: what they say is the mean of the last moments.
    const Load load = now < state.loadEnds + sensorLag ? state.load : Load::Idle;
    if (now > state.at)
        pass(gpu, state, now < state.loadEnds ? state.load : Load::Idle, now);
    const std::uint64_t moment = scramble({m_profile.seed, sensorAspect, std::uint64_t(gpu), std::uint64_t(now * 1000)});
    const double flutter = bell(moment) * 0.004;
    const Fault *fault = m_profile.fault(FaultKind::Throttles, gpu);
    const bool throttled = throttles(gpu, state, load);
    const bool thermal = fault && fault->cause == ThrottleCause::Thermal;
    const double hottest = thermal ? sku().slowdownCelsius + 4 : sku().loadCelsius;

    TelemetrySample sample;
    sample.seconds = now;
    sample.coreClockMhz = std::round(sku().coreClockMhz * clockShare(gpu, state, load) / 15) * 15;
    sample.memoryClockMhz = sku().memoryClockMhz;
    const double reduced = throttled ? less(fault) : 1;
    sample.powerWatts = (sku().idleWatts + (sku().limitWatts - sku().idleWatts) * drawn(load) * reduced) * (1 + flutter);
    sample.temperatureCelsius = std::round(sku().idleCelsius * natural(gpu, sensorAspect, 3) + (hottest - sku().idleCelsius) * state.heat);
    sample.memoryTemperatureCelsius = std::round(*sample.temperatureCelsius + 4 + 12 * (load == Load::Streaming || load == Load::Matrices) * state.heat);
    sample.clockEventReasons = load == Load::Idle ? idleReason : load == Load::Matrices ? powerCapReason : 0;
    if (throttled)
        *sample.clockEventReasons |= hardwareSlowdown | (thermal ? hardwareThermal | softwareThermal : powerBrake);
    return sample;
}

} // namespace seatrial::engine::simulate
