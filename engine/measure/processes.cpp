// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/processes.h"

#include "engine/measure/text.h"

#include <algorithm>
#include <optional>

namespace seatrial::engine {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kernelThreadFlag = 0x0020'0000; // PF_KTHREAD
constexpr std::size_t mostProcesses = 200'000;

/// Fields of /proc/PID/stat behind the name, which is in parentheses and may itself hold blanks and parentheses.
bool readStat(Process &process, const std::string &stat)
{
    const auto open = stat.find('(');
    const auto close = stat.rfind(')');
    if (open == stat.npos || close == stat.npos || close < open)
        return false;
    process.name = printable(std::string_view(stat).substr(open + 1, close - open - 1));
    const auto fields = words(std::string_view(stat).substr(close + 1)); // [0] is field 3, the state
    if (fields.size() < 20)
        return false;
    const auto number = [&](std::size_t field) { return parseInteger(fields[field - 3]).value_or(0); };
    process.parent = int(number(4));
    process.kernelThread = (std::uint64_t(number(9)) & kernelThreadFlag) != 0;
    process.ticks = std::uint64_t(number(14) + number(15));
    process.startTick = std::uint64_t(number(22));
    return true;
}

std::optional<Process> readProcess(const fs::path &folder, int pid)
{
    Process process;
    process.pid = pid;
    const auto stat = readText(folder / "stat", 4096);
    const auto status = readText(folder / "status", 8192);
    if (!stat || !status || !readStat(process, *stat))
        return std::nullopt;
    const auto uids = words(valueOf(*status, "Uid"));
    process.uid = uids.empty() ? 0 : parseInteger(uids.front()).value_or(0);
    if (process.kernelThread)
        return process;

    auto command = readText(folder / "cmdline", 200).value_or("");
    std::replace(command.begin(), command.end(), '\0', ' ');
    process.command = printable(trimmed(command));
    const auto cgroup = readText(folder / "cgroup", 8192).value_or("");
    for (const auto line : split(cgroup, '\n')) {
        const auto path = line.find(":/");
        if (path != line.npos)
            process.cgroups += std::string(line.substr(path + 1)) + '\n';
    }
    return process;
}

} // namespace

Processes readProcesses(const fs::path &sysroot)
{
    Processes processes;
    std::error_code error;
    for (fs::directory_iterator entry(sysroot / "proc", error), end; !error && entry != end; entry.increment(error)) {
        const auto pid = parseInteger(entry->path().filename().string());
        if (!pid || *pid <= 0 || *pid > INT32_MAX)
            continue;
        if (auto process = readProcess(entry->path(), int(*pid)))
            processes.emplace(int(*pid), std::move(*process));
        if (processes.size() >= mostProcesses)
            break;
    }
    return processes;
}

} // namespace seatrial::engine
