// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/coordinator.h"

#include "core/protocol/codec.h"
#include "core/protocol/version.h"

#include <algorithm>
#include <fmt/format.h>

namespace seatrial::campaign {

using domain::Failure;
using domain::FailureKind;
using domain::Stage;
using protocol::Severity;
using namespace std::chrono_literals;

namespace {

constexpr int kConnectTries = 2;      ///< for a node that was never reached
constexpr int kSupervisorRestarts = 3;
constexpr const char *kGivenUp = "the desktop has given this node up";
constexpr auto kBackoffMaximum = 8000ms;
/// Between the end that an engine decides on, or is told, and that of its worker: TERM, 5 s of grace, KILL.
constexpr auto kWorkerEndsWithin = 7s;

} // namespace

void Coordinator::enter(NodeRun &node, NodePhase phase)
{
    if (node.phase == phase)
        return;
    node.phase = phase;
    node.sinceWall = wallNow();
    m_dirty = true;
}

void Coordinator::connect(NodeRun &node, std::chrono::milliseconds delay)
{
    ++node.generation;
    ++node.connectTries;
    ConnectJob job;
    job.node = *node.node;
    job.generation = node.generation;
    job.token = m_info.token;
    job.fromSequence = node.lastSequence + 1;
    job.afterLoss = node.lastSequence > 0 && !node.diedInSight;
    job.open = {.protocol = protocol::kProtocolVersion,
                .run = m_info.token,
                .node = node.node->id.text(),
                .leaseSeconds = m_leaseSeconds,
                .allowBusy = !m_info.loadAllowedBy.empty(),
                .allowedBy = m_info.loadAllowedBy,
                .sudo = node.node->sudo};
    job.notBefore = Clock::now() + delay;
    if (!node.reached)
        enter(node, NodePhase::Connecting);
    m_connector.add(std::move(job));
}

void Coordinator::ready(NodeReady &event)
{
    auto &node = m_nodes.at(event.node);
    if (event.generation != node.generation || node.goodbye) {
        if (m_mode == Mode::Cancelling || node.phase == NodePhase::Failed) { // it would else work on until its lease ends
            const std::string why = m_mode == Mode::Cancelling ? m_endReason : kGivenUp;
            event.link->send(protocol::encode(protocol::Control(protocol::Cancel{{}, why})));
        }
        event.link->close();
        return;
    }
    node.link = event.link;
    const bool again = node.reached;
    node.reached = true;
    node.connectTries = 0;
    node.diedInSight = false;
    node.clockTold = false;
    node.progressDeadline = Clock::time_point::max();
    enter(node, node.orders.empty() ? NodePhase::Attached : NodePhase::Working);
    const auto upload = std::ranges::find(event.steps, "upload", &RecipeStep::name);
    const std::string engine = upload == event.steps.end() ? "engine is there already" : "engine uploaded";
    say(Severity::Info, {event.node}, again ? "attached again, the journal goes on from record " + std::to_string(node.lastSequence + 1)
                                            : fmt::format("attached; {}, in {}", engine, event.probe.base));
    if (event.probe.survival == Survival::InScope)
        say(Severity::Info, {event.node}, "works in a scope of the user's own systemd: " + event.probe.survivalReason);
    for (const auto &[step, why] : std::exchange(node.toBeEnded, {}))
        send(node, protocol::Cancel{step, why});
    if (m_mode == Mode::Cancelling)
        return send(node, protocol::Cancel{{}, m_endReason});
    orderAgain(node);
    m_schedule.join(event.node);
    if (m_mode == Mode::Finishing)
        send(node, protocol::NoMoreSteps{});
}

void Coordinator::notReady(NodeNotReady &event)
{
    auto &node = m_nodes.at(event.node);
    if (event.generation != node.generation)
        return;
    if (node.reached)
        return lost(node, event.failure);
    if (m_mode != Mode::Measuring || !domain::mayRetry(event.failure) || node.connectTries >= kConnectTries)
        return giveUp(node, std::move(event.failure));
    // The others do not wait for a node that did not answer at once.
    m_schedule.dontWaitFor(event.node);
    say(Severity::Warning, {event.node}, domain::sentence(event.failure) + " Trying once more.");
    connect(node, 2000ms);
}

void Coordinator::streamEnded(StreamEnded &event)
{
    auto &node = m_nodes.at(event.node);
    if (event.generation != node.generation || node.goodbye || node.phase == NodePhase::Failed)
        return;
    const std::string name = event.node.text();
    const bool letGo = std::exchange(node.letGo, false); // no death: it takes the run up again when it is attached
    node.diedInSight = event.exitStatus && *event.exitStatus == 3 && !letGo;
    const std::string tail = event.errorTail.empty() ? std::string() : " The node said: " + event.errorTail;
    if (!event.exitStatus && event.exitStatus.error().kind == FailureKind::Untrusted)
        return giveUp(node, event.exitStatus.error());
    if (!event.exitStatus)
        return lost(node, event.exitStatus.error());
    const int status = *event.exitStatus;
    // 4: its input or output was closed; 128 and more: the attached process was ended. The run goes on there.
    if (status == 4 || status >= 128 || (status == 5 && node.reached)) {
        return lost(node, {Stage::Run, FailureKind::Lost, fmt::format("{}: what followed its journal ended with status {}.{}", name, status, tail),
                           "following its journal", "it is attached again"});
    }
    if (status == 3 && letGo) {
        return lost(node, {Stage::Run, FailureKind::Lost, fmt::format("{}: its supervisor let the run go.{}", name, tail), "following its journal",
                           "it is attached again"});
    }
    if (status == 3 && ++node.deaths <= kSupervisorRestarts) {
        return lost(node, {Stage::Run, FailureKind::Lost, fmt::format("{}: the supervisor ended without goodbye.{}", name, tail),
                           "following its journal", "it is started again and takes up its journal"});
    }
    Failure failure{Stage::Attach, FailureKind::Broken, fmt::format("{}: the engine ended with status {}.{}", name, status, tail),
                    "attaching to its journal", "run seatrialctl clean for this node, then run again"};
    if (status == 3) {
        failure.stage = Stage::Run;
        failure.what = fmt::format("{}: the supervisor ended {} times without goodbye.{}", name, node.deaths, tail);
        failure.advice = "look at the node's memory and at who ends processes there, then run again";
    }
    node.link.reset(); // nobody hears at its other end any more
    node.lostSince = Clock::now();
    if (node.lastSequence == 0)
        node.orders.clear(); // it ended before its first word: none of them has begun
    giveUp(node, std::move(failure));
}

void Coordinator::lost(NodeRun &node, const Failure &failure)
{
    node.link.reset();
    if (m_mode == Mode::Cancelling || m_mode == Mode::Detaching)
        return giveUp(node, failure);
    const auto now = Clock::now();
    if (node.phase != NodePhase::Reconnecting) {
        node.lostSince = now;
        m_rampLosses.insert(node.node->id);
        say(Severity::Warning, {node.node->id},
            domain::sentence(failure) + (node.attachedOnly ? " Its step in work ends with it; attaching again." : " The node goes on under its lease; attaching again."));
        enter(node, NodePhase::Reconnecting);
    }
    if (failure.kind == FailureKind::Changed || now - node.lostSince > m_patience.lost || node.losses > m_patience.lossesInARow)
        return giveUp(node, failure);
    const auto backoff = std::min(250ms * (1 << std::min(node.losses, 6)), std::chrono::milliseconds(kBackoffMaximum));
    ++node.losses;
    connect(node, backoff);
}

void Coordinator::giveUp(NodeRun &node, Failure failure)
{
    // It may have died under load. What is wrong with what it says, its disk or its key is nothing of the power.
    if (!node.goodbye && (failure.kind == FailureKind::Lost || failure.kind == FailureKind::Timeout))
        m_rampLosses.insert(node.node->id);
    ++node.generation; // whatever still comes from its connections is late
    auto stillLoading = afterload(node);
    if (!node.goodbye)
        send(node, protocol::Cancel{{}, fmt::format("{}: {}", kGivenUp, domain::kindText(failure.kind))});
    if (node.link)
        node.link->close();
    node.link.reset();
    node.orders.clear();
    node.progressDeadline = Clock::time_point::max();
    enter(node, NodePhase::Failed);
    const domain::NodeFailure entry{node.node->id, failure, wallNow()};
    m_worlds.store.appendFailure(m_info.id, entry);
    m_live.add(entry);
    say(Severity::Error, {node.node->id}, domain::sentence(failure));
    node.failure = std::move(failure);
    leaveGroups(node.node->id);
    m_schedule.leave(node.node->id, std::move(stillLoading));
    dropPairsOf(node.node->id);
}

/// The engine of a node that is given up goes on with what it was ordered: until the deadlines of that, or until its
/// lease ends. It does not if it was heard to have ended, and not for long if it could be told to.
std::optional<Afterload> Coordinator::afterload(const NodeRun &node) const
{
    if (node.goodbye || node.diedInSight)
        return std::nullopt;
    double deadlines = 0;
    bool loads = false;
    const auto count = [&](const domain::PlanStep &step) {
        deadlines += step.deadlineSeconds;
        loads |= step.exclusive;
    };
    for (const auto &[key, order] : node.orders)
        count(m_info.plan.steps[order.task.step]);
    if (!node.settled) { // an earlier life may have ordered anything that has no result
        for (const auto &step : m_info.plan.steps) {
            const bool ended = std::ranges::any_of(node.ended, [&](const auto &entry) { return entry.first.step == step.id; });
            if (!ended || step.scope != domain::Scope::Node)
                count(step);
        }
    }
    if (!loads)
        return std::nullopt;
    const auto now = Clock::now();
    const auto lastContact = node.link ? now : node.reached ? node.lostSince : m_began;
    const std::chrono::duration<double> most(std::min(deadlines, m_leaseSeconds));
    const auto until = lastContact + std::chrono::ceil<std::chrono::seconds>(most) + kWorkerEndsWithin;
    if (node.link)
        return Afterload{std::min(until, now + kWorkerEndsWithin), "is given up and was told to end"};
    return Afterload{until, "cannot be reached"};
}

/// A node that does not speak as an engine does is not believed, and cannot use up what the others need.
void Coordinator::stopListening(NodeRun &node, const std::string &why)
{
    const std::string name = node.node->id.text();
    giveUp(node, {Stage::Run, FailureKind::Untrusted, fmt::format("{}: it is not listened to any more: {}.", name, why), "following its journal",
                  "look at what runs there (seatrialctl stream --node " + name + "), clean the node, then run again"});
}

void Coordinator::renew(NodeRun &node)
{
    send(node, protocol::Renew{wallNow(), std::exchange(node.aheadAtLeast, std::nullopt)});
}

void Coordinator::send(NodeRun &node, const protocol::Control &control)
{
    if (node.link)
        node.link->send(protocol::encode(control));
}

/// Now, or when the node is connected again.
void Coordinator::cancelStep(NodeRun &node, const std::string &step, const std::string &why)
{
    if (node.link)
        send(node, protocol::Cancel{step, why});
    else
        node.toBeEnded[step] = why;
}

} // namespace seatrial::campaign
