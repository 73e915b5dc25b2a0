// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/cgroup.h"

#include "engine/measure/text.h"

#include <algorithm>
#include <vector>

namespace seatrial::engine {

namespace {

namespace fs = std::filesystem;

/// Version 1 writes "no limit" as a number close to 2^63.
constexpr std::int64_t unlimited = std::int64_t(1) << 60;

struct Membership {
    fs::path unified; ///< path in version 2
    fs::path memory;  ///< path of the version 1 controller, empty if it has none
    fs::path cpu;
};

Membership readMembership(const fs::path &sysroot)
{
    Membership member;
    const auto text = readText(sysroot / "proc/self/cgroup").value_or("");
    for (const auto line : split(text, '\n')) {
        const auto first = line.find(':');
        const auto second = first == line.npos ? line.npos : line.find(':', first + 1);
        if (second == line.npos)
            continue;
        const fs::path path(line.substr(second + 1));
        const auto controllers = split(line.substr(first + 1, second - first - 1), ',');
        const auto has = [&](std::string_view name) { return std::count(controllers.begin(), controllers.end(), name) > 0; };
        if (line.starts_with("0::"))
            member.unified = path;
        else if (has("memory"))
            member.memory = path;
        else if (has("cpu"))
            member.cpu = path;
    }
    return member;
}

/// The group's folder and those above it, up to the mount point. Inside a container the path named may not exist
/// below the mount: then only the mount point itself speaks.
std::vector<fs::path> chain(const fs::path &mount, const fs::path &group)
{
    std::vector<fs::path> folders;
    std::error_code ignored;
    for (fs::path path = group.relative_path(); !path.empty(); path = path.parent_path()) {
        if (fs::is_directory(mount / path, ignored))
            folders.push_back(mount / path);
    }
    folders.push_back(mount);
    return folders;
}

template<typename T>
void tighten(std::optional<T> &limit, T candidate)
{
    limit = limit ? std::min(*limit, candidate) : candidate;
}

void tightenMemory(CgroupLimits &limits, const fs::path &limitFile, const fs::path &usageFile, const fs::path &statFile,
                   std::string_view reclaimable)
{
    const auto limit = readInteger(limitFile);
    if (!limit || *limit >= unlimited)
        return;
    std::int64_t free = 0;
    const auto stat = readText(statFile).value_or("");
    for (const auto line : split(stat, '\n')) {
        const auto parts = words(line);
        if (parts.size() == 2 && parts[0] == reclaimable)
            free = parseInteger(parts[1]).value_or(0);
    }
    const auto used = std::max<std::int64_t>(0, readInteger(usageFile).value_or(0) - free);
    tighten(limits.memoryHeadroom, std::uint64_t(std::max<std::int64_t>(0, *limit - used)));
}

void tightenCpus(CgroupLimits &limits, std::int64_t quota, std::int64_t period)
{
    if (quota > 0 && period > 0)
        tighten(limits.cpus, double(quota) / double(period));
}

void noteThrottling(CgroupLimits &limits, const fs::path &statFile)
{
    if (limits.throttledPeriods)
        return;
    const auto stat = readText(statFile).value_or("");
    for (const auto line : split(stat, '\n')) {
        const auto parts = words(line);
        if (parts.size() == 2 && parts[0] == "nr_throttled")
            limits.throttledPeriods = parseInteger(parts[1]);
    }
}

void readUnified(CgroupLimits &limits, const fs::path &mount, const fs::path &group)
{
    for (const auto &folder : chain(mount, group)) {
        tightenMemory(limits, folder / "memory.max", folder / "memory.current", folder / "memory.stat", "inactive_file");
        const auto line = readLine(folder / "cpu.max");
        const auto parts = line ? words(*line) : std::vector<std::string_view>{};
        if (parts.size() == 2)
            tightenCpus(limits, parseInteger(parts[0]).value_or(0), parseInteger(parts[1]).value_or(0));
        noteThrottling(limits, folder / "cpu.stat");
    }
}

} // namespace

CgroupLimits readCgroupLimits(const fs::path &sysroot)
{
    CgroupLimits limits;
    const auto member = readMembership(sysroot);
    const auto root = sysroot / "sys/fs/cgroup";
    for (const auto &folder : chain(root / "memory", member.memory))
        tightenMemory(limits, folder / "memory.limit_in_bytes", folder / "memory.usage_in_bytes", folder / "memory.stat",
                      "total_inactive_file");
    for (const auto *mount : {"cpu,cpuacct", "cpu"}) {
        for (const auto &folder : chain(root / mount, member.cpu)) {
            tightenCpus(limits, readInteger(folder / "cpu.cfs_quota_us").value_or(0),
                        readInteger(folder / "cpu.cfs_period_us").value_or(0));
            noteThrottling(limits, folder / "cpu.stat");
        }
    }
    readUnified(limits, root, member.unified);
    readUnified(limits, root / "unified", member.unified);
    return limits;
}

} // namespace seatrial::engine
