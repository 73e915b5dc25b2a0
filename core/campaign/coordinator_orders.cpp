// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/coordinator.h"

#include <algorithm>
#include <fmt/format.h>

namespace seatrial::campaign {

using domain::Failure;
using domain::FailureKind;
using domain::NodeId;
using domain::Stage;
using domain::StepKey;
using protocol::Severity;
using protocol::StepStatus;

namespace {

std::chrono::milliseconds milliseconds(double seconds)
{
    return std::chrono::milliseconds(static_cast<long>(seconds * 1000));
}

} // namespace

int Coordinator::stepIndex(const domain::StepId &id) const
{
    const auto it = std::ranges::find(m_info.plan.steps, id, &domain::PlanStep::id);
    return it == m_info.plan.steps.end() ? -1 : static_cast<int>(it - m_info.plan.steps.begin());
}

int Coordinator::nextAttempt(int step, const NodeId &node, const NodeId &peer) const
{
    int attempt = 0;
    const auto look = [&](const NodeId &at, const NodeId &other, bool serving) {
        for (const auto &[key, status] : m_nodes.at(at).ended) {
            if (key.step == m_info.plan.steps[step].id && key.peer == other && key.serving == serving)
                attempt = std::max(attempt, key.attempt);
        }
    };
    look(node, peer, false);
    if (!peer.empty())
        look(peer, node, true);
    return attempt + 1;
}

/// After a resume nodes may still work off what was ordered in the earlier life, on resources that they share with
/// others: nothing new begins before each has said that it is idle, or is gone.
bool Coordinator::settled() const
{
    return std::ranges::all_of(m_nodes, [](const auto &entry) {
        const auto &node = entry.second;
        return node.settled || node.phase == NodePhase::Done || node.phase == NodePhase::Failed;
    });
}

void Coordinator::startWhatMay()
{
    if (m_mode != Mode::Measuring || m_pause || !settled())
        return;
    for (const auto &task : m_schedule.startable()) {
        if (task.group > 0)
            orderGroup(task);
        else if (task.peer.empty())
            orderNodeTask(task);
        else if (!measuredBefore(task))
            orderPair(task);
    }
}

void Coordinator::order(NodeRun &node, const Task &task, const StepKey &key, protocol::Parameters parameters)
{
    const auto &step = m_info.plan.steps[task.step];
    const protocol::StartStep words{key.text(), step.check.text(), std::move(parameters), step.deadlineSeconds};
    const bool idle = node.orders.empty();
    node.orders[key] = {task, words};
    if (idle)
        renewProgress(node);
    send(node, words);
    m_dirty = true;
}

void Coordinator::orderNodeTask(const Task &task)
{
    const auto &step = m_info.plan.steps[task.step];
    order(m_nodes.at(task.node), task, {step.id, {}, false, 0, task.attempt}, step.parameters);
}

void Coordinator::orderAgain(NodeRun &node)
{
    std::vector<const Order *> orders;
    for (const auto &[key, order] : node.orders)
        orders.push_back(&order);
    std::ranges::stable_sort(orders, {}, [](const Order *order) { return order->task.step; }); // as they were ordered at first
    for (const auto *order : orders)
        send(node, order->words);
    for (const auto *order : orders) {
        if (order->recalled)
            send(node, protocol::Cancel{order->words.step, "it was taken back"});
    }
    renewProgress(node);
}

/// The steps that follow on a node were ordered together: those that have not begun are taken back. The engine answers
/// each as abandoned, and it is ordered again when its turn comes. A pair or a group that has begun is left to end.
void Coordinator::recall(NodeRun &node, const std::string &why)
{
    for (auto &[key, order] : node.orders) {
        if (order.task.isJoint() || key.text() == node.stepInWork)
            continue;
        order.recalled = true;
        send(node, protocol::Cancel{key.text(), why});
    }
}

void Coordinator::renewProgress(NodeRun &node)
{
    if (node.orders.empty()) {
        node.progressDeadline = Clock::time_point::max();
        node.stuckAt = Clock::time_point::max();
        return;
    }
    double deadline = 0;
    double expected = 0;
    for (const auto &[key, order] : node.orders) {
        if (!node.stepInWork.empty() && key.text() != node.stepInWork)
            continue;
        deadline = std::max(deadline, order.words.deadlineSeconds);
        expected = std::max(expected, m_pace.stepSeconds(order.task.step));
    }
    node.progressDeadline = Clock::now() + milliseconds(deadline) + m_patience.beyondDeadline;
    node.stuckAt = Clock::now() + milliseconds(expected + 0.6 * (std::max(deadline, expected) - expected));
}

void Coordinator::lines(LinesArrived &event)
{
    const auto it = m_nodes.find(event.node);
    if (it == m_nodes.end() || event.generation != it->second.generation)
        return;
    auto &node = it->second;
    std::vector<protocol::StreamLine> fresh;
    fresh.reserve(event.lines.size());
    const double now = wallNow();
    for (auto &line : event.lines) {
        if (node.goodbye) // whatever speaks now, it is not the run
            break;
        if (const auto *newer = std::get_if<protocol::TooNew>(&line.content)) {
            giveUp(node, {Stage::Attach, FailureKind::Unsupported,
                          fmt::format("{}: its engine {} speaks protocol {}, which is newer than this program.", event.node.text(),
                                      newer->engineVersion, newer->protocol),
                          "reading its journal", "update this program, or clean the node and run again"});
            break;
        }
        if (const auto excess = node.allowance.take(line)) {
            stopListening(node, *excess + ", which no engine does");
            break;
        }
        if (const auto *parsed = std::get_if<protocol::Record>(&line.content)) {
            // Each connection asks for what comes after the last record, and a journal only grows.
            if (parsed->stamp.sequence <= node.lastSequence) {
                stopListening(node, fmt::format("it sent record {} after record {}: its journal was rewritten, or something else speaks in its place",
                                                parsed->stamp.sequence, node.lastSequence));
                break;
            }
            node.lastSequence = parsed->stamp.sequence;
            const double ahead = parsed->stamp.wallSeconds - now;
            node.aheadAtLeast = std::max(ahead, node.aheadAtLeast.value_or(ahead));
            const int generation = node.generation;
            record(node, *parsed);
            if (node.generation != generation) { // given up by what it said
                fresh.push_back(std::move(line));
                break;
            }
        } else if (++node.malformed == 1) {
            const auto &bad = std::get<protocol::Malformed>(line.content);
            if (node.lastSequence == 0) { // not even its first words: waiting would not make them better
                giveUp(node, {Stage::Attach, FailureKind::Unsupported,
                              fmt::format("{}: what its engine says does not begin as a journal does: {}.", event.node.text(), bad.reason),
                              "reading its journal", "run seatrialctl clean for this node, then run again"});
                break;
            }
            say(Severity::Warning, {event.node}, "a line of its journal could not be read: " + bad.reason);
        }
        fresh.push_back(std::move(line));
    }
    // Once at the beginning, so that short runs know of the clocks as well.
    if (node.aheadAtLeast && node.link && !std::exchange(node.clockTold, true))
        renew(node);
    if (!fresh.empty())
        m_worlds.store.append(m_info.id, event.node, std::move(fresh));
}

void Coordinator::record(NodeRun &node, const protocol::Record &record)
{
    m_live.add(node.node->id, record);
    m_dirty = true;
    if (const auto *step = std::get_if<protocol::StepStarted>(&record.body)) {
        started(node, *step);
    } else if (const auto *result = std::get_if<protocol::StepFinished>(&record.body)) {
        finished(node, *result);
    } else if (const auto *event = std::get_if<protocol::Event>(&record.body)) {
        if (event->code == "net.listening")
            return listening(node, *event);
        if (event->code == "group.listening")
            return groupListening(node, *event);
        if (event->code == "group.progress")
            return groupProgress(node, *event);
        node.interrupted |= event->code == "supervisor.restarted" || event->code == "supervisor.let_go";
        if (event->code.starts_with("supervisor."))
            node.letGo = event->code == "supervisor.let_go";
        if (event->code.starts_with("supervisor."))
            node.attachedOnly = event->code == "supervisor.attached" || (node.attachedOnly && event->code == "supervisor.let_go");
        if (event->severity != Severity::Info && node.allowance.maySay()) {
            say(event->severity, {node.node->id}, event->text);
            sayIfLast(node);
        }
    } else if (std::holds_alternative<protocol::Hello>(record.body)) {
        node.attachedOnly = false; // a new journal: what was said in one before is gone
    } else if (const auto *heartbeat = std::get_if<protocol::Heartbeat>(&record.body)) {
        node.settled |= heartbeat->step.empty();
    } else if (const auto *goodbye = std::get_if<protocol::Goodbye>(&record.body)) {
        node.goodbye = true;
        node.stepInWork.clear();
        if (goodbye->outcome == protocol::Outcome::Finished || m_mode == Mode::Cancelling) {
            if (node.link)
                node.link->close();
            node.orders.clear();
            renewProgress(node);
            leaveGroups(node.node->id);
            m_schedule.leave(node.node->id);
            dropPairsOf(node.node->id);
            return enter(node, NodePhase::Done);
        }
        giveUp(node, {Stage::Run, goodbye->outcome == protocol::Outcome::Cancelled ? FailureKind::Cancelled : FailureKind::Lost,
                      fmt::format("{}: the run ended there: {}.", node.node->id.text(),
                                  goodbye->reason.empty() ? std::string(protocol::outcomeText(goodbye->outcome)) : goodbye->reason),
                      "following its journal", "run again"});
    }
}

void Coordinator::started(NodeRun &node, const protocol::StepStarted &step)
{
    const auto key = StepKey::fromText(step.step);
    const int index = key ? stepIndex(key->step) : -1;
    // Only what was ordered moves, and only once: a node that says the same again and again gets no more time for it.
    const bool moves = key && node.orders.contains(*key) && node.begun.insert(*key).second;
    node.interrupted = false;
    node.stepInWork = step.step;
    if (index >= 0 && node.steps[index] != StepState::Missed)
        node.steps[index] = StepState::InWork;
    m_loadSeen |= index >= 0 && m_info.plan.steps[index].exclusive;
    enter(node, NodePhase::Working);
    if (key && key->group > 0)
        rankBegan(node, *key);
    if (!moves)
        return;
    node.losses = 0;
    node.sinceWall = wallNow();
    renewProgress(node);
}

void Coordinator::finished(NodeRun &node, const protocol::StepFinished &step)
{
    node.stepInWork.clear();
    const auto key = StepKey::fromText(step.step);
    if (!key)
        return;
    node.ended[*key] = step.status;
    const int index = stepIndex(key->step);
    if (index >= 0) {
        node.steps[index] = step.status == StepStatus::Completed ? StepState::Done
            : step.status == StepStatus::Waived                 ? StepState::Waived
                                                                : StepState::Missed;
    }
    const auto found = node.orders.find(*key);
    if (found == node.orders.end()) {
        endedUnordered(node, *key, step.status);
        return sayEnd(node, *key, step);
    }
    node.losses = 0;
    const Order order = std::move(found->second);
    node.orders.erase(found);
    renewProgress(node);
    if (node.orders.empty())
        enter(node, NodePhase::Attached);
    if (key->group > 0)
        return rankFinished(node, *key, order, step);
    const bool abandoned = step.status == StepStatus::Abandoned && m_mode == Mode::Measuring;
    const auto putBack = [&] {
        node.steps[order.task.step] = StepState::Ahead;
        m_schedule.putBack(order.task, nextAttempt(order.task.step, order.task.node, {}));
    };
    if (abandoned && order.recalled)
        return putBack();
    sayEnd(node, *key, step);
    if (!key->peer.empty())
        return pairFinished(node, *key, order, step);
    // It ended with its supervisor: that says nothing of the node. What was ordered behind it waits for it.
    if (abandoned && node.interrupted && !order.endedByPerson && ++node.interruptions[order.task.step] <= kInterruptions) {
        putBack();
        return recall(node, "a step before it is measured again");
    }
    m_pace.ended(order.task.step, step.seconds);
    m_schedule.finished(order.task);
    m_stepsDone += !order.task.retest;
}

/// In an earlier life of the run it was ordered: its result counts, or it gets another number.
void Coordinator::endedUnordered(NodeRun &node, const StepKey &key, StepStatus status)
{
    const int index = stepIndex(key.step);
    if (index < 0 || !key.peer.empty())
        return;
    if (key.group > 0)
        return takeUpGroup(node, index, key, status);
    const Task task{index, node.node->id, {}, key.attempt};
    if (status == StepStatus::Abandoned)
        m_schedule.markAbandoned(task, nextAttempt(index, task.node, {}));
    else if (m_schedule.markDone(task))
        ++m_stepsDone;
}

void Coordinator::sayEnd(NodeRun &node, const StepKey &key, const protocol::StepFinished &step)
{
    const bool asWished = step.status == StepStatus::Completed || (key.serving && step.status == StepStatus::Abandoned);
    if (m_mode != Mode::Measuring || asWished || !node.allowance.maySay())
        return;
    const int index = stepIndex(key.step);
    const std::string title = index >= 0 ? m_info.plan.steps[index].title : step.check;
    say(step.status == StepStatus::Waived ? Severity::Info : Severity::Warning, {node.node->id},
        fmt::format("{} {}: {}", title, protocol::statusText(step.status), step.reason));
    sayIfLast(node);
}

void Coordinator::sayIfLast(const NodeRun &node)
{
    if (node.allowance.saysLast())
        say(Severity::Warning, {node.node->id}, "it has many events; further ones are in its stream only");
}

/// A person has seen enough of a step. What is abandoned so is not measured again: it would take as long once more.
void Coordinator::endStep(const StepEndAsked &asked)
{
    for (const auto &id : asked.nodes) {
        const auto it = m_nodes.find(id);
        if (it == m_nodes.end() || it->second.stepInWork.empty() || !it->second.link)
            continue;
        const std::string step = it->second.stepInWork;
        for (auto &[key, order] : it->second.orders) {
            if (key.text() != step)
                continue;
            order.endedByPerson = true;
            it->second.endedByPerson.insert(order.task.step);
        }
        for (auto &pair : m_pairs) {
            const bool serves = pair.task.peer == id && pair.serveKey.text() == step;
            pair.refused |= serves || (pair.task.node == id && pair.measureKey.text() == step);
        }
        send(it->second, protocol::Cancel{step, "ended by " + asked.by});
        say(Severity::Warning, {id}, fmt::format("{}: its step {} is being ended by {}", id.text(), step, asked.by));
    }
}

std::vector<Task> Coordinator::remaining() const
{
    auto tasks = m_schedule.open();
    const auto &running = m_schedule.runningTasks();
    tasks.insert(tasks.end(), running.begin(), running.end());
    if (m_schedule.undrawnStep() == static_cast<int>(m_info.plan.steps.size()))
        return tasks;
    std::vector<NodeId> present;
    for (const auto &id : m_info.nodes) {
        if (m_nodes.at(id).phase != NodePhase::Failed)
            present.push_back(id);
    }
    for (int step = m_schedule.undrawnStep(); step < static_cast<int>(m_info.plan.steps.size()); ++step) {
        const auto &planned = m_info.plan.steps[step];
        if (planned.scope == domain::Scope::Node)
            continue;
        if (planned.scope == domain::Scope::Group) {
            for (auto &members : groupsOf(present, planned.groupSize))
                tasks.push_back({step, members.front(), {}, 1, false, 1, members});
            continue;
        }
        for (const auto &round : pairRounds(present, planned.partners)) {
            for (const auto &[a, b] : round)
                tasks.push_back({step, a, b, 1});
        }
    }
    return tasks;
}

std::string Coordinator::doing(const NodeRun &node) const
{
    switch (node.phase) {
    case NodePhase::Waiting: return "waits for its turn";
    case NodePhase::Connecting: return "connecting";
    case NodePhase::Reconnecting: return node.attachedOnly ? "connection lost, and its step with it" : "connection lost, the node goes on";
    case NodePhase::Done: return "done";
    case NodePhase::Failed: return node.failure ? domain::stageText(node.failure->stage) + ": " + domain::kindText(node.failure->kind) : "failed";
    case NodePhase::Attached:
    case NodePhase::Working: break;
    }
    const auto key = StepKey::fromText(node.stepInWork);
    const int index = key ? stepIndex(key->step) : -1;
    if (index < 0 && m_pause && m_mode == Mode::Measuring && node.orders.empty())
        return "paused";
    if (index < 0) {
        const std::string resource = m_schedule.waitsFor(node.node->id);
        if (!resource.empty())
            return "waits for " + resource;
        return m_mode == Mode::Finishing ? "finishing" : m_schedule.runningTasks().empty() ? "idle" : "waits for its turn";
    }
    std::string text = m_info.plan.steps[index].title;
    if (!key->peer.empty())
        text += " with " + key->peer.text();
    if (key->group > 0)
        text += fmt::format(", group {}", key->group);
    if (key->attempt > 1)
        text += fmt::format(", attempt {}", key->attempt);
    return text;
}

} // namespace seatrial::campaign
