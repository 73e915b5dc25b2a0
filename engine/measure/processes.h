// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace seatrial::engine {

/// One process as /proc shows it.
struct Process {
    int pid = 0;
    int parent = 0;
    std::int64_t uid = 0;   ///< real user
    std::string name;       ///< "python3"
    std::string command;    ///< first 200 characters of the command line, printable
    bool kernelThread = false;
    std::uint64_t ticks = 0;     ///< CPU time used in clock ticks, user and system
    std::uint64_t startTick = 0; ///< tells a process from a later one of the same number
    std::string cgroups;         ///< paths of its control groups, one a line
};

using Processes = std::map<int, Process>;

/// What sysroot/proc shows now; processes that vanish while we look are left out.
Processes readProcesses(const std::filesystem::path &sysroot);

} // namespace seatrial::engine
