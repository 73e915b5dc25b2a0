// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/management.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace seatrial::engine {

namespace nvml {
class Library;
}

struct NvmlOptions {
    std::string library;                    ///< for dlopen(); empty: $SEATRIAL_NVML or libnvidia-ml.so.1
    std::filesystem::path sysroot = "/";    ///< where /proc tells the version of the kernel's driver; of another machine: only a library that was named is opened
    std::function<double()> now;            ///< Machine::now(); empty: CLOCK_MONOTONIC
};

/// Management by NVIDIA's library, which is opened with the first question. A node without it has a count() that says why.
/// A question that never comes back (a dead GPU can hold the driver for ever) can be named by doing().
class NvmlManagement : public Management
{
public:
    explicit NvmlManagement(NvmlOptions options = {});
    ~NvmlManagement() override;

    Outcome<int> count() override;
    protocol::Parameters versions() override;
    Outcome<protocol::Part> identity(int gpu) override;
    std::vector<Reading> readings(int gpu) override;
    Outcome<TelemetrySample> sample(int gpu) override;
    Outcome<std::vector<GpuProcess>> processes(int gpu) override;
    Outcome<GpuRelation> relation(int gpu, int other) override;
    std::vector<GpuEvent> events() override;
    std::string doing() const override;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace seatrial::engine
