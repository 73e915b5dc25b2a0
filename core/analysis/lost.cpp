// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/case.h"

#include <algorithm>
#include <array>

namespace seatrial::analysis {

using domain::Finding;
using domain::StepResult;
using domain::Verdict;
using protocol::StepStatus;
using protocol::Waiver;

namespace {

constexpr std::array<std::string_view, 3> kKinds{"gpu/", "nic/", "ib/"};

/// The part of a subject that can be lost: "gpu/3" of "gpu/3/link/7"; empty for other subjects.
std::string partOf(const std::string &subject)
{
    const auto kind = std::ranges::find_if(kKinds, [&](std::string_view start) { return subject.starts_with(start); });
    if (kind == kKinds.end() || pairEnds(subject))
        return {};
    return subject.substr(0, subject.find('/', kind->size()));
}

/// What one check saw on one node, before the load and after it.
struct Seen {
    std::set<std::string> before;
    std::set<std::string> after;
};

/// Whether the check looked after the load, so that what it did not see is not there: not one that could not do its work.
bool looked(const Case &aCase, int node, const std::string &check)
{
    bool anyLook = false;
    for (const StepResult &result : aCase.run.results) {
        if (result.finished.check != check || aCase.nodes.find(result.node.text()) != node)
            continue;
        const auto &steps = aCase.run.info.plan.steps;
        const auto step = std::ranges::find(steps, result.key.step, &domain::PlanStep::id);
        if (step == steps.end())
            continue;
        const auto phase = step->parameters.find("phase");
        if (phase == step->parameters.end() || phase->second != "after")
            continue;
        const StepStatus status = result.finished.status;
        anyLook |= status == StepStatus::Completed || status == StepStatus::Failed || (status == StepStatus::Waived && result.finished.waiver == Waiver::NotPresent);
    }
    return anyLook;
}

} // namespace

void testLost(Case &aCase)
{
    std::map<std::pair<int, std::string>, Seen> all;
    for (const Figure &figure : aCase.figures) {
        if (figure.phase.empty() || figure.ends)
            continue;
        const std::string part = partOf(figure.subject);
        if (part.empty())
            continue;
        Seen &seen = all[{figure.node, figure.check}];
        (figure.phase == "before" ? seen.before : seen.after).insert(part);
    }
    for (const auto &[key, seen] : all) {
        const auto &[node, check] = key;
        if (std::ranges::includes(seen.after, seen.before) || !looked(aCase, node, check))
            continue;
        for (const std::string &part : seen.before) {
            if (seen.after.contains(part))
                continue;
            Finding finding;
            finding.verdict = part.starts_with("nic/") ? Verdict::Marginal : Verdict::Failed; // an interface may be taken away by software
            finding.judgement = domain::Judgement::State;
            finding.check = check;
            finding.subject = part;
            finding.limit = "—";
            finding.source = "the check itself: what it saw before the load and after it";
            finding.text = aCase.where(node, part, true) + ": it was there before the load and is not there after it";
            finding.advice = part.starts_with("gpu/") ? "read the kernel log for its PCI address (Xid 79: fallen off the bus), then power the node off and on and measure again"
                                                      : "read the kernel log for its PCI address, then reseat it";
            aCase.add(node, std::move(finding));
        }
    }
}

} // namespace seatrial::analysis
