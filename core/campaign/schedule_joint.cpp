// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/schedule.h"

#include <algorithm>
#include <functional>
#include <iterator>

namespace seatrial::campaign {

using domain::NodeId;
using domain::Scope;

std::vector<NodeId> Task::nodes() const
{
    if (!members.empty())
        return members;
    return peer.empty() ? std::vector{node} : std::vector{node, peer};
}

bool Task::involves(const NodeId &id) const
{
    return node == id || (!peer.empty() && peer == id) || std::ranges::find(members, id) != members.end();
}

std::vector<std::vector<std::pair<NodeId, NodeId>>> pairRounds(std::vector<NodeId> nodes, int partners)
{
    std::vector<std::vector<std::pair<NodeId, NodeId>>> rounds;
    if (nodes.size() < 2 || partners < 1)
        return rounds;
    const bool odd = nodes.size() % 2 != 0;
    if (odd)
        nodes.emplace_back(); // whoever meets the empty seat rests in that round
    const std::size_t n = nodes.size();
    // With an odd number each node rests once in n rounds, so one more round is needed to meet as many.
    const std::size_t wanted = std::min<std::size_t>(partners + (odd ? 1 : 0), n - 1);
    for (std::size_t round = 0; round < wanted; ++round) {
        auto &pairs = rounds.emplace_back();
        for (std::size_t i = 0; i < n / 2; ++i) {
            const NodeId &a = nodes[i];
            const NodeId &b = nodes[n - 1 - i];
            if (a.empty() || b.empty())
                continue;
            // Who measures alternates, so that no node always listens.
            if ((round + i) % 2 == 0)
                pairs.emplace_back(a, b);
            else
                pairs.emplace_back(b, a);
        }
        std::rotate(nodes.begin() + 1, nodes.end() - 1, nodes.end());
    }
    return rounds;
}

std::vector<std::vector<NodeId>> groupsOf(const std::vector<NodeId> &nodes, int size)
{
    std::vector<std::vector<NodeId>> groups;
    const std::size_t n = nodes.size();
    if (n < 2)
        return groups;
    const std::size_t most = size < 2 ? n : static_cast<std::size_t>(size);
    const std::size_t count = (n + most - 1) / most;
    auto from = nodes.begin();
    for (std::size_t i = 0; i < count; ++i) {
        const auto end = from + static_cast<std::ptrdiff_t>(n / count + (i < n % count ? 1 : 0));
        groups.emplace_back(end - from == 1 ? from - 1 : from, end);
        from = end;
    }
    return groups;
}

Task without(Task group, const NodeId &member)
{
    std::erase(group.members, member);
    group.node = group.members.empty() ? NodeId() : group.members.front();
    return group;
}

Task alone(Task group, const NodeId &member)
{
    group.node = member;
    group.members = {member};
    return group;
}

int Schedule::undrawnStep() const
{
    for (int step = 0; step < static_cast<int>(m_plan.steps.size()); ++step) {
        if (m_plan.steps[step].scope != Scope::Node && !m_drawn.contains(step))
            return step;
    }
    return static_cast<int>(m_plan.steps.size());
}

bool Schedule::met(int step, const NodeId &a, const NodeId &b) const
{
    const auto both = [&](const Task &task) { return task.step == step && task.involves(a) && task.involves(b); };
    return std::ranges::any_of(m_donePairs, both);
}

void Schedule::owe(const Task &task)
{
    m_joint.push_back(task);
    for (const auto &node : task.nodes())
        m_nodes.at(node).owed.insert(task.step);
}

void Schedule::forget(const Task &task)
{
    for (const auto &node : task.nodes()) {
        auto &steps = m_nodes.at(node).owed;
        if (const auto owed = steps.find(task.step); owed != steps.end())
            steps.erase(owed);
    }
}

void Schedule::addPair(int step, const NodeId &a, const NodeId &b)
{
    if (!met(step, a, b))
        owe({step, a, b, 1});
}

void Schedule::addGroup(int step, std::vector<NodeId> members)
{
    Task group;
    group.step = step;
    group.node = members.front();
    group.group = ++m_lastGroup[step];
    group.members = std::move(members);
    owe(group);
}

void Schedule::noteGroup(int step, int number)
{
    constexpr int kMost = 500'000; // a node that makes one up must not use them up
    if (number <= kMost)
        m_lastGroup[step] = std::max(m_lastGroup[step], number);
}

Task Schedule::takeOut(const Task &group, const NodeId &member)
{
    const auto running = std::ranges::find(m_running, group);
    if (running == m_running.end() || group.members.size() < 2 || !group.involves(member))
        return group;
    Task others = without(group, member);
    *running = others;
    m_running.push_back(alone(group, member));
    return others;
}

void Schedule::measureAgain(const Task &group, std::vector<NodeId> members)
{
    Task again = group;
    finished(group);
    again.node = members.front();
    again.members = std::move(members);
    ++again.attempt;
    owe(again);
}

std::vector<Task> Schedule::openGroupsOf(const NodeId &node) const
{
    std::vector<Task> groups;
    std::ranges::copy_if(m_joint, std::back_inserter(groups), [&](const Task &task) { return task.group > 0 && task.involves(node); });
    return groups;
}

bool Schedule::expectsGroups(int step) const
{
    const auto ofStep = [step](const Task &task) { return task.step == step && task.members.size() > 1; };
    return !m_drawn.contains(step) || std::ranges::any_of(m_joint, ofStep) || std::ranges::any_of(m_running, ofStep);
}

/// Who comes after a step was drawn has it before it all the same.
void Schedule::joinLate(int step, const NodeId &node)
{
    const bool group = m_plan.steps[step].scope == Scope::Group;
    const int wanted = group ? 1 : m_plan.steps[step].partners;
    const auto involved = [&](const Task &task) { return task.step == step && task.involves(node); };
    if (std::ranges::any_of(m_joint, involved) || std::ranges::any_of(m_donePairs, involved) || m_grouped.contains({step, node}))
        return;
    // Beginning behind the node itself: its neighbours are of the same rack.
    const auto self = std::ranges::find(m_fleetOrder, node);
    std::vector<NodeId> others = m_order;
    if (group && self != m_fleetOrder.end()) {
        others.assign(self, m_fleetOrder.end());
        others.insert(others.end(), m_fleetOrder.begin(), self);
    }
    int partners = 0;
    for (const auto &other : others) {
        const bool asked = other != node && m_nodes.at(other).joined && partners < wanted;
        if (!asked || neverLoads({step, node, other}))
            continue;
        if (group)
            addGroup(step, {other, node});
        else
            addPair(step, node, other);
        ++partners;
    }
}

void Schedule::leaveJoint(const NodeId &node)
{
    const auto ofNode = [&](const Task &task) { return task.involves(node); };
    const auto open = std::ranges::stable_partition(m_joint, std::not_fn(ofNode));
    const std::vector<Task> left(open.begin(), open.end());
    m_joint.erase(open.begin(), open.end());
    for (const auto &task : left) {
        forget(task);
        if (Task others = without(task, node); others.members.size() > 1)
            owe(others);
    }
    std::erase_if(m_retests, ofNode);
    for (auto &task : m_running) {
        if (ofNode(task))
            task.members.size() > 1 ? hold(task.step, node, -1) : hold(task, -1);
    }
    std::erase_if(m_running, [&](const Task &task) { return ofNode(task) && task.members.size() < 2; });
    for (auto &task : m_running) {
        if (ofNode(task)) // whoever coordinates the group ends it
            task = without(task, node);
    }
}

/// After the ramp was stopped: groups go on with those of their members that may be loaded.
void Schedule::dropNeverLoading()
{
    const auto may = [&](const Task &task) { return !neverLoads(task); };
    const auto open = std::ranges::stable_partition(m_joint, may);
    const std::vector<Task> dropped(open.begin(), open.end());
    m_joint.erase(open.begin(), open.end());
    for (Task task : dropped) {
        forget(task);
        for (const auto &node : task.nodes()) {
            if (!m_ramp.admitted(node))
                task = without(task, node);
        }
        if (task.members.size() > 1)
            owe(task);
    }
}

void Schedule::draw()
{
    const int step = undrawnStep();
    if (step == static_cast<int>(m_plan.steps.size()))
        return;
    std::vector<NodeId> present;
    for (const auto &node : m_order) {
        const auto &state = m_nodes.at(node);
        if (state.expected && !state.joined)
            return;
        if (!state.joined)
            continue;
        if (state.running > 0 || firstOpenStep(state) < step)
            return;
        present.push_back(node);
    }
    if (present.empty())
        return;
    m_drawn.insert(step);
    if (m_ramp.stopped() && m_plan.steps[step].exclusive)
        std::erase_if(present, [&](const NodeId &node) { return !m_ramp.admitted(node); });
    if (m_plan.steps[step].scope == Scope::Group)
        return drawGroups(step, present);
    for (const auto &round : pairRounds(present, m_plan.steps[step].partners)) {
        for (const auto &[a, b] : round)
            addPair(step, a, b);
    }
}

/// Of those that have no result from an earlier life of the run. If only one has none it is measured with one that has.
void Schedule::drawGroups(int step, const std::vector<NodeId> &present)
{
    const std::set<NodeId> here(present.begin(), present.end());
    std::vector<NodeId> members, others;
    for (const auto &node : m_fleetOrder) {
        if (here.contains(node))
            (m_grouped.contains({step, node}) ? others : members).push_back(node);
    }
    if (members.size() == 1 && !others.empty())
        members.insert(members.begin(), others.front());
    for (auto &group : groupsOf(members, m_plan.steps[step].groupSize))
        addGroup(step, std::move(group));
}

} // namespace seatrial::campaign
