// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/figures.h"
#include "core/analysis/judge.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace seatrial::analysis {

using domain::Finding;
using domain::FleetVerdict;
using domain::NodeId;
using domain::NodeVerdict;
using domain::PlanStep;
using domain::StepId;
using domain::StepResult;
using domain::Verdict;
using protocol::StepStatus;

namespace {

/// Finds what is worth measuring again.
class RetestPlanner
{
public:
    RetestPlanner(const domain::RunData &run, const FleetVerdict &verdict);
    std::vector<Retest> plan();

private:
    struct Last {
        int attempt = 0;
        StepStatus status = StepStatus::Completed;
    };
    /// A pause and a killed supervisor abandon steps: that uses up no retest. But what is always abandoned ends some day.
    struct Looks {
        static constexpr int kForgiven = 3;
        int all = 0;
        int abandoned = 0;
        int count() const { return all - std::min(abandoned, kForgiven); }
        void add(StepStatus status)
        {
            ++all;
            abandoned += status == StepStatus::Abandoned;
        }
    };

    void nodeSteps(const NodeVerdict &node, const Finding &finding);
    void stumbled(const NodeVerdict &node);
    void pairSteps(const NodeVerdict &node, const Finding &finding);
    void pairsOf(const NodeId &accused, const PlanStep &step, const Finding &finding);
    std::vector<NodeId> partnersFor(const NodeId &accused, const PlanStep &step) const;
    void onePair(const PlanStep &step, const NodeId &a, const NodeId &b, const Finding &finding);
    void want(const NodeId &node, const PlanStep &step, const NodeId &peer, const std::string &reason);

    /// Who measured against whom and how often, 0 if they never met: (measuring, serving, attempts).
    std::tuple<NodeId, NodeId, int> meeting(const StepId &step, const NodeId &a, const NodeId &b) const;
    bool mayBePartner(const NodeId &node) const { return m_answering.contains(node) && !m_gone.contains(node); }

    const domain::RunData &m_run;
    const FleetVerdict &m_verdict;
    std::map<std::pair<NodeId, StepId>, Last> m_last;                     ///< steps of nodes
    std::map<std::pair<NodeId, StepId>, Looks> m_looks;                   ///< how often they were measured
    std::map<std::tuple<StepId, NodeId, NodeId>, Looks> m_meetings;       ///< by measuring and serving node
    std::map<std::pair<StepId, NodeId>, Looks> m_measuredPairs;           ///< the pairs that a node took part in
    std::set<NodeId> m_answering, m_gone;
    std::set<std::pair<std::string, NodeId>> m_accused;                  ///< check and node
    std::set<std::tuple<NodeId, StepId, NodeId>> m_wanted;
    std::vector<Retest> m_retests;
};

bool isMissed(const Finding &finding)
{
    const bool missed = finding.verdict == Verdict::Marginal || finding.verdict == Verdict::Failed;
    // Missed, but accused of nothing because others disturbed the measurement.
    const bool disturbed = finding.verdict == Verdict::Unknown && finding.margin && *finding.margin < 0;
    return (missed || disturbed) && finding.value.has_value();
}

RetestPlanner::RetestPlanner(const domain::RunData &run, const FleetVerdict &verdict) : m_run(run), m_verdict(verdict)
{
    for (const StepResult &result : run.results) {
        m_answering.insert(result.node);
        const int attempt = result.key.attempt;
        if (result.key.peer.empty()) {
            Last &last = m_last[{result.node, result.key.step}];
            if (attempt >= last.attempt)
                last = {attempt, result.finished.status};
            m_looks[{result.node, result.key.step}].add(result.finished.status);
        } else if (!result.key.serving) {
            m_meetings[{result.key.step, result.node, result.key.peer}].add(result.finished.status);
            m_measuredPairs[{result.key.step, result.node}].add(result.finished.status);
            m_measuredPairs[{result.key.step, result.key.peer}].add(result.finished.status);
        }
    }
    for (const domain::NodeFailure &failure : domain::standingFailures(run))
        m_gone.insert(failure.node);
    for (const NodeVerdict &node : verdict.nodes) {
        for (const Finding &finding : node.reasons) {
            if (isMissed(finding) && finding.subject == "node")
                m_accused.insert({finding.check, node.node});
        }
    }
}

std::vector<Retest> RetestPlanner::plan()
{
    for (const NodeVerdict &node : m_verdict.nodes) {
        if (m_gone.contains(node.node))
            continue;
        for (const Finding &finding : node.reasons) {
            if (!isMissed(finding))
                continue;
            nodeSteps(node, finding);
            pairSteps(node, finding);
        }
        stumbled(node);
    }
    return std::move(m_retests);
}

void RetestPlanner::nodeSteps(const NodeVerdict &node, const Finding &finding)
{
    for (const PlanStep &step : m_run.info.plan.steps) {
        if (step.check.text() != finding.check || step.scope != domain::Scope::Node)
            continue;
        const auto looks = m_looks.find({node.node, step.id});
        if (looks != m_looks.end() && looks->second.count() <= step.retests)
            want(node.node, step, {}, finding.text);
    }
}

/// A check that could not do its work may do it the next time. Pairs and groups are begun anew while the run goes on.
void RetestPlanner::stumbled(const NodeVerdict &node)
{
    for (const PlanStep &step : m_run.info.plan.steps) {
        if (step.scope != domain::Scope::Node)
            continue;
        const auto last = m_last.find({node.node, step.id});
        if (last == m_last.end() || step.need != domain::Need::Required || m_looks.at(last->first).count() > step.retests)
            continue;
        if (last->second.status == StepStatus::Error)
            want(node.node, step, {}, step.id.text() + " ended with an error");
        else if (last->second.status == StepStatus::Timeout)
            want(node.node, step, {}, step.id.text() + " did not end within its deadline");
    }
}

void RetestPlanner::pairSteps(const NodeVerdict &node, const Finding &finding)
{
    const auto ends = pairEnds(finding.subject);
    for (const PlanStep &step : m_run.info.plan.steps) {
        if (step.check.text() != finding.check || step.scope != domain::Scope::Pair)
            continue;
        if (!ends) {
            pairsOf(node.node, step, finding);
            continue;
        }
        const NodeId a{std::string(ends->first)}, b{std::string(ends->second)};
        const bool explained = m_accused.contains({finding.check, a}) || m_accused.contains({finding.check, b});
        if (!explained)
            onePair(step, a, b, finding);
    }
}

/// An accused node meets others again, as many as at first, until it has met that often for every retest.
void RetestPlanner::pairsOf(const NodeId &accused, const PlanStep &step, const Finding &finding)
{
    const auto measured = m_measuredPairs.find({step.id, accused});
    if (measured == m_measuredPairs.end() || measured->second.count() >= step.partners * (1 + step.retests))
        return;
    for (const NodeId &partner : partnersFor(accused, step)) {
        const auto [measuring, serving, attempts] = meeting(step.id, accused, partner);
        want(measuring, step, serving, finding.text);
    }
}

/// Partners that are not accused themselves: first those it has not met, then those it met least often.
std::vector<NodeId> RetestPlanner::partnersFor(const NodeId &accused, const PlanStep &step) const
{
    constexpr std::size_t kMostPairs = 3;
    std::vector<std::pair<int, NodeId>> candidates;
    const std::size_t count = m_verdict.nodes.size();
    const auto self = std::ranges::find(m_verdict.nodes, accused, &NodeVerdict::node) - m_verdict.nodes.begin();
    // Beginning behind the node itself, so that several accused nodes do not all ask for the same partners.
    for (std::size_t offset = 1; offset < count; ++offset) {
        const NodeId &other = m_verdict.nodes[(static_cast<std::size_t>(self) + offset) % count].node;
        if (!mayBePartner(other) || m_accused.contains({step.check.text(), other}))
            continue;
        candidates.emplace_back(std::get<2>(meeting(step.id, accused, other)), other);
    }
    std::ranges::stable_sort(candidates, {}, &std::pair<int, NodeId>::first);
    std::vector<NodeId> partners;
    for (const auto &[attempts, node] : candidates) {
        if (partners.size() < std::min<std::size_t>(kMostPairs, static_cast<std::size_t>(step.partners)))
            partners.push_back(node);
    }
    return partners;
}

void RetestPlanner::onePair(const PlanStep &step, const NodeId &a, const NodeId &b, const Finding &finding)
{
    const auto [measuring, serving, attempts] = meeting(step.id, a, b);
    if (attempts > 0 && attempts <= step.retests && mayBePartner(a) && mayBePartner(b))
        want(measuring, step, serving, finding.text);
}

void RetestPlanner::want(const NodeId &node, const PlanStep &step, const NodeId &peer, const std::string &reason)
{
    if (m_wanted.insert({node, step.id, peer}).second)
        m_retests.push_back({node, step.id, peer, reason});
}

std::tuple<NodeId, NodeId, int> RetestPlanner::meeting(const StepId &step, const NodeId &a, const NodeId &b) const
{
    const auto attempts = [&](const NodeId &measuring, const NodeId &serving) {
        const auto found = m_meetings.find({step, measuring, serving});
        return found == m_meetings.end() ? 0 : found->second.count();
    };
    const int forward = attempts(a, b), backward = attempts(b, a);
    if (backward > 0)
        return {b, a, std::max(forward, backward)};
    return {a, b, forward};
}

} // namespace

std::vector<Retest> retestsWanted(const domain::RunData &run, const FleetVerdict &verdict)
{
    return RetestPlanner(run, verdict).plan();
}

} // namespace seatrial::analysis
