// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/judge.h"

#include "core/analysis/case.h"
#include "core/analysis/limits.h"
#include "core/analysis/notes.h"
#include "core/analysis/same_fault.h"
#include "core/analysis/sentences.h"
#include "core/domain/node_set.h"

#include <algorithm>
#include <limits>

namespace seatrial::analysis {

using domain::Finding;
using domain::FleetVerdict;
using domain::NodeVerdict;
using domain::Verdict;

namespace {

using FigureName = std::pair<std::string_view, std::string_view>; ///< check and metric

std::map<FigureName, std::vector<std::size_t>> figuresByName(const std::vector<Figure> &figures)
{
    std::map<FigureName, std::vector<std::size_t>> places;
    for (std::size_t index = 0; index < figures.size(); ++index)
        places[{figures[index].check, figures[index].metric}].push_back(index);
    return places;
}

void testCriteria(Case &aCase)
{
    const auto places = figuresByName(aCase.figures);
    std::vector<CriterionFigures> groups;
    for (const Criterion &criterion : aCase.criteria.criteria) {
        if (criterion.kind == Criterion::Kind::Uniform) {
            testUniform(aCase, criterion);
            continue;
        }
        const auto named = places.find({criterion.check, criterion.metric});
        if (named == places.end())
            continue;
        CriterionFigures group{criterion, {}, {}};
        for (const std::size_t index : named->second) {
            const Figure &figure = aCase.figures[index];
            if (!globMatches(criterion.subject, figure.subject))
                continue;
            aCase.judged[index] = true;
            (figure.ends ? group.ofPairs : group.ofNodes).push_back(&figure);
        }
        testNodes(aCase, group);
        groups.push_back(std::move(group));
    }
    testPairs(aCase, groups);
}

/// Every figure is listed, judged or not; of a step done before and after the later one.
void listUnlimited(Case &aCase)
{
    std::map<std::tuple<int, std::string, std::string, std::string, std::string>, std::size_t> latest;
    for (std::size_t index = 0; index < aCase.figures.size(); ++index) {
        const Figure &figure = aCase.figures[index];
        if (aCase.judged[index])
            continue;
        const std::string step = figure.phase.empty() ? figure.stepId : figure.check;
        const auto [place, isNew] = latest.try_emplace({figure.node, step, figure.metric, figure.subject, figure.size}, index);
        if (!isNew && figure.phase == "after")
            place->second = index;
    }
    std::map<int, std::size_t> counts; // a node may have very many: no list of them grows by doubling
    for (const auto &[key, index] : latest)
        ++counts[aCase.figures[index].node];
    const std::size_t coverage = 2 * aCase.run.info.plan.steps.size(); // comes behind them
    for (const auto &[node, count] : counts) {
        auto &findings = aCase.findings[static_cast<std::size_t>(node)];
        findings.reserve(findings.size() + count + coverage);
    }
    for (const auto &[key, index] : latest) {
        const Figure &figure = aCase.figures[index];
        Finding finding = findingOf(figure);
        finding.source = "no limit in criteria " + aCase.criteria.name;
        finding.text = figure.name() + " " + shownValue(figure.value, figure.unit) + ", " + figure.subject
            + (figure.subject == "node" ? " " + aCase.name(figure.node) : std::string()) + ": no limit";
        if (figure.ends) {
            const int other = figure.ends->first == figure.node ? figure.ends->second : figure.ends->first;
            aCase.add(other, finding);
        }
        aCase.add(figure.node, std::move(finding));
    }
}

void sortWorstFirst(std::vector<Finding> &findings)
{
    const auto room = [](const Finding &finding) { return finding.margin.value_or(std::numeric_limits<double>::infinity()); };
    // What was missed without a margin (a broken part, a lost node) comes first within its verdict.
    const auto rank = [&](const Finding &finding) {
        const bool missed = finding.verdict != Verdict::Qualified;
        return missed && !finding.margin ? -std::numeric_limits<double>::infinity() : room(finding);
    };
    std::ranges::stable_sort(findings, [&](const Finding &a, const Finding &b) {
        return a.verdict != b.verdict ? a.verdict > b.verdict : rank(a) < rank(b);
    });
}

void conclude(NodeVerdict &verdict, std::vector<Finding> findings)
{
    sortWorstFirst(findings);
    verdict.verdict = findings.empty() ? Verdict::Unknown : findings.front().verdict;
    std::ranges::copy_if(findings, std::back_inserter(verdict.reasons),
                         [](const Finding &finding) { return finding.verdict != Verdict::Qualified; });
    verdict.findings = std::move(findings);
    if (verdict.verdict != Verdict::Qualified || verdict.coverage.measured > 0)
        return;
    // Nothing that was required has been measured: there is nothing to qualify it by.
    Finding nothing;
    nothing.verdict = Verdict::Unknown;
    nothing.judgement = domain::Judgement::Coverage;
    nothing.check = "coverage";
    nothing.subject = "node";
    nothing.limit = "—";
    nothing.source = "the plan";
    nothing.text = verdict.node.text() + ": no required step has a result, so there is nothing to qualify it by";
    nothing.advice = "choose a plan whose required checks apply to this node";
    verdict.verdict = Verdict::Unknown;
    verdict.reasons.push_back(nothing);
    verdict.findings.insert(verdict.findings.begin(), std::move(nothing));
}

void noteTooFew(std::vector<std::string> &notes, const Case &aCase, const std::map<int, std::set<std::string>> &tooFew, const std::string &what)
{
    for (const auto &[count, checks] : tooFew) {
        std::string names;
        for (const std::string &check : checks)
            names += (names.empty() ? "" : ", ") + check;
        notes.push_back("fleet test off: " + std::to_string(count) + " " + what + (count == 1 ? "" : "s") + ", needs "
                        + std::to_string(aCase.criteria.fleetMinimum) + " (" + names + ")");
    }
}

/// What no file of models knows is not judged against a model: said once, and never passed in silence.
void noteUnknownModels(std::vector<std::string> &notes, const Case &aCase)
{
    constexpr std::size_t kLongestName = 80;
    constexpr std::size_t kMostModels = 10;
    std::size_t count = 0;
    for (const auto &[model, nodes] : aCase.modelsUnknown) {
        if (++count > kMostModels)
            return notes.push_back("and " + std::to_string(aCase.modelsUnknown.size() - kMostModels) + " more models that are not known");
        std::vector<domain::NodeId> names;
        for (const int node : nodes)
            names.push_back(aCase.nodes.at(node));
        notes.push_back("not judged against what the model promises: "
                        + (model.empty() ? std::string("which GPU it is was not read") : "no file of models knows \"" + model.substr(0, kLongestName) + "\"") + " ("
                        + domain::foldNodeSet(names) + ")");
    }
}

/// Says of each finding which part a person has to go to. A sentence of the check itself names GPUs by number only.
void nameParts(const Case &aCase, int node, std::vector<Finding> &findings)
{
    std::map<std::string_view, domain::PartNames> bySubject;
    for (Finding &finding : findings) {
        const auto [named, isNew] = bySubject.try_emplace(finding.subject);
        if (isNew)
            named->second = domain::PartNames(aCase.parts.named(node, finding.subject));
        finding.parts = named->second;
        if (!finding.parts.empty() || finding.subject != "node" || finding.verdict == Verdict::Qualified || finding.metric.size())
            continue;
        finding.parts = domain::PartNames(aCase.parts.mentioned(node, finding.text));
        for (const domain::PartName &part : finding.parts)
            finding.text += "; " + PartTable::shown(part);
    }
}

std::vector<std::string> notesOf(const Case &aCase)
{
    std::vector<std::string> notes = aCase.notes;
    std::ranges::copy(notesOfRun(aCase.run), std::back_inserter(notes));
    noteTooFew(notes, aCase, aCase.fleetTooSmall, "node");
    noteTooFew(notes, aCase, aCase.hostsTooFew, "physical host");
    noteUnknownModels(notes, aCase);
    std::set<int> simulated;
    for (const Figure &figure : aCase.figures) {
        if (figure.simulated)
            simulated.insert(figure.node);
    }
    if (simulated.empty())
        return notes;
    std::vector<domain::NodeId> nodes;
    for (const int node : simulated)
        nodes.push_back(aCase.nodes.at(node));
    notes.push_back("simulated results: " + domain::foldNodeSet(nodes));
    return notes;
}

} // namespace

std::string Case::where(int node, const std::string &subject, bool inFull) const
{
    if (subject == "node")
        return name(node);
    const std::string part = inFull ? parts.shown(node, subject) : std::string();
    return part.empty() ? name(node) + " (" + subject + ")" : name(node) + ", " + part;
}

std::string Case::others(const std::set<int> &group, int node, const Criterion &criterion) const
{
    std::vector<domain::NodeId> names;
    for (const int other : group) {
        if (owner(other, criterion) != owner(node, criterion))
            names.push_back(nodes.at(other));
    }
    constexpr std::size_t kLongestList = 80;
    const std::string folded = domain::foldNodeSet(names);
    const std::string count = std::to_string(names.size()) + " other node" + (names.size() == 1 ? "" : "s");
    return folded.size() > kLongestList ? count : count + " (" + folded + ")";
}

FleetVerdict judge(const domain::RunData &run, const Criteria &criteria)
{
    Case aCase(run, criteria);
    testCriteria(aCase);
    listUnlimited(aCase);
    testLost(aCase);
    testXids(aCase);
    testLives(aCase);
    testGroups(aCase);
    FleetVerdict fleet;
    fleet.run = run.info.id;
    fleet.nodes = testCoverage(aCase);
    for (std::size_t node = 0; node < fleet.nodes.size(); ++node) {
        mergeSameFaults(aCase.parts, static_cast<int>(node), aCase.findings[node]);
        nameParts(aCase, static_cast<int>(node), aCase.findings[node]);
        conclude(fleet.nodes[node], std::move(aCase.findings[node]));
    }
    fleet.notes = notesOf(aCase);
    return fleet;
}

} // namespace seatrial::analysis
