// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/pace.h"

#include <algorithm>
#include <array>
#include <span>

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

/// Adds up what each node, and each shared resource, has before it. Nothing is kept of a task: a large fleet has millions.
class Pace::Sum
{
public:
    explicit Sum(const Pace &pace) : m_pace(pace) {}

    void add(int step, std::span<const domain::NodeId> nodes)
    {
        const auto [place, fresh] = m_known.try_emplace(step, 0);
        if (fresh)
            place->second = m_pace.stepSeconds(step);
        const double seconds = place->second;
        std::vector<std::string> held;
        for (const auto &node : nodes) {
            m_byNode[node] += seconds;
            if (const auto it = m_pace.m_resources.find(node); it != m_pace.m_resources.end() && m_pace.m_plan.steps[step].exclusive)
                held.insert(held.end(), it->second.begin(), it->second.end());
        }
        std::ranges::sort(held);
        held.erase(std::ranges::unique(held).begin(), held.end());
        for (const auto &resource : held)
            m_byResource[resource] += seconds;
    }

    double longest() const
    {
        double longest = 0;
        for (const auto &[node, seconds] : m_byNode)
            longest = std::max(longest, seconds);
        for (const auto &[resource, seconds] : m_byResource)
            longest = std::max(longest, seconds);
        return longest;
    }

private:
    const Pace &m_pace;
    std::map<domain::NodeId, double> m_byNode;
    std::map<std::string, double> m_byResource;
    std::map<int, double> m_known;
};

TimeLeft Pace::left(const std::vector<Task> &tasks) const
{
    Sum sum(*this);
    for (const auto &task : tasks) {
        if (task.isJoint())
            sum.add(task.step, task.nodes());
        else
            sum.add(task.step, std::span(&task.node, 1));
    }
    TimeLeft left;
    left.seconds = sum.longest();
    for (const auto &[step, seconds] : m_seconds)
        left.stepsFinished += static_cast<int>(seconds.size());
    return left;
}

double Pace::estimate(const domain::Plan &plan, const domain::Fleet &fleet, const std::vector<domain::NodeId> &nodes)
{
    const Pace pace(plan, fleet);
    Sum sum(pace);
    for (int step = 0; step < static_cast<int>(plan.steps.size()); ++step) {
        const auto &planned = plan.steps[step];
        if (planned.scope == domain::Scope::Node) {
            for (const auto &node : nodes)
                sum.add(step, std::span(&node, 1));
        } else if (planned.scope == domain::Scope::Group) {
            for (const auto &group : groupsOf(nodes, planned.groupSize))
                sum.add(step, group);
        } else {
            for (const auto &round : pairRounds(nodes, planned.partners)) {
                for (const auto &[a, b] : round)
                    sum.add(step, std::array{a, b});
            }
        }
    }
    return kReachSeconds + sum.longest();
}

} // namespace seatrial::campaign
