// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/deploy/engine_deployer.h"

#include "remote/deploy/scripts.h"
#include "remote/deploy/survey_scripts.h"
#include "remote/shell_quote.h"
#include "remote/text.h"
#include "remote/wait.h"

#include <cstdlib>
#include <random>

namespace seatrial::remote {

using namespace domain;
using campaign::CommandOutput;
using campaign::NodeLink;
using campaign::Probe;
using campaign::RecipeStep;
using campaign::Survival;

namespace {

constexpr double kProbeSeconds = 30;
constexpr double kCleanSeconds = 180; ///< runs that are ended get their grace
/// An upload may go on as long as it gets anywhere at all: 50 kB/s, and a minute for the self-test.
constexpr double kSlowestBytesPerSecond = 50'000;
constexpr double kSelftestSeconds = 60;

std::string megabytes(double bytes)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.1f MB", bytes / 1e6);
    return text;
}

Failure staged(Failure failure, Stage stage, const std::string &attempted)
{
    failure.stage = stage;
    if (!attempted.empty())
        failure.attempted = attempted;
    return failure;
}

std::string joined(const std::vector<std::string> &parts)
{
    std::string all;
    for (const auto &part : parts)
        all += (all.empty() ? "" : "; ") + part;
    return all;
}

void parseSurvival(const std::string &value, Probe &probe)
{
    const std::size_t blank = std::min(value.find(' '), value.size());
    if (const auto survival = survivalFromWord(value.substr(0, blank))) {
        probe.survival = *survival;
        probe.survivalReason = value.substr(std::min(blank + 1, value.size())).substr(0, 300);
    }
}

/// Different for every upload, so that two desktops never write to the same file.
std::string temporaryName()
{
    std::random_device random;
    return "upload-" + std::to_string(random()) + std::to_string(random()) + ".tmp";
}

/// The node's C library, and the engine's need where it is known: "The node has glibc 2.17, the engine needs …".
std::string libraries(const Probe &probe, const Bundle &engine)
{
    return "the node has " + (probe.libc.empty() ? "an unknown C library" : probe.libc)
        + (engine.needs ? ", the engine needs glibc " + text(*engine.needs) + " or newer" : std::string());
}

/// What makes engines for old nodes; docs/remote.md says more.
std::string adviceForOldNodes(const Bundle &engine)
{
    constexpr Glibc reached{2, 28};
    if (engine.needs && *engine.needs > reached) {
        return "build Seatrial where g++-11 and installer/engine-sysroot can be had: that engine needs glibc " + text(reached)
            + " at most";
    }
    return "Seatrial has no engine for a system like this: leave the node out, or bring it to a newer system with glibc";
}

Failure tooOld(const Probe &probe, const Bundle &engine)
{
    return {Stage::Preflight, FailureKind::Unsupported, libraries(probe, engine),
            "comparing 'getconf GNU_LIBC_VERSION' with the engine's file", adviceForOldNodes(engine)};
}

Failure uploadFailed(const CommandOutput &answer, const Probe &probe, const Bundle &engine)
{
    const std::string said = printable(answer.output + " " + answer.errors);
    if (said.find("No space left") != std::string::npos || said.find("quota") != std::string::npos) {
        return {Stage::Deploy, FailureKind::NoSpace, "the engine could not be written: " + said, "uploading the engine",
                "make room on the node"};
    }
    if (const auto at = said.find("failed self-test"); at != std::string::npos) {
        return {Stage::Deploy, FailureKind::Unsupported,
                "the engine does not work on this node (" + libraries(probe, engine) + "): " + said.substr(at),
                "running its self-test",
                glibcOfNode(probe.libc) ? "its kernel or C library may be too old; this text says what is missing"
                                        : adviceForOldNodes(engine)};
    }
    return {Stage::Deploy, FailureKind::Broken,
            "the upload failed (exit status " + std::to_string(answer.exitStatus) + "): " + said, "uploading the engine",
            "run again; if it stays, try the same by hand with scp"};
}

} // namespace

Failure EngineDeployer::noFolder(const Probe &probe)
{
    const std::string all = joined(probe.refused);
    return {Stage::Preflight, all.find("MB needed") != std::string::npos ? FailureKind::NoSpace : FailureKind::Unsupported,
            "no folder of the node can take the engine: " + all, "choosing a folder that is writable, executable and has space",
            "make room, or name a suitable folder on the node in the variable SEATRIAL_BASE (SetEnv of its sshd)"};
}

const Result<Bundle> &EngineDeployer::bundle()
{
    std::call_once(m_once, [this] { m_bundle = Bundle::read(m_file); });
    return m_bundle;
}

Result<Probe> EngineDeployer::prepare(NodeLink &link, std::vector<RecipeStep> &steps, const std::atomic<bool> &cancelled)
{
    const auto &engine = bundle();
    if (!engine)
        return std::unexpected(engine.error());
    auto found = probe(link, *engine, steps, cancelled);
    if (!found || found->deployed)
        return found;
    if (const auto uploaded = upload(link, *engine, *found, steps, cancelled); !uploaded)
        return std::unexpected(uploaded.error());
    return found;
}

Result<Probe> EngineDeployer::probe(NodeLink &link, const Bundle &engine, std::vector<RecipeStep> &steps,
                                    const std::atomic<bool> &cancelled)
{
    const Moment start = now();
    const auto answer = link.run(probeScript({engine.sha256, engine.content.size()}), {}, kProbeSeconds, cancelled);
    if (!answer)
        return std::unexpected(staged(answer.error(), Stage::Preflight, "finding out what the node is"));
    auto found = parseProbe(*answer, engine.sha256);
    if (!found)
        return found;
    if (!engine.machine.empty() && found->machine != engine.machine) {
        return std::unexpected(Failure{Stage::Preflight, FailureKind::Unsupported,
                                       "the node is " + found->machine + ", the engine is built for " + engine.machine,
                                       "comparing 'uname -m' with the engine's file",
                                       "build the engine for " + found->machine + " and start with it"});
    }
    const auto libc = glibcOfNode(found->libc);
    if (!found->deployed && libc && engine.needs && *libc < *engine.needs) // one that is there has passed its self-test
        return std::unexpected(tooOld(*found, engine));
    if (found->base.empty())
        return std::unexpected(noFolder(*found));
    steps.push_back({"probe", secondsSince(start), found->base + (found->deployed ? ", engine is there" : "")});
    return found;
}

Result<Probe> EngineDeployer::parseProbe(const CommandOutput &answer, const std::string &sha256)
{
    Probe probe;
    for (const auto line : lines(answer.output)) {
        const std::size_t blank = std::min(line.find(' '), line.size());
        const auto key = line.substr(0, blank);
        const std::string value = printable(line.substr(std::min(blank + 1, line.size()))).substr(0, 4096);
        if (key == "machine")
            probe.machine = value;
        else if (key == "kernel")
            probe.kernel = value;
        else if (key == "libc")
            probe.libc = value;
        else if (key == "user")
            probe.user = value;
        else if (key == "free")
            probe.freeBytes = std::strtod(value.c_str(), nullptr) * 1024;
        else if (key == "deployed")
            probe.deployed = value == "yes";
        else if (key == "refused" && probe.refused.size() < 32)
            probe.refused.push_back(value);
        else if (key == "base" && value.starts_with('/'))
            probe.base = value;
        else if (key == "survival")
            parseSurvival(value, probe);
    }
    if (probe.machine.empty() || answer.exitStatus != 0) {
        return std::unexpected(Failure{Stage::Preflight, FailureKind::Broken,
                                       "the node's answer makes no sense (exit status "
                                           + std::to_string(answer.exitStatus) + "): "
                                           + printable((answer.output + " " + answer.errors).substr(0, 500)),
                                       "finding out what the node is by /bin/sh",
                                       "log in by hand and see whether id, uname, ls and df work there"});
    }
    if (!probe.base.empty())
        probe.bundle = probe.base + "/bundles/" + sha256;
    return probe;
}

Result<void> EngineDeployer::upload(NodeLink &link, const Bundle &engine, const Probe &probe,
                                    std::vector<RecipeStep> &steps, const std::atomic<bool> &cancelled)
{
    const Moment start = now();
    const auto size = static_cast<double>(engine.content.size());
    const std::string script = uploadScript({engine.sha256, engine.content.size()}, probe.bundle,
                                            probe.bundle + "/" + temporaryName());
    const auto answer = link.run(script, engine.content, size / kSlowestBytesPerSecond + kSelftestSeconds, cancelled);
    if (!answer)
        return std::unexpected(staged(answer.error(), Stage::Deploy, "uploading the engine, " + megabytes(size)));
    if (answer->exitStatus != 0 || !answer->output.starts_with("verified "))
        return std::unexpected(uploadFailed(*answer, probe, engine));
    steps.push_back({"upload", secondsSince(start), megabytes(size) + ", " + printable(answer->output)});
    return {};
}

std::string EngineDeployer::attachCommand(const Probe &probe, const std::string &token, std::uint64_t from, bool afterLoss) const
{
    std::string command = shellQuote(probe.bundle + "/seatrial-engine") + " attach --dir " + shellQuote(probe.base + "/runs/" + token)
        + " --from " + std::to_string(from);
    if (probe.survival == Survival::Dies)
        command += " --attached " + shellQuote(probe.survivalReason.empty() ? "processes end with their login here" : probe.survivalReason);
    else if (afterLoss && probe.survival == Survival::Assumed) // where it was tried, a dead supervisor says something else
        command += " --attached-if-died";
    return probe.survival == Survival::InScope ? inUserScope(command) : "exec " + command;
}

Result<std::vector<std::string>> EngineDeployer::clean(NodeLink &link, const std::atomic<bool> &cancelled)
{
    const auto answer = link.run(cleanScript(), {}, kCleanSeconds, cancelled);
    if (!answer)
        return std::unexpected(staged(answer.error(), Stage::Deploy, "removing what was put on the node"));
    std::vector<std::string> removed;
    std::vector<std::string> left;
    for (const auto line : lines(answer->output)) {
        const std::string text = printable(line);
        if (text.starts_with("left "))
            left.push_back(text.substr(5));
        if (!text.starts_with("removed "))
            continue;
        char *rest = nullptr;
        const double kilobytes = std::strtod(text.c_str() + 8, &rest);
        removed.push_back("removed" + std::string(rest) + " (" + megabytes(kilobytes * 1024) + ")");
    }
    if (!left.empty() || answer->exitStatus != 0) {
        return std::unexpected(Failure{Stage::Deploy, FailureKind::Refused,
                                       "not everything was removed. Left: " + joined(left)
                                           + (answer->errors.empty() ? "" : " (" + printable(answer->errors) + ")"),
                                       joined(removed), "look at these folders on the node and remove them by hand"});
    }
    return removed;
}

} // namespace seatrial::remote
