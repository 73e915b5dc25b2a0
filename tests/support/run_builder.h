// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/run_data.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace seatrial::tests {

/// Builds the data of a run in few words: runOf({"n01", "n02"}).required("memory", "host.memory").measured(…).
class RunBuilder
{
public:
    explicit RunBuilder(const std::vector<std::string> &names)
    {
        m_run.info.id = domain::RunId("1");
        m_run.info.plan.name = "test";
        m_run.info.state = domain::RunState::Finished;
        for (const std::string &name : names) {
            domain::Node node;
            node.id = domain::NodeId(name);
            node.address = name;
            node.rack = domain::RackId("R1");
            m_run.info.fleet.nodes.push_back(node);
            m_run.info.nodes.push_back(node.id);
        }
    }

    RunBuilder &step(const std::string &id, const std::string &check, domain::Need need = domain::Need::Required, int retests = 2)
    {
        domain::PlanStep step;
        step.id = domain::StepId(id);
        step.check = domain::CheckId(check);
        step.need = need;
        step.retests = retests;
        m_run.info.plan.steps.push_back(std::move(step));
        return *this;
    }
    /// These nodes are virtual ones of one machine.
    RunBuilder &oneHost(const std::string &name, const std::vector<std::string> &nodes)
    {
        domain::SharedResource host{name, "physical-host", {}};
        for (const std::string &node : nodes)
            host.nodes.emplace_back(node);
        m_run.info.fleet.shared.push_back(std::move(host));
        return *this;
    }
    RunBuilder &pairStep(const std::string &id, const std::string &check, int partners = 3, int retests = 2)
    {
        step(id, check, domain::Need::Required, retests);
        m_run.info.plan.steps.back().scope = domain::Scope::Pair;
        m_run.info.plan.steps.back().partners = partners;
        return *this;
    }

    /// A figure of a node; the step's end is said apart, by ended().
    RunBuilder &value(const std::string &node, const std::string &step, const std::string &metric, double value, protocol::Unit unit,
                      const std::string &subject = "node", int attempt = 1, protocol::Parameters parameters = {})
    {
        domain::Observation observation;
        observation.node = domain::NodeId(node);
        observation.key.step = domain::StepId(step);
        observation.key.attempt = attempt;
        observation.measurement.step = observation.key.text();
        observation.measurement.check = checkOf(step);
        observation.measurement.metric = metric;
        observation.measurement.unit = unit;
        observation.measurement.subject = subject;
        observation.measurement.value = value;
        observation.measurement.parameters = std::move(parameters);
        m_run.observations.push_back(std::move(observation));
        return *this;
    }
    RunBuilder &ended(const std::string &node, const std::string &step, protocol::StepStatus status = protocol::StepStatus::Completed,
                      const std::string &reason = {}, int attempt = 1, protocol::Waiver waiver = protocol::Waiver::None)
    {
        domain::StepResult result;
        result.node = domain::NodeId(node);
        result.key.step = domain::StepId(step);
        result.key.attempt = attempt;
        result.finished = {result.key.text(), checkOf(step), status, waiver, reason, 1.0};
        m_run.results.push_back(std::move(result));
        // What completed has measured something: a figure without a limit stands for it where a test names none.
        const bool figures = std::ranges::any_of(m_run.observations, [&](const auto &other) { return other.node.text() == node && other.key.step.text() == step; });
        if (status == protocol::StepStatus::Completed && !figures && m_figures)
            value(node, step, "stand_in", 1, protocol::Unit::Count, "node", attempt);
        return *this;
    }
    RunBuilder &part(const std::string &node, protocol::Part part)
    {
        m_run.parts.push_back({domain::NodeId(node), std::move(part)});
        return *this;
    }
    RunBuilder &event(const std::string &node, const std::string &code, const std::string &text)
    {
        m_run.events.push_back({domain::NodeId(node), {protocol::Severity::Warning, code, {}, "node", text, {}}, 1, 0});
        return *this;
    }
    RunBuilder &event(const std::string &node, protocol::Event event, double wallSeconds = 0)
    {
        m_run.events.push_back({domain::NodeId(node), std::move(event), 1, wallSeconds});
        return *this;
    }
    RunBuilder &loadAllowedBy(const std::string &person)
    {
        m_run.info.loadAllowedBy = person;
        return *this;
    }
    /// Steps that end from now on leave no figure behind.
    RunBuilder &withoutFigures()
    {
        m_figures = false;
        return *this;
    }
    RunBuilder &waived(const std::string &node, const std::string &step, protocol::Waiver waiver, const std::string &reason)
    {
        return ended(node, step, protocol::StepStatus::Waived, reason, 1, waiver);
    }
    /// A figure and its completed step in one.
    RunBuilder &measured(const std::string &node, const std::string &step, const std::string &metric, double figure, protocol::Unit unit,
                         int attempt = 1)
    {
        return value(node, step, metric, figure, unit, "node", attempt).ended(node, step, protocol::StepStatus::Completed, {}, attempt);
    }

    /// Both directions between two nodes, and the ends of both sides.
    RunBuilder &pair(const std::string &step, const std::string &from, const std::string &to, double there, double back, int attempt = 1)
    {
        for (const auto &[subject, figure] : {std::pair{from + "→" + to, there}, std::pair{to + "→" + from, back}}) {
            value(from, step, "tcp_throughput", figure, protocol::Unit::GigabitsPerSecond, subject, attempt);
            m_run.observations.back().key.peer = domain::NodeId(to);
        }
        pairEnded(step, from, to, protocol::StepStatus::Completed, {}, attempt);
        return *this;
    }
    /// Beside what pair() says: a round trip of the same pair.
    RunBuilder &pairLatency(const std::string &step, const std::string &from, const std::string &to, double microseconds)
    {
        value(from, step, "tcp_latency", microseconds, protocol::Unit::Microseconds, from + "→" + to);
        m_run.observations.back().key.peer = domain::NodeId(to);
        return *this;
    }
    RunBuilder &pairEnded(const std::string &step, const std::string &measuring, const std::string &serving, protocol::StepStatus status,
                          const std::string &reason, int attempt = 1)
    {
        ended(measuring, step, status, reason, attempt);
        m_run.results.back().key.peer = domain::NodeId(serving);
        ended(serving, step, status, reason, attempt);
        m_run.results.back().key.peer = domain::NodeId(measuring);
        m_run.results.back().key.serving = true;
        return *this;
    }

    RunBuilder &failure(const std::string &node, domain::Stage stage, domain::FailureKind kind, const std::string &what)
    {
        m_run.failures.push_back({domain::NodeId(node), {stage, kind, what, "", "look there"}, 0});
        return *this;
    }
    RunBuilder &event(const std::string &node, const std::string &code, protocol::Parameters parameters, double wallSeconds)
    {
        m_run.events.push_back({domain::NodeId(node), {protocol::Severity::Warning, code, {}, {}, code, std::move(parameters)}, 1, wallSeconds});
        return *this;
    }
    RunBuilder &state(domain::RunState state)
    {
        m_run.info.state = state;
        return *this;
    }

    domain::RunData &data() { return m_run; }
    /// Changes what was measured: @p change says of each whether it stays.
    template<typename Change>
    void change(Change change)
    {
        for (auto observation : std::exchange(m_run.observations, {})) {
            if (change(observation))
                m_run.observations.push_back(std::move(observation));
        }
    }

private:
    std::string checkOf(const std::string &step) const
    {
        const domain::PlanStep *const known = m_run.info.plan.find(domain::StepId(step));
        return known ? known->check.text() : std::string();
    }

    bool m_figures = true;
    domain::RunData m_run;
};

/// "n01", "n02", …
inline std::vector<std::string> nodeNames(int count)
{
    std::vector<std::string> names;
    for (int number = 1; number <= count; ++number)
        names.push_back((number < 10 ? "n0" : "n") + std::to_string(number));
    return names;
}

} // namespace seatrial::tests
