// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/coordinator.h"

#include <algorithm>
#include <fmt/format.h>
#include <random>

namespace seatrial::campaign {

using domain::NodeId;
using domain::StepKey;
using protocol::StepStatus;

namespace {

constexpr int kPairTries = 3;
/// A server that was measured against ends by itself; if it does not, it is ended.
constexpr std::chrono::seconds kServeEndsWithin{5};

} // namespace

std::string randomToken()
{
    std::random_device random;
    return fmt::format("{:08x}{:08x}", random(), random());
}

/// Whether the engines have ended the very pair that would be ordered, in an earlier life of the run or while nobody was
/// attached. They would never answer: the result counts, or the pair gets another number.
bool Coordinator::measuredBefore(const Task &task)
{
    const auto &step = m_info.plan.steps[task.step];
    const auto &ended = m_nodes.at(task.node).ended;
    const auto measured = ended.find({step.id, task.peer, false, 0, task.attempt});
    const bool served = m_nodes.at(task.peer).ended.contains({step.id, task.node, true, 0, task.attempt});
    if (measured == ended.end() && !served)
        return false;
    if (measured != ended.end() && measured->second == StepStatus::Completed) {
        m_schedule.finished(task);
        m_stepsDone += !task.retest;
    } else {
        m_schedule.putBack(task, nextAttempt(task.step, task.node, task.peer));
    }
    return true;
}

void Coordinator::orderPair(const Task &task)
{
    const auto &step = m_info.plan.steps[task.step];
    auto &server = m_nodes.at(task.peer);
    PairRun pair{.task = task, .serveKey = {step.id, task.node, true, 0, task.attempt}, .measureKey = {step.id, task.peer, false, 0, task.attempt}};
    auto parameters = step.parameters;
    parameters["role"] = "serve";
    parameters["sessions"] = "1";
    parameters["concurrent"] = "yes";
    parameters["token"] = randomToken();
    order(server, task, pair.serveKey, std::move(parameters));
    m_pairs.push_back(std::move(pair));
}

void Coordinator::listening(NodeRun &node, const protocol::Event &event)
{
    const auto key = StepKey::fromText(event.step);
    if (!key)
        return;
    const auto pair = std::ranges::find_if(m_pairs, [&](const PairRun &run) { return run.task.peer == node.node->id && run.serveKey == *key; });
    if (pair == m_pairs.end())
        return cancelStep(node, event.step, "nobody measures against it");
    if (pair->measureOrdered || !event.parameters.contains("port") || !event.parameters.contains("token"))
        return;
    auto parameters = m_info.plan.steps[pair->task.step].parameters;
    parameters["role"] = "measure";
    parameters["peer"] = node.node->address;
    parameters["port"] = event.parameters.at("port");
    parameters["token"] = event.parameters.at("token");
    parameters["self"] = pair->task.node.text();
    parameters["peer_name"] = pair->task.peer.text();
    pair->measureOrdered = true;
    order(m_nodes.at(pair->task.node), pair->task, pair->measureKey, std::move(parameters));
}

Coordinator::Tries &Coordinator::triesOf(const Task &pair)
{
    return m_pairTries[{pair.step, pair.node, pair.peer}];
}

void Coordinator::pairFinished(const NodeRun &node, const StepKey &key, const Order &order, const protocol::StepFinished &step)
{
    const auto pair = std::ranges::find_if(m_pairs, [&](const PairRun &run) {
        return run.task == order.task && (key.serving ? run.serveKey == key : run.measureKey == key);
    });
    if (pair == m_pairs.end())
        return;
    if (key.serving) {
        pair->serveEnded = true;
    } else {
        pair->measureEnded = true;
        pair->measured = step.status == StepStatus::Completed;
        if (pair->measured)
            m_pace.ended(order.task.step, step.seconds);
        pair->endServeAt = Clock::now() + (pair->measured ? kServeEndsWithin : std::chrono::seconds(0));
    }
    pair->refused |= step.status == StepStatus::Waived;
    pair->interrupted |= step.status == StepStatus::Abandoned && node.interrupted;
    if (!pair->serveEnded || (pair->measureOrdered && !pair->measureEnded))
        return;
    const PairRun ended = *pair;
    m_pairs.erase(pair);
    auto &tries = triesOf(ended.task);
    const bool interrupted = ended.interrupted && !ended.measured;
    const bool mayAgain = (interrupted && ++tries.interrupted <= kInterruptions) || ++tries.ended < kPairTries;
    if (!ended.measured && !ended.refused && m_mode == Mode::Measuring && mayAgain) {
        const int next = nextAttempt(ended.task.step, ended.task.node, ended.task.peer);
        return m_schedule.putBack(ended.task, std::max(ended.task.attempt + 1, next));
    }
    m_schedule.finished(ended.task);
    m_stepsDone += !ended.task.retest;
}

void Coordinator::dropPairsOf(const NodeId &id)
{
    for (auto it = m_pairs.begin(); it != m_pairs.end();) {
        if (!it->task.involves(id)) {
            ++it;
            continue;
        }
        const NodeId other = it->task.node == id ? it->task.peer : it->task.node;
        const StepKey key = it->task.node == id ? it->serveKey : it->measureKey;
        auto &node = m_nodes.at(other);
        if (node.orders.erase(key) > 0) {
            cancelStep(node, key.text(), "its partner " + id.text() + " is gone");
            renewProgress(node);
            if (node.orders.empty() && node.phase == NodePhase::Working)
                enter(node, NodePhase::Attached);
        }
        it = m_pairs.erase(it);
    }
}

void Coordinator::endIdleServes()
{
    for (auto &pair : m_pairs) {
        if (pair.serveEnded || Clock::now() < pair.endServeAt)
            continue;
        cancelStep(m_nodes.at(pair.task.peer), pair.serveKey.text(), "its partner has ended");
        pair.endServeAt = Clock::time_point::max();
    }
}

} // namespace seatrial::campaign
