// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/preflight.h"

#include "core/campaign/survival.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <thread>

namespace seatrial::campaign {

using domain::Failure;
using domain::FailureKind;
using domain::Stage;
using Clock = std::chrono::steady_clock;

namespace {

enum Step : std::size_t { Resolve, Tcp, Banner, HostKey, Login, Shell, Machine, Space, Folder, Survive, Driver, NodeClock, kSteps };

/// Below this a run starts, but disk checks and journals may find no room.
constexpr double kLittleSpace = 512e6;
constexpr double kFewInodes = 2'000;
/// Beyond what a node's own checks of time ask for; certificates and logs become hard to compare.
constexpr double kClockApart = 2.0;

double since(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string sizeText(double bytes)
{
    return bytes >= 1e9 ? fmt::format("{:.3g} GB", bytes / 1e9) : fmt::format("{:.0f} MB", bytes / 1e6);
}

/// One way up.
class Climb
{
public:
    Climb(const Reach &reach, const domain::Node &node, const std::function<void(const Ladder &)> &told, const std::atomic<bool> &cancelled)
        : m_reach(reach), m_node(node), m_told(told), m_cancelled(cancelled)
    {
        m_ladder.node = node.id;
        for (const auto &name : rungNames())
            m_ladder.rungs.push_back({.name = name});
    }

    Ladder up()
    {
        if (connect())
            ask();
        m_ladder.over = true;
        // What had begun when it was stopped has no end to tell of.
        for (auto &rung : m_ladder.rungs) {
            if (rung.state == RungState::InWork)
                rung.state = RungState::NotReached;
        }
        m_told(m_ladder);
        return std::move(m_ladder);
    }

private:
    bool connect();
    void passed(const RecipeStep &step);
    void connectFailed(const Failure &failure);
    void ask();
    void space();
    void survive();
    void driver();
    void clock();

    Rung &rung(std::size_t step) { return m_ladder.rungs[step]; }

    void begin(std::size_t step)
    {
        m_began = Clock::now();
        rung(step).state = RungState::InWork;
        m_told(m_ladder);
    }

    void end(std::size_t step, RungState state, std::string found, std::string remedy = {})
    {
        auto &ended = rung(step);
        ended = {ended.name, state, since(m_began), std::move(found), std::move(remedy)};
        m_told(m_ladder);
    }

    void fail(std::size_t step, const Failure &failure)
    {
        if (failure.kind == FailureKind::Cancelled)
            return;
        end(step, RungState::Failed, failure.what + (failure.attempted.empty() ? "" : " (tried: " + failure.attempted + ")"), failure.advice);
    }

    /// Asks one question. Nothing if it has no answer, which is then said as failed.
    template<typename Question>
    auto answer(std::size_t step, Question question) -> std::optional<typename std::invoke_result_t<Question>::value_type>
    {
        if (m_cancelled || !m_link)
            return std::nullopt;
        begin(step);
        auto found = question();
        if (found)
            return std::move(*found);
        fail(step, found.error());
        if (found.error().kind == FailureKind::Lost)
            m_link.reset(); // no use to ask on
        return std::nullopt;
    }

    const Reach &m_reach;
    const domain::Node &m_node;
    const std::function<void(const Ladder &)> &m_told;
    const std::atomic<bool> &m_cancelled;
    Ladder m_ladder;
    Clock::time_point m_began = Clock::now();
    std::shared_ptr<NodeLink> m_link;
    Probe m_probe;
};

void Climb::passed(const RecipeStep &step)
{
    const auto &names = rungNames();
    const auto index = static_cast<std::size_t>(std::ranges::find(names, step.name) - names.begin());
    if (index > Login)
        return;
    if (index == Resolve) { // a way that is tried once more
        for (std::size_t later = Tcp; later <= Login; ++later)
            rung(later) = {.name = names[later]};
    }
    rung(index) = {step.name, RungState::Passed, step.seconds, step.detail, {}};
    m_began = Clock::now();
    if (index < Login)
        rung(index + 1).state = RungState::InWork;
    m_told(m_ladder);
}

bool Climb::connect()
{
    m_link = m_reach.links.link(m_node);
    m_link->watch([this](const RecipeStep &step) { passed(step); });
    begin(Resolve);
    auto connected = m_link->connect(m_reach.questions, m_cancelled);
    m_link->watch({});
    if (!connected) {
        connectFailed(connected.error());
        return false;
    }
    for (std::size_t step = Resolve; step <= Login; ++step) { // a link may know nothing of some steps: they are behind it all the same
        if (rung(step).state != RungState::Passed)
            rung(step) = {.name = rung(step).name, .state = RungState::NotPresent, .found = "not a step of the way to this node"};
    }
    return true;
}

/// The step after the last one that was passed; the failure knows better where its stage is one step alone.
void Climb::connectFailed(const Failure &failure)
{
    std::size_t step = Resolve;
    while (step < Login && rung(step).state == RungState::Passed)
        ++step;
    if (failure.stage == Stage::HostKey)
        step = HostKey;
    else if (failure.stage == Stage::Login)
        step = Login;
    for (std::size_t before = Resolve; before < step; ++before) {
        if (rung(before).state == RungState::InWork)
            rung(before).state = RungState::NotReached;
    }
    fail(step, failure);
}

void Climb::ask()
{
    const auto shell = answer(Shell, [&] { return m_reach.surveyor.shell(*m_link, m_cancelled); });
    if (!shell)
        return;
    if (!shell->garbled.empty()) {
        return end(Shell, RungState::Failed, "the shell gives back other words than it was given: " + shell->garbled,
                   "this user needs a login shell that runs commands as they are");
    }
    if (shell->noise.lines > 0) {
        end(Shell, RungState::Warned,
            fmt::format("the login shell prints {} {} before our output (\"{}\"): harmless", shell->noise.lines, shell->noise.lines == 1 ? "line" : "lines",
                        shell->noise.sample),
            "let the start-up files of this user print in interactive shells only");
    } else {
        end(Shell, RungState::Passed, "commands run and say nothing else");
    }
    if (const auto machine = answer(Machine, [&] { return m_reach.surveyor.machine(*m_link, m_cancelled); })) {
        const std::string what = machine->machine + ", " + machine->kernel + ", " + (machine->libc.empty() ? "C library unknown" : machine->libc);
        if (machine->obstacle.empty())
            end(Machine, RungState::Passed, what);
        else
            end(Machine, RungState::Failed, what + ": " + machine->obstacle, machine->remedy);
    }
    space();
    survive();
    driver();
    clock();
    if (m_link && !m_probe.base.empty() && !m_cancelled)
        (void)m_reach.surveyor.tidy(*m_link, m_probe, m_cancelled);
}

void Climb::space()
{
    const auto room = answer(Space, [&] { return m_reach.surveyor.room(*m_link, m_cancelled); });
    if (!room)
        return;
    m_probe = room->probe;
    std::string refused;
    for (const auto &reason : m_probe.refused)
        refused += (refused.empty() ? "" : "; ") + reason;
    if (m_probe.base.empty()) {
        if (room->noSpace)
            return end(Space, RungState::Failed, room->noFolder, room->remedy);
        rung(Space) = {.name = rung(Space).name}; // of which folder? There is none.
        return end(Folder, RungState::Failed, room->noFolder, room->remedy);
    }
    std::string free = sizeText(m_probe.freeBytes) + " free";
    if (room->freeInodes)
        free += fmt::format(", {:.0f} inodes", *room->freeInodes);
    const bool few = room->freeInodes && *room->freeInodes < kFewInodes;
    if (m_probe.freeBytes < kLittleSpace || few)
        end(Space, RungState::Warned, free + (few ? ": few files can be made" : ": little for disk checks and journals"), "make room below " + m_probe.base);
    else
        end(Space, RungState::Passed, free);
    m_began = Clock::now();
    end(Folder, RungState::Passed, m_probe.base + (refused.empty() ? "" : " (passed over: " + refused + ")"));
}

void Climb::survive()
{
    if (m_cancelled || !m_link)
        return;
    begin(Survive);
    // What an earlier look remembers is not asked: somebody wants to know how it is now.
    if (m_probe.survival != Survival::Doubted)
        m_probe.survivalReason.clear();
    const auto tried = trySurvival(m_reach, m_node, m_link, m_probe, m_cancelled);
    if (!tried) {
        if (tried.error().kind == FailureKind::Cancelled)
            return;
        const bool connected = tried.error().stage != Stage::Resolve && tried.error().stage != Stage::Connect && tried.error().stage != Stage::HostKey
            && tried.error().stage != Stage::Login && tried.error().kind != FailureKind::Lost;
        if (!connected)
            m_link.reset();
        return end(Survive, connected ? RungState::Warned : RungState::Failed,
                   (connected ? "it could not be tried: " : "the second login failed: ") + tried.error().what, tried.error().advice);
    }
    switch (m_probe.survival) {
    case Survival::Lives: return end(Survive, RungState::Passed, "a detached process outlives its login");
    case Survival::InScope:
        return end(Survive, RungState::Warned, m_probe.survivalReason + "; in a scope of the user's own systemd it lives, and runs use one");
    default:
        return end(Survive, RungState::Warned, m_probe.survivalReason + ": runs work here only while somebody is attached",
                   "keep this computer connected during a run; or have the site set KillUserProcesses=no, or allow loginctl enable-linger for this user");
    }
}

void Climb::driver()
{
    const auto found = answer(Driver, [&] { return m_reach.surveyor.driver(*m_link, m_probe, m_cancelled); });
    if (!found)
        return;
    if (found->version.empty() && found->onBus > 0) {
        return end(Driver, RungState::Warned, fmt::format("{} NVIDIA {} there, but no driver is loaded: host checks only", found->onBus,
                                                          found->onBus == 1 ? "GPU is" : "GPUs are"),
                   "install or load the NVIDIA driver");
    }
    if (found->version.empty())
        return end(Driver, RungState::NotPresent, "none: host checks only");
    std::string what = fmt::format("NVIDIA driver {}, {} {}", found->version, found->devices, found->devices == 1 ? "GPU" : "GPUs");
    if (!found->trouble.empty())
        return end(Driver, RungState::Warned, what + ": " + found->trouble, "look for Xid messages in the node's kernel log; it may need a reboot");
    if (found->onBus > found->devices)
        return end(Driver, RungState::Warned, what + fmt::format(", but {} on the bus", found->onBus), "look for the missing GPU in the node's kernel log");
    end(Driver, RungState::Passed, what);
}

void Climb::clock()
{
    const auto found = answer(NodeClock, [&] { return m_reach.surveyor.clock(*m_link, m_cancelled); });
    if (!found)
        return;
    const double apart = std::abs(found->aheadSeconds);
    if (apart <= found->uncertainSeconds + 0.05)
        return end(NodeClock, RungState::Passed, "as here");
    const std::string what = fmt::format("{:.3g} s {} this computer's", apart, found->aheadSeconds > 0 ? "ahead of" : "behind");
    if (apart - found->uncertainSeconds > kClockApart)
        return end(NodeClock, RungState::Warned, what, "see that chronyd or another time service runs on both");
    end(NodeClock, RungState::Passed, what);
}

} // namespace

RungState Ladder::state() const
{
    bool warned = false;
    bool begun = false;
    bool whole = true;
    for (const auto &rung : rungs) {
        if (rung.state == RungState::Failed)
            return over ? RungState::Failed : RungState::InWork;
        warned |= rung.state == RungState::Warned;
        begun |= rung.state != RungState::NotReached;
        whole &= rung.state != RungState::NotReached;
    }
    if (!over)
        return begun ? RungState::InWork : RungState::NotReached;
    return !whole ? RungState::NotReached : warned ? RungState::Warned : RungState::Passed;
}

double Ladder::seconds() const
{
    double all = 0;
    for (const auto &rung : rungs)
        all += rung.seconds;
    return all;
}

const std::vector<std::string> &rungNames()
{
    static const std::vector<std::string> names{"resolve", "tcp", "banner", "host key", "login", "shell", "machine", "space", "folder", "survival", "driver", "clock"};
    return names;
}

std::string rungStateText(RungState state)
{
    switch (state) {
    case RungState::NotReached: return "not reached";
    case RungState::InWork: return "in work";
    case RungState::Passed: return "passed";
    case RungState::NotPresent: return "not present";
    case RungState::Warned: return "warned";
    case RungState::Failed: return "failed";
    }
    return "";
}

std::vector<Ladder> preflight(LinkFactory &links, Deployer &deployer, Questions &questions, const std::vector<domain::Node> &nodes, int fanOut,
                              const std::function<void(const Ladder &)> &told, const std::atomic<bool> &cancelled)
{
    const Reach reach{links, deployer.surveyor(), questions};
    std::vector<Ladder> all(nodes.size());
    std::mutex mutex;
    const std::function<void(const Ladder &)> one = [&](const Ladder &ladder) {
        const std::scoped_lock lock(mutex);
        told(ladder);
    };
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < nodes.size(); i = next++) {
            Climb climb(reach, nodes[i], one, cancelled);
            all[i] = climb.up();
        }
    };
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::min(nodes.size(), static_cast<std::size_t>(std::max(1, fanOut))); ++i)
        threads.emplace_back(work);
    for (auto &thread : threads)
        thread.join();
    return all;
}

} // namespace seatrial::campaign
