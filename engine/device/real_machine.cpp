// SPDX-License-Identifier: Apache-2.0
#include "engine/device/real_machine.h"

#include "engine/device/nvml/nvml_management.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace seatrial::engine {

namespace {

constexpr double longestSliceSeconds = 0.02; ///< a sleep looks so often whether it shall end

double steadySeconds()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// GPUs are managed but given no work: this engine has no way to.
class RealMachine : public Machine
{
public:
    explicit RealMachine(std::filesystem::path sysroot)
        : m_sysroot(std::move(sysroot))
        , m_management({.library = {}, .sysroot = m_sysroot, .now = steadySeconds})
    {
    }

    bool simulated() const override { return false; }
    std::string provenance() const override { return "NVML"; }
    std::filesystem::path sysroot() const override { return m_sysroot; }
    Management &management() override { return m_management; }
    Outcome<std::unique_ptr<Device>> open(int) override { return noWork(); }
    Outcome<double> allReduce(const std::vector<int> &, std::uint64_t, int) override { return noWork(); }
    double now() const override { return steadySeconds(); }
    void sleep(double seconds, const std::atomic<bool> *stop) override
    {
        for (const double end = now() + seconds; now() < end && !(stop && stop->load());)
            std::this_thread::sleep_for(std::chrono::duration<double>(std::clamp(end - now(), 0.0, longestSliceSeconds)));
    }

private:
    DeviceProblem noWork()
    {
        const auto count = m_management.count();
        if (!count)
            return count.problem();
        return {DeviceTrouble::NotSupported, "this engine cannot give work to GPUs"};
    }

    std::filesystem::path m_sysroot;
    NvmlManagement m_management;
};

} // namespace

std::unique_ptr<Machine> realMachine(const std::filesystem::path &sysroot)
{
    return std::make_unique<RealMachine>(sysroot);
}

} // namespace seatrial::engine
