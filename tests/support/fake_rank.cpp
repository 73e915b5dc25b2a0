// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fake_fleet.h"

namespace seatrial::tests {

using namespace protocol;

namespace {

constexpr const char *kPort = "4242";
constexpr int kOperation = 2; ///< the stage of it
constexpr int kEntered = 113; ///< the iteration in which everybody waits

} // namespace

void FakeFleet::rankAt(const std::string &token, int place)
{
    const std::scoped_lock lock(m_mutex);
    ++m_ranksAt[{token, place}];
}

int FakeFleet::ranksAt(const std::string &token, int place)
{
    const std::scoped_lock lock(m_mutex);
    return m_ranksAt[{token, place}];
}

bool FakeNode::isOver(const StartStep &step)
{
    const std::scoped_lock lock(m_mutex);
    return m_stop || m_over || m_cancelled.contains(step.step) || m_killed.contains(step.step);
}

/// Whether that came before the time was over, and before the step was.
bool FakeNode::waits(const StartStep &step, double seconds, const std::function<bool()> &until)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (!until()) {
        if (isOver(step) || std::chrono::steady_clock::now() > deadline)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
    return true;
}

void FakeNode::runRank(const StartStep &step)
{
    const auto &given = step.parameters;
    const auto &token = given.at("token");
    const int size = std::stoi(given.at("size"));
    const double patience = std::stod(given.at("stage_deadline"));
    const auto never = [] { return false; };
    const auto does = behaviour.rank.times-- > 0 ? behaviour.rank.does : FakeRank::Works;
    const auto tell = [&](int stage, int iteration, const std::string &state = "running", const std::string &cause = {}) {
        Parameters said{{"token", token}, {"rank", given.at("rank")}, {"stage", std::to_string(stage)}, {"iteration", std::to_string(iteration)}, {"state", state}};
        said["name"] = stage == kOperation ? "all_reduce of 8 MiB" : "rendezvous";
        if (!cause.empty())
            said["cause"] = cause;
        say(Event{Severity::Info, "group.progress", step.step, "node", "progress", said});
    };
    // Told to end it says once more how far it was, unless it died with its supervisor.
    const auto standStill = [&](int stage, int iteration) {
        waits(step, 60, never);
        if (wasToldToEnd(step.step))
            tell(stage, iteration);
    };
    const auto together = [&](int place, int stage, int iteration) {
        m_fleet->rankAt(token, place);
        if (waits(step, patience, [&] { return m_fleet->ranksAt(token, place) == size; }))
            return true;
        if (!isOver(step))
            tell(stage, iteration, "running", "peer");
        standStill(stage, iteration);
        return false;
    };

    if (does == FakeRank::Claims)
        return;
    if (does == FakeRank::SaysNothing) {
        waits(step, 60, never);
        return;
    }
    if (given.at("role") == "root")
        say(Event{Severity::Info, "group.listening", step.step, "node", "listening", {{"port", kPort}, {"token", token}}});
    tell(0, 0);
    if (!together(0, 0, 0))
        return;
    tell(kOperation, 0);
    if (does == FakeRank::Hangs)
        return standStill(kOperation, kEntered - 1);
    if (does == FakeRank::Dies) {
        tell(kOperation, kEntered - 1, "dead by SIGKILL", "self");
        waits(step, 60, never);
        return;
    }
    if (does == FakeRank::Stands || does == FakeRank::Alarms)
        tell(kOperation, kEntered, "running", "peer");
    if (does == FakeRank::Stands)
        return standStill(kOperation, kEntered);
    if (waits(step, behaviour.rank.seconds, never))
        return;
    together(1, kOperation, kEntered);
}

} // namespace seatrial::tests
