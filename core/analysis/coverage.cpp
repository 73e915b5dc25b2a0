// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/case.h"

#include <algorithm>

namespace seatrial::analysis {

using domain::Finding;
using domain::Judgement;
using domain::NodeFailure;
using domain::NodeVerdict;
using domain::PlanStep;
using domain::Stage;
using domain::StepResult;
using domain::Verdict;
using protocol::StepStatus;
using protocol::Waiver;

namespace {

bool isBeforeLogin(Stage stage)
{
    return stage == Stage::Resolve || stage == Stage::Connect || stage == Stage::HostKey || stage == Stage::Login;
}

/// What each node said about each step, found once for the whole run.
struct CoverageIndex {
    explicit CoverageIndex(const Case &aCase);

    std::vector<std::map<std::string, std::vector<const StepResult *>>> results; ///< by node and step
    std::vector<std::map<std::string, const StepResult *>> refusals; ///< by node and pair step: the last end of a partner that was waived
    std::vector<std::set<std::string>> figures;                 ///< by node: steps that have a figure
    std::vector<std::map<std::string, std::set<int>>> partners; ///< by node and step: with whom there is a figure
    std::vector<std::map<std::string, std::vector<const GroupAttempt *>>> groups; ///< by node and step: those that it was in
    std::vector<NodeFailure> standing;                          ///< failures that still count
    std::vector<const NodeFailure *> failures;                  ///< the last one of each node
    int present = 0;                                            ///< nodes that did not fail
    int diedOnTheWay = 0;                                       ///< nodes that had results before they failed
};

CoverageIndex::CoverageIndex(const Case &aCase)
{
    const auto count = static_cast<std::size_t>(aCase.nodes.size());
    results.resize(count);
    refusals.resize(count);
    figures.resize(count);
    partners.resize(count);
    groups.resize(count);
    failures.resize(count, nullptr);
    for (const StepResult &result : aCase.run.results) {
        if (const auto node = aCase.nodes.find(result.node.text()))
            results[static_cast<std::size_t>(*node)][result.key.step.text()].push_back(&result);
        const auto peer = result.key.peer.empty() ? std::nullopt : aCase.nodes.find(result.key.peer.text());
        if (peer && result.finished.status == StepStatus::Waived)
            refusals[static_cast<std::size_t>(*peer)][result.key.step.text()] = &result;
    }
    for (const Figure &figure : aCase.figures) {
        if (!figure.ends) {
            figures[static_cast<std::size_t>(figure.node)].insert(figure.stepId);
            continue;
        }
        const auto [from, to] = *figure.ends;
        partners[static_cast<std::size_t>(from)][figure.stepId].insert(to);
        partners[static_cast<std::size_t>(to)][figure.stepId].insert(from);
    }
    for (const GroupAttempt &attempt : aCase.groups) {
        for (const RankProgress &rank : attempt.ranks) {
            if (const auto node = aCase.nodes.find(rank.node.text()))
                groups[static_cast<std::size_t>(*node)][attempt.key.step.text()].push_back(&attempt);
        }
    }
    standing = domain::standingFailures(aCase.run);
    for (const NodeFailure &failure : standing) {
        if (const auto node = aCase.nodes.find(failure.node.text()))
            failures[static_cast<std::size_t>(*node)] = &failure;
    }
    present = static_cast<int>(std::ranges::count(failures, nullptr));
    for (std::size_t node = 0; node < count; ++node)
        diedOnTheWay += failures[node] && !results[node].empty();
}

/// Judges what is there and what is missing of one node.
class NodeCoverage
{
public:
    NodeCoverage(Case &aCase, const CoverageIndex &index, int node)
        : m_case(aCase), m_index(index), m_node(node), m_results(index.results[static_cast<std::size_t>(node)]),
          m_failure(index.failures[static_cast<std::size_t>(node)])
    {
        m_verdict.node = aCase.nodes.at(node);
        m_verdict.rack = aCase.nodes.rack(node);
    }

    NodeVerdict run();

private:
    using Results = std::vector<const StepResult *>;

    void step(const PlanStep &step);
    bool wrongHardware(const PlanStep &step, const Results &results);
    bool waived(const PlanStep &step, const StepResult &last);
    void pairStep(const PlanStep &step, const Results &results);
    void groupStep(const PlanStep &step, const Results &results);
    void noResult(const PlanStep &step);
    std::string whyNotInGroup(const StepResult &last) const;
    std::vector<const GroupAttempt *> groupsOf(const domain::StepId &step) const; ///< those that the node was in
    const StepResult *refusalOfOthers(const PlanStep &step) const;
    void missing(const PlanStep &step, const std::string &why);
    void say(const PlanStep &step, Verdict verdict, Judgement judgement, const std::string &what, std::string source, std::string advice = {});
    void connection();
    void cutOff();
    std::string why(const StepResult &last) const;
    static const StepResult *lastOf(const Results &results);

    Case &m_case;
    const CoverageIndex &m_index;
    const int m_node;
    const std::map<std::string, Results> &m_results;
    const NodeFailure *const m_failure;
    NodeVerdict m_verdict;
    bool m_missing = false;
    std::vector<std::string> m_cutOff; ///< required steps that a run which was cut off did not come to
};

NodeVerdict NodeCoverage::run()
{
    const bool silent = m_results.empty() && m_failure;
    for (const PlanStep &each : m_case.run.info.plan.steps) {
        if (silent)
            m_verdict.coverage.planned += each.need == domain::Need::Required;
        else
            step(each);
    }
    if (!m_cutOff.empty())
        cutOff();
    const bool untrusted = m_failure && m_failure->failure.kind == domain::FailureKind::Untrusted;
    if (silent || untrusted || (m_failure && m_missing))
        connection();
    m_verdict.reached = !(silent && isBeforeLogin(m_failure->failure.stage));
    return std::move(m_verdict);
}

void NodeCoverage::step(const PlanStep &step)
{
    const auto found = m_results.find(step.id.text());
    const Results none;
    const Results &results = found == m_results.end() ? none : found->second;
    const bool required = step.need == domain::Need::Required;
    m_verdict.coverage.planned += required;

    if (wrongHardware(step, results)) {
        m_verdict.coverage.measured += required;
        return;
    }
    if (step.scope == domain::Scope::Pair)
        return pairStep(step, results);
    if (step.scope == domain::Scope::Group)
        return groupStep(step, results);
    const StepResult *const last = lastOf(results);
    if (!last)
        return noResult(step);
    if (last->finished.status == StepStatus::Completed && !m_index.figures[static_cast<std::size_t>(m_node)].contains(step.id.text()))
        missing(step, "it says completed, but not one figure came");
    else if (last->finished.status == StepStatus::Completed)
        m_verdict.coverage.measured += required;
    else if (!waived(step, *last))
        missing(step, why(*last));
}

void NodeCoverage::noResult(const PlanStep &step)
{
    const domain::RunState state = m_case.run.info.state;
    const bool required = step.need == domain::Need::Required;
    if (required && (state == domain::RunState::Cancelled || state == domain::RunState::Interrupted))
        return m_cutOff.push_back(step.id.text());
    missing(step, state == domain::RunState::Running ? "not measured yet" : "no result came");
}

/// A miscompare that comes and goes is a bad part: no later attempt takes it back.
bool NodeCoverage::wrongHardware(const PlanStep &step, const Results &results)
{
    std::set<std::pair<domain::NodeId, int>> accusers; // partners or groups
    const StepResult *wrong = nullptr;
    for (const StepResult *result : results) {
        if (result->finished.status != StepStatus::Failed)
            continue;
        wrong = result;
        accusers.insert({result->key.peer, result->key.group});
    }
    if (!wrong)
        return false;
    // Between two nodes or in a group it takes a second partner or group to tell which of them it is.
    const bool certain = step.scope == domain::Scope::Node || accusers.size() > 1;
    say(step, certain ? Verdict::Failed : Verdict::Marginal, Judgement::State, wrong->finished.reason, "the check itself, " + wrong->key.text(),
        "take the node out of use and exchange the part that is named");
    return true;
}

/// True if the step needs no result. Counts it out of the plan then.
bool NodeCoverage::waived(const PlanStep &step, const StepResult &last)
{
    if (last.finished.status != StepStatus::Waived)
        return false;
    const bool required = step.need == domain::Need::Required;
    if (last.finished.waiver == Waiver::NotPresent) {
        m_verdict.coverage.planned -= required;
        say(step, Verdict::Qualified, Judgement::Coverage, "not present: " + last.finished.reason, "the check itself");
        return true;
    }
    for (const Acceptance &acceptance : m_case.criteria.acceptances) {
        if (acceptance.check != step.check.text())
            continue;
        m_verdict.coverage.planned -= required;
        const std::string text = step.check.text() + " not permitted: accepted by " + acceptance.acceptedBy + " (" + acceptance.reason + ")";
        if (std::ranges::find(m_verdict.accepted, text) == m_verdict.accepted.end())
            m_verdict.accepted.push_back(text);
        return true;
    }
    return false;
}

void NodeCoverage::pairStep(const PlanStep &step, const Results &results)
{
    const bool required = step.need == domain::Need::Required;
    const auto &partners = m_index.partners[static_cast<std::size_t>(m_node)];
    const auto met = partners.find(step.id.text());
    const int count = met == partners.end() ? 0 : static_cast<int>(met->second.size());

    // A partner that failed on its way is not this node's fault.
    std::set<domain::NodeId> gone;
    const StepResult *bad = nullptr;
    for (const StepResult *result : results) {
        const auto peer = m_case.nodes.find(result->key.peer.text());
        if (peer && m_index.failures[static_cast<std::size_t>(*peer)] && !(met != partners.end() && met->second.contains(*peer)))
            gone.insert(result->key.peer);
        else if (result->finished.status != StepStatus::Completed)
            bad = result;
    }
    const int others = m_index.present - (m_failure ? 0 : 1);
    const int wanted = std::max(1, std::min(step.partners, others) - static_cast<int>(gone.size()));
    // A pair whose other end died before it began leaves no trace here; nothing is held against this end.
    const bool excused = count > 0 && !bad && wanted - count <= m_index.diedOnTheWay;
    if (count >= wanted || excused) {
        m_verdict.coverage.measured += required;
        return;
    }
    // Whoever serves is asked first; where that end waives, this one is never asked.
    const auto &refusals = m_index.refusals[static_cast<std::size_t>(m_node)];
    const auto refusal = refusals.find(step.id.text());
    const StepResult *const last = !results.empty() ? lastOf(results) : refusal != refusals.end() ? refusal->second : nullptr;
    if (last && count == 0 && waived(step, *last))
        return;
    if (others < 1)
        return missing(step, "no partner could be reached: it takes two nodes");
    const std::string so = "met " + std::to_string(count) + " of " + std::to_string(wanted) + " partners";
    if (bad)
        return missing(step, so + "; with " + bad->key.peer.text() + ": " + why(*bad));
    missing(step, m_case.run.info.state == domain::RunState::Running ? so + " so far" : so);
}

/// One group that completed is enough. What the node did to others is said apart (testGroups).
void NodeCoverage::groupStep(const PlanStep &step, const Results &results)
{
    const bool required = step.need == domain::Need::Required;
    const bool completed = std::ranges::any_of(results, [](const StepResult *result) { return result->finished.status == StepStatus::Completed; });
    if (completed && !m_index.figures[static_cast<std::size_t>(m_node)].contains(step.id.text()))
        return missing(step, "it says completed, but not one figure came");
    const auto named = [&](const GroupAttempt *attempt) { return attempt->late && attempt->late->node == m_verdict.node; };
    if (completed || std::ranges::count_if(groupsOf(step.id), named) > 1) {
        m_verdict.coverage.measured += required;
        return;
    }
    const StepResult *const last = lastOf(results);
    const StepResult *const refusal = last && last->finished.status != StepStatus::Abandoned ? last : refusalOfOthers(step);
    if (refusal && waived(step, *refusal))
        return;
    if (!last && m_index.present - (m_failure ? 0 : 1) < 1)
        return missing(step, "no other node could be reached: it takes two nodes");
    if (!last)
        return noResult(step);
    missing(step, whyNotInGroup(*last));
}

/// Where all others waive there is nobody to measure with. The last of them stands for all; nullptr if one took part.
const StepResult *NodeCoverage::refusalOfOthers(const PlanStep &step) const
{
    const StepResult *refusal = nullptr;
    for (std::size_t node = 0; node < m_index.results.size(); ++node) {
        const auto found = m_index.results[node].find(step.id.text());
        if (static_cast<int>(node) == m_node || found == m_index.results[node].end())
            continue;
        const StepResult *const last = lastOf(found->second);
        if (last->finished.status != StepStatus::Waived)
            return nullptr;
        refusal = last;
    }
    return refusal;
}

std::vector<const GroupAttempt *> NodeCoverage::groupsOf(const domain::StepId &step) const
{
    const auto &groups = m_index.groups[static_cast<std::size_t>(m_node)];
    const auto found = groups.find(step.text());
    return found == groups.end() ? std::vector<const GroupAttempt *>() : found->second;
}

std::string NodeCoverage::whyNotInGroup(const StepResult &last) const
{
    const GroupAttempt *latest = nullptr; // that this node was in and that was broken
    const GroupAttempt *mine = nullptr;   // that it broke itself
    for (const GroupAttempt *attempt : groupsOf(last.key.step)) {
        if (!attempt->broken)
            continue;
        latest = attempt;
        if (attempt->late && attempt->late->node == m_verdict.node)
            mine = attempt;
    }
    if (mine)
        return mine->late->why + (m_case.run.info.state == domain::RunState::Running ? "; it has not been measured again yet" : "; measured again it had no result");
    if (!latest)
        return why(last);
    if (!latest->why.empty())
        return "no group that it was in came to its end: " + latest->why;
    return "no group that it was in came to its end, and nobody can tell whom they waited for: " + last.finished.reason;
}

void NodeCoverage::missing(const PlanStep &step, const std::string &why)
{
    const bool required = step.need == domain::Need::Required;
    m_missing = m_missing || required;
    say(step, required ? Verdict::Unknown : Verdict::Qualified, Judgement::Coverage, required ? why : "informative only: " + why,
        "plan " + m_case.run.info.plan.name + (required ? ", required" : ", informative"),
        required ? "remove the cause and run again" : std::string());
}

void NodeCoverage::say(const PlanStep &step, Verdict verdict, Judgement judgement, const std::string &what, std::string source, std::string advice)
{
    Finding finding;
    finding.verdict = verdict;
    finding.judgement = judgement;
    finding.check = step.check.text();
    finding.subject = "node";
    finding.limit = "—";
    finding.source = std::move(source);
    finding.text = step.id.text() + " on " + m_verdict.node.text() + ": " + what;
    finding.advice = std::move(advice);
    m_case.add(m_node, std::move(finding));
}

void NodeCoverage::connection()
{
    Finding finding;
    finding.verdict = Verdict::Unknown;
    finding.judgement = Judgement::Coverage;
    finding.check = "reach";
    finding.subject = "node";
    finding.limit = "—";
    finding.source = "the connection itself";
    const domain::Failure &failure = m_failure->failure;
    finding.text = domain::stageText(failure.stage) + ": " + failure.what + (failure.attempted.empty() ? "" : " (tried: " + failure.attempted + ")");
    finding.advice = m_failure->failure.advice;
    // It is the cause of what is missing, so it comes before it.
    auto &findings = m_case.findings[static_cast<std::size_t>(m_node)];
    findings.insert(findings.begin(), std::move(finding));
}

/// One sentence for all that a cancelled run did not come to, instead of one a step.
void NodeCoverage::cutOff()
{
    m_missing = true;
    std::string steps;
    for (const std::string &step : m_cutOff)
        steps += (steps.empty() ? "" : ", ") + step;
    Finding finding;
    finding.verdict = Verdict::Unknown;
    finding.judgement = Judgement::Coverage;
    finding.check = "coverage";
    finding.subject = "node";
    finding.limit = "—";
    finding.source = "plan " + m_case.run.info.plan.name + ", required";
    const bool cancelled = m_case.run.info.state == domain::RunState::Cancelled;
    finding.text = "the run was " + std::string(cancelled ? "cancelled" : "let go") + " before " + m_verdict.node.text() + " had a result of " + steps;
    finding.advice = cancelled ? "run again" : "continue the run";
    m_case.add(m_node, std::move(finding));
}

std::string NodeCoverage::why(const StepResult &last) const
{
    const std::string &reason = last.finished.reason;
    switch (last.finished.status) {
    case StepStatus::Timeout:
        return "no result within its deadline: " + reason;
    case StepStatus::Abandoned:
        return "ended before it had a result: " + reason;
    case StepStatus::Waived:
        return "not permitted: " + reason;
    case StepStatus::Error:
    case StepStatus::Failed:
    case StepStatus::Completed:
        break;
    }
    return "the check could not do its work: " + reason;
}

const StepResult *NodeCoverage::lastOf(const Results &results)
{
    const StepResult *last = nullptr;
    for (const StepResult *result : results) {
        const auto number = [](const StepResult &each) { return std::pair(each.key.group, each.key.attempt); };
        if (!last || number(*result) >= number(*last))
            last = result;
    }
    return last;
}

} // namespace

std::vector<NodeVerdict> testCoverage(Case &aCase)
{
    const CoverageIndex index(aCase);
    std::vector<NodeVerdict> verdicts;
    for (int node = 0; node < aCase.nodes.size(); ++node)
        verdicts.push_back(NodeCoverage(aCase, index, node).run());
    return verdicts;
}

} // namespace seatrial::analysis
