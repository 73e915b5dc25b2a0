// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/case.h"

namespace seatrial::analysis {

using domain::Finding;
using domain::Verdict;

namespace {

constexpr std::size_t kMostTold = 3;

/// When a node was the one that the others waited for, in one step.
using Namings = std::vector<const GroupAttempt *>;

/// "group 1", "group 1 again": attempts of one group have one number.
std::string groupText(const domain::StepKey &key)
{
    return "group " + std::to_string(key.group) + (key.attempt > 1 ? ", attempt " + std::to_string(key.attempt) : std::string());
}

Finding lateFinding(const domain::PlanStep &step, const std::string &node, const Namings &namings, const GroupAttempt *completed)
{
    const bool again = namings.size() > 1;
    Finding finding;
    finding.verdict = again ? Verdict::Failed : Verdict::Marginal;
    finding.judgement = domain::Judgement::State;
    finding.check = step.check.text();
    finding.subject = "node";
    finding.limit = "—";
    finding.source = "the group itself: how far each rank came";
    finding.text = step.id.text() + " on " + node + ": ";
    if (again)
        finding.text += "others waited for it " + (namings.size() == 2 ? std::string("twice") : std::to_string(namings.size()) + " times") + ": ";
    for (std::size_t i = 0; i < namings.size() && i < kMostTold; ++i)
        finding.text += (i == 0 ? "" : "; then ") + namings[i]->late->why + " (" + groupText(namings[i]->key) + ")";
    if (!again && completed)
        finding.text += "; measured again in " + groupText(completed->key) + " it came to the end";
    finding.advice = again ? "take the node out of use; read its kernel log for that time, then look at its adapters, links and memory"
                           : "read its kernel log for that time, and run the plan again: what comes and goes comes again";
    return finding;
}

} // namespace

void testGroups(Case &aCase)
{
    using Place = std::pair<int, domain::StepId>; // node and step
    std::map<Place, Namings> namings;
    std::map<Place, const GroupAttempt *> completed;
    for (const GroupAttempt &attempt : aCase.groups) {
        for (const RankProgress &rank : attempt.ranks) {
            const auto node = aCase.nodes.find(rank.node.text());
            if (node && rank.completed)
                completed[{*node, attempt.key.step}] = &attempt;
            if (node && attempt.late && attempt.late->node == rank.node)
                namings[{*node, attempt.key.step}].push_back(&attempt);
        }
    }
    for (const auto &[place, times] : namings) {
        const domain::PlanStep *const step = aCase.run.info.plan.find(place.second);
        const auto end = completed.find(place);
        // Once, and nothing since: that is for the coverage to say, the node has no result.
        if (!step || (times.size() == 1 && end == completed.end()))
            continue;
        aCase.add(place.first, lateFinding(*step, aCase.name(place.first), times, end == completed.end() ? nullptr : end->second));
    }
}

} // namespace seatrial::analysis
