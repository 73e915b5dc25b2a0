// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace seatrial::engine {

/// Environment variable by which every process of a run can be found again, whoever became its parent.
inline constexpr const char *kRunMark = "SEATRIAL_RUN_DIR";

/// Children of @p process, their children and so on.
std::vector<pid_t> descendantsOf(pid_t process);
std::vector<pid_t> childrenOf(pid_t process);

/// Sends @p signal to @p leader, its process group and its descendants.
void signalTree(pid_t leader, int signal);

/// Processes of runs whose folder's path begins with @p path, and is the same folder for them as for us.
std::vector<pid_t> markedBelow(const std::string &path);

/// Kills what a supervisor that is no more has left running for the run in @p folder. Returns how many there were.
int killStrays(const std::filesystem::path &folder);

/// Where the kernel holds @p process, for the reader of a report: state, wchan and stack as far as we may read them.
std::string whereItHangs(pid_t process);

} // namespace seatrial::engine
