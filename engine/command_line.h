// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace seatrial::engine {

enum class Command { Help, Version, List, Selftest, Plan, CheckPlan, Attach, Quit, ReadPrivileged, Worker };

/// What the command line asks for. Paths are absolute.
struct CommandLine {
    Command command = Command::Help;
    bool json = false;          ///< --list, --check-plan
    std::string plan;           ///< --plan, --check-plan: a file, or "-"
    std::string sysroot = "/";  ///< --plan, worker
    std::string work;           ///< --plan, worker
    std::string simulate;       ///< --plan, attach, worker: a file or a built-in profile; from $SEATRIAL_SIMULATE where not given
    std::string folder;         ///< attach --dir
    std::string base;           ///< quit --base
    std::uint64_t from = 1;     ///< attach --from
    std::optional<std::string> attachedBecause; ///< attach --attached
    bool attachedIfDied = false; ///< attach --attached-if-died
    bool allowBusy = false;     ///< worker
    bool sudo = false;          ///< worker
};

/// Nothing, with a sentence in @p error, if the command line makes no sense.
std::optional<CommandLine> parseCommandLine(int argc, char **argv, std::string &error);

} // namespace seatrial::engine
