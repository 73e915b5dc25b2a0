// SPDX-License-Identifier: Apache-2.0
#include "engine/command_line.h"

#include "engine/measure/read_privileged.h"
#include "engine/simulate/profile.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <vector>

namespace seatrial::engine {

namespace {

constexpr std::size_t kMaxReasonBytes = 1000;

std::string absolute(std::string_view path)
{
    std::error_code error;
    return std::filesystem::absolute(path, error).lexically_normal().string();
}

/// The name of a built-in profile, or else the path of a file.
std::string profilePath(std::string_view value)
{
    return simulate::builtInProfile(value) ? std::string(value) : absolute(value);
}

/// A node that is told to be simulated is so for every run, also of a desktop that does not know of it.
void takeFromEnvironment(CommandLine &line)
{
    const bool runs = line.command == Command::Plan || line.command == Command::Attach;
    const char *wanted = std::getenv("SEATRIAL_SIMULATE");
    if (runs && line.simulate.empty() && wanted && *wanted)
        line.simulate = profilePath(wanted);
}

std::optional<Command> commandFrom(std::string_view word)
{
    if (word == "--help" || word == "-h")
        return Command::Help;
    if (word == "--version")
        return Command::Version;
    if (word == "--list")
        return Command::List;
    if (word == "--selftest")
        return Command::Selftest;
    if (word == "--plan")
        return Command::Plan;
    if (word == "--check-plan")
        return Command::CheckPlan;
    if (word == "attach")
        return Command::Attach;
    if (word == "quit")
        return Command::Quit;
    if (word == kPrivilegedMode)
        return Command::ReadPrivileged;
    if (word == "worker")
        return Command::Worker;
    return std::nullopt;
}

bool takesOption(Command command, std::string_view option)
{
    switch (command) {
    case Command::CheckPlan:
    case Command::List: return option == "--json";
    case Command::Plan: return option == "--sysroot" || option == "--work" || option == "--simulate";
    case Command::Attach: return option == "--simulate" || option == "--dir" || option == "--from" || option == "--attached" || option == "--attached-if-died";
    case Command::Quit: return option == "--base";
    case Command::Worker: return option == "--simulate" || option == "--sysroot" || option == "--work" || option == "--allow-busy" || option == "--sudo";
    default: return false;
    }
}

/// Sets what @p option with @p value means. "" or what is wrong with it.
std::string setOption(CommandLine &line, std::string_view option, std::string_view value)
{
    if (value.empty())
        return std::string(option) + " needs a value";
    if (option == "--from") {
        const auto [rest, error] = std::from_chars(value.data(), value.data() + value.size(), line.from);
        const bool whole = error == std::errc() && rest == value.data() + value.size();
        return whole && line.from < (std::uint64_t(1) << 53) ? std::string()
                                                             : "--from needs a sequence number, not \"" + std::string(value) + '"';
    }
    if (option == "--attached") {
        line.attachedBecause = std::string(value.substr(0, kMaxReasonBytes));
        return {};
    }
    if (option == "--simulate") {
        line.simulate = profilePath(value);
        return {};
    }
    std::string &target = option == "--sysroot" ? line.sysroot
        : option == "--work"                    ? line.work
        : option == "--dir"                     ? line.folder
                                                : line.base;
    target = absolute(value);
    return {};
}

std::string missing(const CommandLine &line)
{
    if (line.command == Command::Attach && line.folder.empty())
        return "attach needs --dir";
    if (line.command == Command::Quit && line.base.empty())
        return "quit needs --base";
    if (line.command == Command::Worker && line.work.empty())
        return "worker needs --work";
    return {};
}

} // namespace

std::optional<CommandLine> parseCommandLine(int argc, char **argv, std::string &error)
{
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    CommandLine line;
    if (words.empty()) {
        error = "what is to be done?";
        return std::nullopt;
    }
    const std::optional<Command> command = commandFrom(words.front());
    if (!command) {
        error = "\"" + std::string(words.front()) + "\" is not known";
        return std::nullopt;
    }
    line.command = *command;
    std::size_t at = 1;
    if (line.command == Command::Plan || line.command == Command::CheckPlan) {
        line.plan = words.size() > 1 ? std::string(words[1]) : std::string();
        if (line.plan.empty())
            error = std::string(words.front()) + " needs a file, or - for standard input";
        ++at;
    }
    for (; at < words.size() && error.empty(); ++at) {
        const std::string_view option = words[at];
        if (!takesOption(line.command, option))
            error = "\"" + std::string(option) + "\" is not known after \"" + std::string(words.front()) + '"';
        else if (option == "--json")
            line.json = true;
        else if (option == "--allow-busy")
            line.allowBusy = true;
        else if (option == "--attached-if-died")
            line.attachedIfDied = true;
        else if (option == "--sudo")
            line.sudo = true;
        else
            error = setOption(line, option, at + 1 < words.size() ? words[++at] : std::string_view());
    }
    takeFromEnvironment(line);
    if (error.empty())
        error = missing(line);
    if (!error.empty())
        return std::nullopt;
    return line;
}

} // namespace seatrial::engine
