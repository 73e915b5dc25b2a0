// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/coordinator.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace seatrial::campaign {

using domain::NodeId;
using domain::StepKey;
using protocol::Severity;
using protocol::StepStatus;

namespace {

constexpr int kGroupAttempts = 4; ///< of one number
constexpr int kSecondLooks = 2;   ///< of one node in one step; one that is named again gets none after the first

/// The plan's own parameter: how long a rank may stand still before it says so.
std::chrono::milliseconds stageDeadline(const domain::PlanStep &step)
{
    double seconds = 20;
    if (const auto given = step.parameters.find("stage_deadline"); given != step.parameters.end())
        std::from_chars(given->second.data(), given->second.data() + given->second.size(), seconds);
    return std::chrono::milliseconds(static_cast<long>(1000 * std::clamp(seconds, 0.1, 3600.0)));
}

bool hasResult(StepStatus status)
{
    return status == StepStatus::Completed || status == StepStatus::Failed;
}

} // namespace

/// From an earlier life of the run: who has a result is not asked again, the others are drawn into new groups.
void Coordinator::takeUpGroup(NodeRun &node, int step, const StepKey &key, StepStatus status)
{
    const NodeId &id = node.node->id;
    m_schedule.noteGroup(step, key.group);
    if (!hasResult(status) && status != StepStatus::Waived)
        return;
    node.steps[step] = hasResult(status) ? StepState::Done : StepState::Waived;
    m_schedule.markDone({step, id, {}, key.attempt, false, key.group, {id}});
    if (hasResult(status))
        m_groupResults[step].try_emplace(id, 0);
}

/// Rank 0 first: the others are ordered when it listens.
void Coordinator::orderGroup(const Task &task)
{
    const auto &step = m_info.plan.steps[task.step];
    const GroupPatience patience{stageDeadline(step), m_patience.words, m_patience.rankEnds};
    const std::pair number{task.step, task.group};
    m_groups.erase(number);
    const auto group = m_groups.try_emplace(number, task, StepKey{step.id, {}, false, task.group, task.attempt}, randomToken(), patience).first;
    orderRank(group->second, 0);
}

void Coordinator::orderRank(GroupRun &group, std::size_t rank)
{
    const NodeId &id = group.nodeOf(rank);
    auto parameters = m_info.plan.steps[group.task().step].parameters;
    parameters["role"] = rank == 0 ? "root" : "member";
    parameters["rank"] = std::to_string(rank);
    parameters["size"] = std::to_string(group.size());
    parameters["token"] = group.token();
    parameters["self"] = id.text();
    if (rank > 0) {
        parameters["root"] = m_nodes.at(group.root()).node->address;
        parameters["port"] = group.port();
    }
    group.ordered(id, Clock::now());
    order(m_nodes.at(id), alone(group.task(), id), group.key(), std::move(parameters));
}

/// The group in which this step of the node is, unless the others went on without it.
GroupRun *Coordinator::groupOf(const NodeId &node, const StepKey &key)
{
    const auto group = m_groups.find({stepIndex(key.step), key.group});
    const bool its = group != m_groups.end() && group->second.key() == key && group->second.has(node);
    return its ? &group->second : nullptr;
}

void Coordinator::rankBegan(NodeRun &node, const StepKey &key)
{
    if (!node.orders.contains(key))
        cancelStep(node, key.text(), "the desktop that ordered it is gone");
}

void Coordinator::groupListening(NodeRun &node, const protocol::Event &event)
{
    const auto key = StepKey::fromText(event.step);
    if (!key || key->group == 0)
        return;
    GroupRun *group = groupOf(node.node->id, *key);
    if (!group && !node.orders.contains(*key))
        return cancelStep(node, event.step, "nobody measures with it");
    if (!group || !group->listens(node.node->id, event))
        return;
    for (std::size_t rank = 1; rank < group->size(); ++rank) {
        if (group->has(group->nodeOf(rank)))
            orderRank(*group, rank);
    }
}

void Coordinator::groupProgress(const NodeRun &node, const protocol::Event &event)
{
    const auto key = StepKey::fromText(event.step);
    if (GroupRun *group = key ? groupOf(node.node->id, *key) : nullptr)
        group->spoke(node.node->id, event, Clock::now());
}

void Coordinator::rankFinished(NodeRun &node, const StepKey &key, const Order &order, const protocol::StepFinished &step)
{
    using By = GroupRun::EndedBy;
    GroupRun *group = groupOf(node.node->id, key);
    if (step.status == StepStatus::Completed)
        m_pace.ended(order.task.step, step.seconds);
    if (m_groupResults[order.task.step].contains(node.node->id)) // it only helped another one to its own
        node.steps[order.task.step] = StepState::Done;
    if (!group)
        return m_schedule.finished(order.task);
    if (!group->aborted())
        sayEnd(node, key, step);
    const bool interrupted = step.status == StepStatus::Abandoned && node.interrupted;
    group->ended(node.node->id, step, order.endedByPerson ? By::Person : interrupted ? By::Interruption : By::Itself, Clock::now());
}

void Coordinator::watchGroups()
{
    if (m_mode != Mode::Measuring)
        return;
    const auto now = Clock::now();
    for (auto it = m_groups.begin(); it != m_groups.end();) {
        if (it->second.wantsAbort(now))
            abortGroup(it->second);
        if (!it->second.over(now)) {
            ++it;
            continue;
        }
        const auto ended = m_groups.extract(it++);
        groupOver(ended.mapped());
    }
    offerSecondLooks();
}

void Coordinator::abortGroup(GroupRun &group)
{
    for (const auto &id : group.task().members) {
        if (!m_nodes.at(id).link)
            group.unreachable(id);
    }
    group.abort(Clock::now());
    const std::string why = group.reason();
    for (const auto &id : group.stragglers()) {
        auto &node = m_nodes.at(id);
        if (const auto order = node.orders.find(group.key()); order != node.orders.end())
            order->second.recalled = true;
        cancelStep(node, group.key().text(), why);
    }
}

void Coordinator::groupOver(const GroupRun &group)
{
    const int step = group.task().step;
    auto &tries = m_groupTries[{step, group.task().group}];
    const bool forgiven = !group.interrupted() || ++tries.interrupted <= kInterruptions;
    const GroupOutcome outcome = group.outcome(forgiven);
    for (const auto &id : outcome.measured)
        m_groupResults[step].try_emplace(id, 0);

    // Whoever has not ended keeps what it holds until it does.
    Task task = group.task();
    for (const auto &id : group.stragglers())
        task = m_schedule.takeOut(task, id);
    const bool enough = outcome.counts && ++tries.ended >= kGroupAttempts;
    const bool again = !outcome.again.empty() && !enough;
    if (again && !outcome.split)
        m_schedule.measureAgain(task, outcome.again);
    else if (!group.works(task.node))
        m_schedule.finished(task);
    if (again && outcome.split) {
        for (auto &half : groupsOf(outcome.again, static_cast<int>(outcome.again.size() + 1) / 2))
            m_schedule.addGroup(step, std::move(half));
    }
    m_stepsDone += !again || outcome.split;
    if (outcome.why.empty())
        return;

    const char *next = !again ? (outcome.again.empty() ? "" : "; they stay without a result") : outcome.split ? "; measured again in halves" : "; measured again";
    say(outcome.counts ? Severity::Warning : Severity::Info, outcome.late ? std::vector{outcome.late->node} : group.task().members,
        fmt::format("{}, group {}: {}{}", m_info.plan.steps[step].title, group.task().group, outcome.why, next));
    if (again) {
        for (const auto &id : outcome.again)
            m_nodes.at(id).steps[step] = StepState::Ahead;
    }
    for (const auto &id : outcome.apart) {
        const bool namedAgain = outcome.late && outcome.late->node == id && m_looksGiven[{step, id}] > 0;
        if (!namedAgain)
            lookAgain(step, id);
    }
}

/// The node is gone: running groups are ended, and go on without it.
void Coordinator::leaveGroups(const NodeId &node)
{
    for (auto &[number, group] : m_groups) {
        if (!group.has(node))
            continue;
        group.gone(node, Clock::now());
        group.setTask(without(group.task(), node));
    }
    std::erase_if(m_secondLooks, [&](const SecondLook &look) { return look.node == node; });
    for (const auto &task : m_schedule.openGroupsOf(node)) {
        if (task.members.size() == 2)
            lookAgain(task.step, task.members.front() == node ? task.members.back() : task.members.front());
    }
}

void Coordinator::lookAgain(int step, const NodeId &node)
{
    const SecondLook look{step, node};
    const bool measured = m_groupResults[step].contains(node);
    if (measured || m_looksGiven[{step, node}] >= kSecondLooks || std::ranges::find(m_secondLooks, look) != m_secondLooks.end())
        return;
    m_secondLooks.push_back(look);
}

/// As soon as somebody has a result of the step: what then stands still again is the node itself.
void Coordinator::offerSecondLooks()
{
    for (auto it = m_secondLooks.begin(); it != m_secondLooks.end();) {
        const auto &[step, id] = *it;
        const std::string &title = m_info.plan.steps[step].title;
        auto &node = m_nodes.at(id);
        const bool away = node.phase == NodePhase::Reconnecting; // it comes back, or is given up
        const auto partner = away ? std::nullopt : partnerFor(*it);
        if (partner) {
            ++m_looksGiven[{step, id}];
            ++m_groupResults[step][*partner];
            m_schedule.addGroup(step, {*partner, id});
            node.steps[step] = StepState::Ahead;
            say(Severity::Info, {id}, fmt::format("{} is measured once more, {} together with {}", title, id.text(), partner->text()));
        } else if (away || m_schedule.expectsGroups(step)) {
            ++it;
            continue;
        } else {
            say(Severity::Warning, {id}, fmt::format("{}: {} is not measured again, because nobody has a result whom it could be measured with", title, id.text()));
        }
        it = m_secondLooks.erase(it);
    }
}

/// Who has a result and helped least often.
std::optional<NodeId> Coordinator::partnerFor(const SecondLook &look) const
{
    const auto results = m_groupResults.find(look.step);
    if (results == m_groupResults.end())
        return std::nullopt;
    std::optional<NodeId> best;
    int least = 0;
    for (const auto &[id, helped] : results->second) {
        const auto phase = m_nodes.at(id).phase;
        const bool there = phase == NodePhase::Attached || phase == NodePhase::Working;
        if (!there || id == look.node || (best && helped >= least))
            continue;
        best = id;
        least = helped;
    }
    return best;
}

} // namespace seatrial::campaign
