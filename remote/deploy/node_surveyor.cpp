// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/deploy/node_surveyor.h"

#include "remote/deploy/engine_deployer.h"
#include "remote/deploy/scripts.h"
#include "remote/deploy/survey_scripts.h"
#include "remote/text.h"
#include "remote/wait.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <map>

namespace seatrial::remote {

using namespace domain;
using namespace campaign;

namespace {

constexpr double kQuestionSeconds = 15;
constexpr double kRoomSeconds = 30;
constexpr std::size_t kMaxValue = 1000;

constexpr std::array<std::pair<Survival, const char *>, 4> kWords{{
    {Survival::Doubted, "doubted"},
    {Survival::Lives, "lives"},
    {Survival::InScope, "scope"},
    {Survival::Dies, "dies"},
}};

std::string wordOf(Survival survival)
{
    for (const auto &[known, word] : kWords) {
        if (known == survival)
            return word;
    }
    return {};
}

/// Lines of "key value".
std::map<std::string, std::string> values(const CommandOutput &answer)
{
    std::map<std::string, std::string> found;
    for (const auto line : lines(answer.output)) {
        const std::size_t blank = std::min(line.find(' '), line.size());
        if (found.size() < 32)
            found.emplace(line.substr(0, std::min<std::size_t>(blank, 64)), printable(line.substr(std::min(blank + 1, line.size()))).substr(0, kMaxValue));
    }
    return found;
}

Result<CommandOutput> ask(NodeLink &link, const std::string &script, const char *purpose, const std::atomic<bool> &cancelled, double seconds = kQuestionSeconds)
{
    auto answer = link.run(script, {}, seconds, cancelled);
    if (!answer) {
        answer.error().stage = Stage::Preflight;
        answer.error().attempted = purpose;
    }
    return answer;
}

Failure nonsense(const CommandOutput &answer, const char *purpose)
{
    return {Stage::Preflight, FailureKind::Broken,
            "the node's answer makes no sense (exit status " + std::to_string(answer.exitStatus) + "): "
                + printable((answer.output + " " + answer.errors).substr(0, 300)),
            purpose, "log in by hand and see whether id, uname, ls and df work there"};
}

double number(const std::string &text)
{
    return std::strtod(text.c_str(), nullptr);
}

double wall()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

} // namespace

std::optional<Survival> survivalFromWord(const std::string &word)
{
    for (const auto &[survival, known] : kWords) {
        if (word == known)
            return survival;
    }
    return std::nullopt;
}

Result<ShellFound> NodeSurveyor::shell(NodeLink &link, const Cancelled &cancelled)
{
    const auto answer = ask(link, "printf '%s\\n' 'two  blanks, \"quotes\" and $signs'\n", "having words echoed", cancelled);
    if (!answer)
        return std::unexpected(answer.error());
    ShellFound found{answer->noise, {}};
    found.noise.sample = printable(found.noise.sample);
    if (answer->output != "two  blanks, \"quotes\" and $signs\n")
        found.garbled = printable((answer->output + " " + answer->errors).substr(0, 200));
    return found;
}

Result<MachineFound> NodeSurveyor::machine(NodeLink &link, const Cancelled &cancelled)
{
    const auto &engine = m_engine();
    if (!engine)
        return std::unexpected(engine.error());
    const auto answer = ask(link, machineScript(), "finding out what the node is", cancelled);
    if (!answer)
        return std::unexpected(answer.error());
    auto said = values(*answer);
    MachineFound found{said["machine"], said["kernel"], said["libc"], {}, {}};
    if (found.machine.empty())
        return std::unexpected(nonsense(*answer, "finding out what the node is"));
    if (!engine->machine.empty() && found.machine != engine->machine) {
        found.obstacle = "the engine is built for " + engine->machine;
        found.remedy = "build the engine for " + found.machine + " and start with it";
    } else if (const auto libc = glibcOfNode(found.libc); libc && engine->needs && *libc < *engine->needs) {
        found.obstacle = "the engine needs glibc " + text(*engine->needs);
        found.remedy = "build the engine against an older glibc (see installer), or give the node a newer system";
    }
    return found;
}

Result<RoomFound> NodeSurveyor::room(NodeLink &link, const Cancelled &cancelled)
{
    const auto &engine = m_engine();
    if (!engine)
        return std::unexpected(engine.error());
    const auto answer = ask(link, probeScript({engine->sha256, engine->content.size()}), "choosing a folder for the engine", cancelled, kRoomSeconds);
    if (!answer)
        return std::unexpected(answer.error());
    auto probe = EngineDeployer::parseProbe(*answer, engine->sha256);
    if (!probe)
        return std::unexpected(std::move(probe.error()));
    RoomFound found{std::move(*probe), {}, {}, false, {}};
    if (found.probe.base.empty()) {
        const Failure failure = EngineDeployer::noFolder(found.probe);
        found.noFolder = failure.what;
        found.remedy = failure.advice;
        found.noSpace = failure.kind == FailureKind::NoSpace;
        return found;
    }
    const auto inodes = ask(link, inodesScript(found.probe.base), "counting free inodes", cancelled);
    if (!inodes)
        return std::unexpected(inodes.error());
    if (const std::string text = values(*inodes)["inodes"]; !text.empty() && text.find_first_not_of("0123456789") == std::string::npos)
        found.freeInodes = number(text);
    return found;
}

Result<DriverFound> NodeSurveyor::driver(NodeLink &link, const Probe &probe, const Cancelled &cancelled)
{
    const auto answer = ask(link, driverScript(probe.base), "looking for the NVIDIA driver", cancelled, kQuestionSeconds + kDriverSeconds);
    if (!answer)
        return std::unexpected(answer.error());
    auto said = values(*answer);
    DriverFound found;
    found.onBus = std::atoi(said["onbus"].c_str());
    found.devices = std::atoi(said["devices"].c_str());
    found.trouble = said["trouble"];
    // "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat …": the first word that is a version.
    for (const auto &word : words(said["version"])) {
        const bool isVersion = word.find('.') != std::string::npos && word.find_first_not_of("0123456789.") == std::string::npos;
        if (isVersion && found.version.empty())
            found.version = word;
    }
    if (found.version.empty())
        found.version = said["version"].substr(0, 100);
    return found;
}

Result<ClockFound> NodeSurveyor::clock(NodeLink &link, const Cancelled &cancelled)
{
    const double before = wall();
    const auto answer = ask(link, clockScript(), "reading the node's clock", cancelled);
    if (!answer)
        return std::unexpected(answer.error());
    const double after = wall();
    const std::string text = answer->output.substr(0, answer->output.find('\n'));
    const double there = number(text);
    if (there <= 0)
        return std::unexpected(nonsense(*answer, "reading the node's clock"));
    const bool whole = text.find('.') == std::string::npos || text.find_first_not_of("0123456789.") != std::string::npos;
    return ClockFound{there + (whole ? 0.5 : 0.0) - (before + after) / 2, (after - before) / 2 + (whole ? 0.5 : 0.0)};
}

Result<void> NodeSurveyor::tidy(NodeLink &link, const Probe &probe, const Cancelled &cancelled)
{
    const auto answer = ask(link, tidyScript(probe.base), "removing an empty folder", cancelled);
    return answer ? Result<void>() : std::unexpected(answer.error());
}

Result<Marker> NodeSurveyor::leaveMarker(NodeLink &link, const Probe &probe, Shelter shelter, const Cancelled &cancelled)
{
    constexpr const char *purpose = "leaving a process behind";
    const auto answer = ask(link, leaveMarkerScript(probe.base, shelter), purpose, cancelled);
    if (!answer)
        return std::unexpected(answer.error());
    auto said = values(*answer);
    if (said.contains("none"))
        return std::unexpected(Failure{Stage::Preflight, FailureKind::Unsupported, said["none"], purpose, {}});
    const auto marker = words(said["marker"]);
    if (marker.size() != 2 || number(marker[0]) < 2)
        return std::unexpected(nonsense(*answer, purpose));
    return Marker{shelter, std::atol(marker[0].c_str()), marker[1]};
}

Result<bool> NodeSurveyor::markerLives(NodeLink &link, const Probe &probe, const Marker &marker, const Cancelled &cancelled)
{
    constexpr const char *purpose = "looking for a process that was left behind";
    const auto answer = ask(link, markerScript(probe.base, marker), purpose, cancelled);
    if (!answer)
        return std::unexpected(answer.error());
    const std::string said = values(*answer)["marker"];
    if (said != "lives" && said != "gone")
        return std::unexpected(nonsense(*answer, purpose));
    return said == "lives";
}

Result<void> NodeSurveyor::remember(NodeLink &link, const Probe &probe, const Cancelled &cancelled)
{
    const auto answer = ask(link, rememberScript(probe.base, wordOf(probe.survival), probe.survivalReason), "writing down what was found", cancelled);
    return answer ? Result<void>() : std::unexpected(answer.error());
}

} // namespace seatrial::remote
