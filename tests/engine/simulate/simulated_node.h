// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/simulate/profile_reader.h"
#include "engine/simulate/simulated_machine.h"

#include <QTest>

#include <memory>
#include <string>

namespace seatrial::tests {

/// An H100 node that never sleeps, with @p lines of a profile added.
inline engine::simulate::Profile profileOf(const std::string &lines, const std::string &like = "h100x8")
{
    std::string error;
    const auto profile = engine::simulate::readProfile("version: 1\nlike: " + like + "\nseed: 7\nspeedup: 1e9\n" + lines, "profile.yaml", error);
    if (!profile)
        qFatal("%s", error.c_str());
    return *profile;
}

inline std::unique_ptr<engine::Machine> machineOf(const engine::simulate::Profile &profile, const std::filesystem::path &folder = {})
{
    std::string error;
    auto machine = engine::simulate::simulatedMachine(profile, folder, error);
    if (!machine)
        qFatal("%s", error.c_str());
    return machine;
}

inline std::unique_ptr<engine::Machine> machineWith(const std::string &lines, const std::string &like = "h100x8")
{
    return machineOf(profileOf(lines, like));
}

/// Everything that is measured of one GPU, in GB/s and TFLOP/s; negative where it failed.
struct Figures {
    double read = -1, triad = -1, hostToDevice = -1, peer = -1, gemm = -1;
};

inline double rate(double amount, const engine::Outcome<double> &seconds)
{
    return seconds ? amount / *seconds / 1e9 : -1;
}

inline Figures figuresOf(engine::Machine &machine, int gpu)
{
    using namespace engine;
    constexpr std::uint64_t bytes = std::uint64_t(1) << 30;
    Figures figures;
    const int other = gpu == 0 ? 1 : 0;
    auto device = machine.open(gpu), peer = machine.open(other);
    if (!device || !peer)
        return figures;
    auto a = (*device)->allocate(bytes, MemoryPlace::Device), b = (*device)->allocate(bytes, MemoryPlace::Device),
         c = (*device)->allocate(bytes, MemoryPlace::Device), host = (*device)->allocate(bytes, MemoryPlace::PinnedHost),
         far = (*peer)->allocate(bytes, MemoryPlace::Device);
    if (!a || !b || !c || !host || !far)
        return figures;
    const double gigabytes = double(bytes);
    figures.read = rate(gigabytes * 20, (*device)->stream(StreamKernel::Read, **c, **a, **b, bytes, 20));
    figures.triad = rate(gigabytes * 60, (*device)->stream(StreamKernel::Triad, **c, **a, **b, bytes, 20));
    figures.hostToDevice = rate(gigabytes * 10, (*device)->copy(**a, **host, bytes, 10));
    figures.peer = rate(gigabytes * 10, (*device)->copyToPeer(**peer, **far, **a, bytes, 10));
    figures.gemm = rate(2.0 * 8192 * 8192 * 8192 * 100 / 1000, (*device)->multiply({}, 100));
    return figures;
}

inline double readingOf(engine::Machine &machine, const std::string &subject, const std::string &metric)
{
    const int gpu = std::stoi(subject.substr(4));
    for (const auto &reading : machine.management().readings(gpu)) {
        if (reading.subject == subject && reading.metric == metric)
            return reading.value.value_or(-1);
    }
    return -2;
}

} // namespace seatrial::tests
