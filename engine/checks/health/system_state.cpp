// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/system_state.h"

#include "engine/checks/health/sysfs.h"
#include "engine/measure/cpus.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <map>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

namespace seatrial::engine {

namespace {

using protocol::Unit;
namespace fs = std::filesystem;

void reportMemory(const Reporter &reporter, const fs::path &sysroot)
{
    const auto meminfo = readText(sysroot / "proc/meminfo").value_or("");
    for (const auto &[key, metric] : {std::pair{"MemTotal", "memory_total"}, std::pair{"MemAvailable", "memory_available"}}) {
        const auto parts = words(valueOf(meminfo, key));
        if (const auto kilobytes = parts.empty() ? std::nullopt : parseInteger(parts[0]))
            reporter.read(metric, Unit::Bytes, "node", double(*kilobytes) * 1024);
    }
}

void reportCpuCount(const Reporter &reporter, const fs::path &cpus)
{
    const auto online = parseCpuList(readLine(cpus / "online").value_or(""));
    if (online.empty())
        return;
    protocol::Parameters parameters{{"online", cpuListText(online)}, {"allowed", cpuListText(allowedCpus())}};
    if (const auto present = readLine(cpus / "present"))
        parameters["present"] = *present;
    reporter.read("cpu_count", Unit::Count, "node", double(online.size()), std::move(parameters));
}

/// Every CPU of a socket shows the same package count: the highest is the socket's.
void reportThrottling(const Reporter &reporter, const fs::path &cpus)
{
    std::map<std::int64_t, std::int64_t> bySocket;
    for (const auto &name : namesIn(cpus)) {
        const auto count = readInteger(cpus / name / "thermal_throttle/package_throttle_count");
        if (!count)
            continue;
        auto &most = bySocket[readInteger(cpus / name / "topology/physical_package_id").value_or(0)];
        most = std::max(most, *count);
    }
    for (const auto &[socket, count] : bySocket)
        reporter.read("thermal_throttle", Unit::Count, "socket/" + std::to_string(socket), double(count));
}

/// "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul …"
std::string nvidiaDriver(const fs::path &sysroot)
{
    const auto line = readLine(sysroot / "proc/driver/nvidia/version").value_or("");
    for (const auto word : words(line)) {
        if (word.find('.') != word.npos && word.find_first_not_of("0123456789.") == word.npos)
            return std::string(word);
    }
    return {};
}

} // namespace

void reportSystemState(const Reporter &reporter, const fs::path &sysroot)
{
    const auto cpus = sysroot / "sys/devices/system/cpu";
    reportMemory(reporter, sysroot);
    reportCpuCount(reporter, cpus);
    reportThrottling(reporter, cpus);
}

void reportVersions(const Reporter &reporter, const fs::path &sysroot)
{
    protocol::Parameters versions;
    const auto add = [&](const char *name, const std::string &value) {
        if (!value.empty())
            versions[name] = value;
    };
    const auto line = [&](const char *file) { return readLine(sysroot / file).value_or(""); };
    add("kernel", line("proc/sys/kernel/osrelease"));
    add("boot_id", line("proc/sys/kernel/random/boot_id"));
    add("cmdline", line("proc/cmdline"));
    add("bios_version", fieldOf(sysroot / "sys/class/dmi/id/bios_version"));
    add("bios_date", fieldOf(sysroot / "sys/class/dmi/id/bios_date"));
    add("nvidia_driver", nvidiaDriver(sysroot));
    const auto release = readText(sysroot / "etc/os-release").value_or("");
    auto os = valueOf(release, "PRETTY_NAME");
    if (os.size() >= 2 && os.front() == '"' && os.back() == '"')
        os = os.substr(1, os.size() - 2);
    add("os", printable(os));
    const auto uptime = line("proc/uptime");
    if (const auto parts = words(uptime); !parts.empty())
        add("uptime_seconds", std::string(parts[0]));
#ifdef __GLIBC__
    add("libc", std::string("glibc ") + gnu_get_libc_version());
#endif
    reporter.event(protocol::Severity::Info, "versions", "node", "Versions on the node.", std::move(versions));
}

} // namespace seatrial::engine
