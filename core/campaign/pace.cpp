// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/pace.h"

#include <algorithm>

namespace seatrial::campaign {

namespace {

/// Connect, probe, deploy and attach, and what lies between two steps.
constexpr double kReachSeconds = 2.0;

} // namespace

Pace::Pace(const domain::Plan &plan, const domain::Fleet &fleet) : m_plan(plan)
{
    for (const auto &resource : fleet.shared) {
        for (const auto &node : resource.nodes)
            m_resources[node].push_back(resource.name);
    }
}

void Pace::ended(int step, double seconds)
{
    // The node says how long it took; a figure that cannot be must not become the time left of everybody.
    if (seconds >= 0 && seconds <= m_plan.steps[step].deadlineSeconds * 2)
        m_seconds[step].push_back(seconds);
}

double Pace::stepSeconds(int step) const
{
    const auto it = m_seconds.find(step);
    if (it == m_seconds.end())
        return m_plan.steps[step].expectedSeconds;
    std::vector<double> sorted = it->second;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::ranges::nth_element(sorted, middle);
    return *middle;
}

TimeLeft Pace::left(const std::vector<Task> &tasks) const
{
    std::map<domain::NodeId, double> byNode;
    std::map<std::string, double> byResource;
    std::map<int, double> known;
    for (const auto &task : tasks) {
        const auto [place, fresh] = known.try_emplace(task.step, 0);
        if (fresh)
            place->second = stepSeconds(task.step);
        const double seconds = place->second;
        std::vector<std::string> held;
        for (const auto &node : {task.node, task.peer}) {
            if (node.empty())
                continue;
            byNode[node] += seconds;
            if (const auto it = m_resources.find(node); it != m_resources.end() && m_plan.steps[task.step].exclusive)
                held.insert(held.end(), it->second.begin(), it->second.end());
        }
        std::ranges::sort(held);
        held.erase(std::ranges::unique(held).begin(), held.end());
        for (const auto &resource : held)
            byResource[resource] += seconds;
    }
    TimeLeft left;
    for (const auto &[node, seconds] : byNode)
        left.seconds = std::max(left.seconds, seconds);
    for (const auto &[resource, seconds] : byResource)
        left.seconds = std::max(left.seconds, seconds);
    for (const auto &[step, seconds] : m_seconds)
        left.stepsFinished += static_cast<int>(seconds.size());
    return left;
}

double Pace::estimate(const domain::Plan &plan, const domain::Fleet &fleet, const std::vector<domain::NodeId> &nodes)
{
    std::vector<Task> tasks;
    for (int step = 0; step < static_cast<int>(plan.steps.size()); ++step) {
        if (plan.steps[step].scope == domain::Scope::Node) {
            for (const auto &node : nodes)
                tasks.push_back({step, node, {}, 1});
        } else {
            for (const auto &round : pairRounds(nodes, plan.steps[step].partners)) {
                for (const auto &[a, b] : round)
                    tasks.push_back({step, a, b, 1});
            }
        }
    }
    return kReachSeconds + Pace(plan, fleet).left(tasks).seconds;
}

} // namespace seatrial::campaign
