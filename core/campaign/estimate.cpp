// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/estimate.h"

#include "core/campaign/pace.h"

#include <algorithm>
#include <deque>
#include <map>

namespace seatrial::campaign {

namespace {

constexpr std::size_t kMostSimulated = 2048; ///< nodes; beyond, the schedule's bookkeeping takes longer than a person waits
constexpr double kReachSeconds = 2;

/// Tasks in work on a clock of its own.
class Play
{
public:
    Play(const domain::Plan &plan, const domain::Fleet &fleet, const std::vector<domain::NodeId> &nodes, const RampTerms &ramp)
        : m_plan(plan), m_nodes(nodes), m_ramp(ramp), m_schedule(plan, fleet, nodes)
    {
        m_schedule.setRamp(ramp, fleet);
        for (int step = 0; step < static_cast<int>(plan.steps.size()); ++step)
            m_estimate.steps.push_back({step, 0, 0, -1, 0});
    }

    Estimate run()
    {
        for (const auto &node : m_nodes)
            m_schedule.join(node);
        begin();
        while (!m_queues.empty() || waitsForRamp())
            next();
        for (auto &step : m_estimate.steps)
            step.beginsSeconds = std::max(0.0, step.beginsSeconds);
        m_estimate.totalSeconds = m_now + kReachSeconds;
        return m_estimate;
    }

private:
    struct Running {
        Task task;
        double ends = 0;
    };

    /// What was given together to one node is done one after the other.
    void begin()
    {
        for (const Task &task : m_schedule.startable()) {
            auto &queue = m_queues[task.node];
            const double from = queue.empty() ? m_now : queue.back().ends;
            queue.push_back({task, from + m_plan.steps[task.step].expectedSeconds});
            auto &step = m_estimate.steps[task.step];
            ++step.times;
            step.beginsSeconds = step.beginsSeconds < 0 ? from : std::min(step.beginsSeconds, from);
            step.endsSeconds = std::max(step.endsSeconds, queue.back().ends);
            m_loaded |= m_plan.steps[task.step].exclusive;
        }
        std::map<int, int> atOnce;
        for (const auto &[node, queue] : m_queues)
            ++atOnce[queue.front().task.step];
        for (const auto &[step, count] : atOnce)
            m_estimate.steps[step].mostAtOnce = std::max(m_estimate.steps[step].mostAtOnce, count);
        for (const auto &node : m_nodes) {
            const bool waits = !m_queues.contains(node) && !m_schedule.waitsFor(node).empty();
            if (waits) {
                m_waitsSince.try_emplace(node, m_now);
            } else if (const auto since = m_waitsSince.find(node); since != m_waitsSince.end()) {
                m_estimate.waitingSeconds = std::max(m_estimate.waitingSeconds, m_now - since->second);
                m_waitsSince.erase(since);
            }
        }
    }

    /// Everybody waits for the next step of the ramp: a group, for one, is larger than its first.
    bool waitsForRamp() const { return m_queues.empty() && !m_schedule.ramp().over() && !m_schedule.open().empty(); }

    void next()
    {
        if (waitsForRamp()) {
            m_now = std::max(m_now, m_rampFrom + m_ramp.pauseSeconds);
            extend();
            return begin();
        }
        double until = m_queues.begin()->second.front().ends;
        for (const auto &[node, queue] : m_queues)
            until = std::min(until, queue.front().ends);
        const bool ramps = m_loaded && !m_schedule.ramp().over();
        const double rampAt = m_rampFrom + m_ramp.pauseSeconds;
        if (ramps && rampAt < until) {
            m_now = std::max(m_now, rampAt);
            extend();
            return begin();
        }
        m_now = until;
        for (auto queue = m_queues.begin(); queue != m_queues.end();) {
            while (!queue->second.empty() && queue->second.front().ends <= m_now) {
                m_schedule.finished(queue->second.front().task);
                queue->second.pop_front();
            }
            queue = queue->second.empty() ? m_queues.erase(queue) : std::next(queue);
        }
        begin();
    }

    void extend()
    {
        m_estimate.rampSeconds += m_now - m_rampFrom;
        m_rampFrom = m_now;
        m_schedule.ramp().advance();
    }

    const domain::Plan &m_plan;
    const std::vector<domain::NodeId> &m_nodes;
    const RampTerms m_ramp;
    Schedule m_schedule;
    Estimate m_estimate;
    std::map<domain::NodeId, std::deque<Running>> m_queues; ///< by the measuring node
    std::map<domain::NodeId, double> m_waitsSince;
    double m_now = 0;
    double m_rampFrom = 0;
    bool m_loaded = false;
};

} // namespace

Estimate estimate(const domain::Plan &plan, const domain::Fleet &fleet, const std::vector<domain::NodeId> &nodes, const RampTerms &ramp)
{
    return nodes.size() <= kMostSimulated ? Play(plan, fleet, nodes, ramp).run() : quickEstimate(plan, fleet, nodes, ramp);
}

Estimate quickEstimate(const domain::Plan &plan, const domain::Fleet &fleet, const std::vector<domain::NodeId> &nodes, const RampTerms &ramp)
{
    Estimate rough;
    rough.simulated = false;
    if (ramp.applies(nodes.size()) && std::ranges::any_of(plan.steps, &domain::PlanStep::exclusive))
        rough.rampSeconds = ramp.pauseSeconds * static_cast<double>(ramp.shares.size() - 1);
    rough.totalSeconds = Pace::estimate(plan, fleet, nodes) + rough.rampSeconds;
    return rough;
}

} // namespace seatrial::campaign
