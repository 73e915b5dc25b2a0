// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/schedule.h"

#include <algorithm>
#include <fmt/format.h>

namespace seatrial::campaign {

using domain::NodeId;
using domain::Scope;

namespace {

/// Rounded up, as one says it: "40 s", "4 min".
std::string roughTime(std::chrono::steady_clock::duration time)
{
    const auto seconds = std::max<long long>(1, std::chrono::ceil<std::chrono::seconds>(time).count());
    return seconds < 100 ? fmt::format("{} s", seconds) : fmt::format("{} min", (seconds + 59) / 60);
}

} // namespace

Schedule::Schedule(const domain::Plan &plan, const domain::Fleet &fleet, const std::vector<NodeId> &nodes)
    : m_plan(plan), m_ramp({{}}, fleet, nodes), m_order(nodes)
{
    for (const auto &node : nodes) {
        auto &state = m_nodes[node];
        for (int step = 0; step < static_cast<int>(plan.steps.size()); ++step) {
            if (plan.steps[step].scope == Scope::Node)
                state.open.push_back({step, node, {}, 1});
        }
    }
    for (const auto &node : fleet.nodes) {
        if (m_nodes.contains(node.id))
            m_fleetOrder.push_back(node.id);
    }
    for (const auto &resource : fleet.shared) {
        for (const auto &node : resource.nodes) {
            if (const auto it = m_nodes.find(node); it != m_nodes.end())
                it->second.resources.push_back(resource.name);
        }
    }
}

void Schedule::setRamp(const RampTerms &terms, const domain::Fleet &fleet)
{
    m_ramp = Ramp(terms, fleet, m_order);
}

void Schedule::restartRamp()
{
    m_ramp.restart();
    for (const auto &task : m_running) {
        if (!m_plan.steps[task.step].exclusive)
            continue;
        for (const auto &node : task.nodes())
            m_ramp.grant(node);
    }
}

/// Whether the ramp was stopped before it came to the nodes of this task.
bool Schedule::neverLoads(const Task &task) const
{
    return m_ramp.stopped() && m_plan.steps[task.step].exclusive
        && !std::ranges::all_of(task.nodes(), [&](const NodeId &node) { return m_ramp.admitted(node); });
}

int Schedule::stopRamp()
{
    m_ramp.stop();
    const auto dropped = [&](const Task &task) { return neverLoads(task); };
    int nodes = 0;
    for (auto &[node, state] : m_nodes)
        nodes += std::erase_if(state.open, dropped) > 0;
    dropNeverLoading();
    std::erase_if(m_retests, dropped);
    return nodes;
}

bool Schedule::mayLoad(const Task &task)
{
    if (!m_plan.steps[task.step].exclusive)
        return true;
    return std::ranges::all_of(task.nodes(), [&](const NodeId &node) { return m_ramp.admit(node); });
}

void Schedule::join(const NodeId &node)
{
    auto &state = m_nodes.at(node);
    if (state.joined)
        return;
    state.joined = true;
    state.expected = true;
    for (const int step : m_drawn)
        joinLate(step, node);
}

void Schedule::dontWaitFor(const NodeId &node)
{
    m_nodes.at(node).expected = false;
}

void Schedule::leave(const NodeId &node, std::optional<Afterload> afterload)
{
    leaveJoint(node);
    auto &state = m_nodes.at(node);
    state.open.clear();
    state.owed.clear();
    state.joined = false;
    state.expected = false;
    if (!afterload || state.resources.empty())
        return;
    for (const auto &resource : state.resources)
        m_holders[resource][node] = 1;
    m_afterloads[node] = std::move(*afterload);
}

void Schedule::freeWhatIsOver(std::chrono::steady_clock::time_point now)
{
    std::erase_if(m_afterloads, [&](const auto &entry) {
        const auto &[node, afterload] = entry;
        if (now < afterload.until)
            return false;
        for (const auto &resource : m_nodes.at(node).resources)
            m_holders[resource].erase(node);
        return true;
    });
}

bool Schedule::markDone(const Task &task)
{
    const auto it = m_nodes.find(task.node);
    if (it == m_nodes.end())
        return false;
    if (task.group > 0)
        m_grouped.insert({task.step, task.node});
    else if (task.peer.empty())
        return std::erase_if(it->second.open, [&](const Task &open) { return open.step == task.step; }) > 0;
    else
        m_donePairs.push_back(task);
    return false;
}

void Schedule::markAbandoned(const Task &task, int attempt)
{
    const auto it = m_nodes.find(task.node);
    if (it == m_nodes.end())
        return;
    const auto open = std::ranges::find(it->second.open, task.step, &Task::step);
    if (open != it->second.open.end())
        open->attempt = std::max(open->attempt, attempt);
}

bool Schedule::free(const NodeId &node) const
{
    const auto &state = m_nodes.at(node);
    return state.joined && state.running == 0;
}

int Schedule::firstOpenStep(const NodeState &state) const
{
    int first = undrawnStep();
    if (!state.open.empty())
        first = std::min(first, state.open.front().step);
    if (!state.owed.empty())
        first = std::min(first, *state.owed.begin());
    return first;
}

bool Schedule::inOrder(const Task &task, const NodeId &node) const
{
    return task.retest || firstOpenStep(m_nodes.at(node)) >= task.step;
}

bool Schedule::resourceBusy(const Task &task) const
{
    if (!m_plan.steps[task.step].exclusive)
        return false;
    const auto heldByOthers = [&](const NodeId &node) {
        return std::ranges::any_of(m_nodes.at(node).resources, [&](const std::string &resource) {
            const auto holders = m_holders.find(resource);
            return holders != m_holders.end()
                && std::ranges::any_of(holders->second, [&](const auto &holder) { return !task.involves(holder.first); });
        });
    };
    return std::ranges::any_of(task.nodes(), heldByOthers);
}

void Schedule::hold(const Task &task, int change)
{
    for (const auto &node : task.nodes())
        hold(task.step, node, change);
}

void Schedule::hold(int step, const NodeId &node, int change)
{
    auto &state = m_nodes.at(node);
    state.running += change;
    if (!m_plan.steps[step].exclusive)
        return;
    for (const auto &resource : state.resources) {
        auto &holders = m_holders[resource];
        if ((holders[node] += change) <= 0)
            holders.erase(node);
    }
}

void Schedule::start(const Task &task, std::vector<Task> &started)
{
    hold(task, +1);
    m_running.push_back(task);
    started.push_back(task);
}

std::vector<Task> Schedule::startable()
{
    draw();
    std::vector<Task> started;
    for (const auto &node : m_order) {
        if (!free(node))
            continue;
        // The steps that follow on a node need nobody else: they go together, and the node can do them alone.
        auto &open = m_nodes.at(node).open;
        while (!open.empty() && inOrder(open.front(), node) && !resourceBusy(open.front()) && mayLoad(open.front())) {
            start(open.front(), started);
            open.erase(open.begin());
        }
    }
    const auto startFrom = [&](std::vector<Task> &tasks) {
        for (auto it = tasks.begin(); it != tasks.end();) {
            const auto ready = [&](const NodeId &node) { return free(node) && inOrder(*it, node); };
            const bool can = std::ranges::all_of(it->nodes(), ready) && !resourceBusy(*it) && mayLoad(*it);
            if (!can) {
                ++it;
                continue;
            }
            const Task task = std::move(*it);
            it = tasks.erase(it);
            if (task.isJoint() && !task.retest)
                forget(task);
            start(task, started);
        }
    };
    startFrom(m_joint);
    startFrom(m_retests);
    return started;
}

void Schedule::finished(const Task &task)
{
    const auto it = std::ranges::find(m_running, task);
    if (it == m_running.end())
        return;
    hold(task, -1);
    m_running.erase(it);
    if (!task.peer.empty())
        m_donePairs.push_back(task);
}

void Schedule::putBack(Task task, int attempt)
{
    finished(task);
    task.attempt = attempt;
    if (task.retest)
        return m_retests.push_back(task);
    if (task.isJoint())
        return owe(task);
    auto &open = m_nodes.at(task.node).open;
    open.insert(std::ranges::upper_bound(open, task.step, {}, &Task::step), task);
}

void Schedule::retest(Task task)
{
    task.retest = true;
    m_retests.push_back(task);
}

bool Schedule::allDone() const
{
    if (!m_joint.empty() || !m_retests.empty() || !m_running.empty())
        return false;
    const auto pending = [&](const auto &entry) { return entry.second.expected && !entry.second.joined; };
    if (std::ranges::any_of(m_nodes, pending))
        return false;
    const auto working = [&](const auto &entry) { return entry.second.joined && !entry.second.open.empty(); };
    if (std::ranges::any_of(m_nodes, working))
        return false;
    const bool somebody = std::ranges::any_of(m_nodes, [](const auto &entry) { return entry.second.joined; });
    return !somebody || undrawnStep() == static_cast<int>(m_plan.steps.size());
}

std::vector<Task> Schedule::open() const
{
    std::vector<Task> tasks;
    for (const auto &node : m_order) {
        const auto &open = m_nodes.at(node).open;
        tasks.insert(tasks.end(), open.begin(), open.end());
    }
    tasks.insert(tasks.end(), m_joint.begin(), m_joint.end());
    tasks.insert(tasks.end(), m_retests.begin(), m_retests.end());
    return tasks;
}

std::string Schedule::waitsFor(const NodeId &node, std::chrono::steady_clock::time_point now) const
{
    const auto &state = m_nodes.at(node);
    if (!state.joined || state.running > 0)
        return {};
    if (!m_ramp.over() && !m_ramp.admitted(node) && !state.open.empty() && m_plan.steps[state.open.front().step].exclusive)
        return "the ramp";
    for (const auto &resource : state.resources) {
        const auto holders = m_holders.find(resource);
        if (holders == m_holders.end() || holders->second.empty() || holders->second.contains(node))
            continue;
        const auto &holder = holders->second.begin()->first;
        const auto afterload = m_afterloads.find(holder);
        if (afterload == m_afterloads.end())
            return resource + ", in use by " + holder.text();
        return fmt::format("{}: {} {}; its step may still load it for {}", resource, holder.text(), afterload->second.why, roughTime(afterload->second.until - now));
    }
    return {};
}

} // namespace seatrial::campaign
