// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/cpu/cpu_sensors.h"

#include "engine/measure/text.h"

#include <algorithm>

namespace seatrial::engine {

namespace {

namespace fs = std::filesystem;

fs::path cpuFolder(const fs::path &sysroot, int cpu)
{
    return sysroot / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu));
}

ClockReading clocksOfCpuinfo(const fs::path &sysroot, const std::vector<int> &cpus)
{
    ClockReading reading;
    const auto text = readText(sysroot / "proc/cpuinfo", 16 << 20).value_or("");
    std::int64_t cpu = -1;
    for (const auto line : split(text, '\n')) {
        if (line.starts_with("processor"))
            cpu = parseInteger(valueOf(line, "processor")).value_or(-1);
        if (!line.starts_with("cpu MHz"))
            continue;
        const auto megahertz = parseNumber(valueOf(line, "cpu MHz"));
        if (megahertz && std::count(cpus.begin(), cpus.end(), int(cpu)) > 0)
            reading.megahertz[int(cpu)] = *megahertz;
    }
    if (!reading.megahertz.empty())
        reading.source = "cpuinfo";
    return reading;
}

} // namespace

ClockReading readClocks(const fs::path &sysroot, const std::vector<int> &cpus)
{
    ClockReading reading;
    for (const int cpu : cpus) {
        if (const auto kilohertz = readInteger(cpuFolder(sysroot, cpu) / "cpufreq/scaling_cur_freq"))
            reading.megahertz[cpu] = double(*kilohertz) / 1000;
    }
    if (reading.megahertz.empty())
        return clocksOfCpuinfo(sysroot, cpus);
    reading.source = "cpufreq";
    return reading;
}

std::optional<std::int64_t> readThrottleEvents(const fs::path &sysroot, const std::vector<int> &cpus)
{
    std::optional<std::int64_t> total;
    for (const int cpu : cpus) {
        if (const auto count = readInteger(cpuFolder(sysroot, cpu) / "thermal_throttle/core_throttle_count"))
            total = total.value_or(0) + *count;
    }
    return total;
}

} // namespace seatrial::engine
