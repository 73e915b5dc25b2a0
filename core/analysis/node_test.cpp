// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/case.h"
#include "core/analysis/limits.h"
#include "core/analysis/population.h"
#include "core/analysis/sentences.h"
#include "core/analysis/statistics.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace seatrial::analysis {

using domain::Finding;
using domain::Verdict;

namespace {

/// A number among the parameters of a measurement.
std::optional<double> parameterOf(const Figure &figure, const std::string &name)
{
    if (name.empty() || !figure.parameters || !figure.parameters->contains(name))
        return std::nullopt;
    const std::string &text = figure.parameters->at(name);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// Judges the figures of nodes by one criterion.
class NodeTest
{
public:
    NodeTest(Case &aCase, const CriterionFigures &group) : m_case(aCase), m_criterion(group.criterion), m_figures(group.ofNodes) {}

    void run()
    {
        switch (m_criterion.kind) {
        case Criterion::Kind::Absolute:
            for (const Figure *figure : m_figures)
                keep(*figure, absoluteLimits(m_criterion), {});
            break;
        case Criterion::Kind::Ratio:
            ratio();
            break;
        case Criterion::Kind::Fleet:
            fleet();
            break;
        case Criterion::Kind::Delta:
            delta();
            break;
        case Criterion::Kind::Apart:
            apart();
            break;
        case Criterion::Kind::Sku:
            model();
            break;
        case Criterion::Kind::Common:
            common();
            break;
        case Criterion::Kind::Uniform:
            break; // of parts, not of figures
        }
        for (auto &[place, finding] : m_kept)
            m_case.add(std::get<0>(place), std::move(finding));
    }

private:
    using Place = std::tuple<int, std::string, std::string>; ///< node, step, subject

    Limits unjudged(std::string why) const
    {
        return {.direction = m_criterion.direction, .marginal = {}, .failed = {}, .unjudged = std::move(why)};
    }
    void keep(const Figure &figure, const Limits &limits, const std::string &why) { keep(figure, limits, why, m_criterion); }
    void keep(const Figure &figure, const Limits &limits, const std::string &why, const Criterion &by);
    void ratio();
    void fleet();
    void compare(const std::vector<const Figure *> &group);
    void delta();
    void apart();
    void model();
    std::vector<const Sku *> modelsOf(const Figure &figure, std::string &unknown) const;
    void common();
    void compareWithMost(const std::vector<const Figure *> &group);

    Case &m_case;
    const Criterion &m_criterion;
    const std::vector<const Figure *> &m_figures;
    std::map<Place, Finding> m_kept;
};

/// One finding a figure; of a step that is done before and after the worse of the two.
void NodeTest::keep(const Figure &figure, const Limits &limits, const std::string &why, const Criterion &by)
{
    Finding finding = findingOf(figure, m_case.criteria, by, limits);
    const std::string where = m_case.where(figure.node, figure.subject, finding.verdict != Verdict::Qualified);
    const std::string name = figure.name() + " ";
    if (!unusable(figure, by).empty()) {
        finding.text = name + shownValue(figure.value, figure.unit) + " on " + where + ": " + finding.text;
    } else if (!finding.limitValue) {
        finding.text = name + shownValue(figure.value, figure.unit) + " on " + where + ", not judged: " + limits.unjudged;
    } else {
        finding.text = name + shownComparison(figure.value, where, limits.direction, *finding.limitValue, figure.unit);
        if (finding.verdict != Verdict::Qualified)
            finding.text += why;
        if (figure.attempts > 1)
            finding.text += ", the median of " + std::to_string(figure.attempts) + " attempts";
        if (figure.disturbed && finding.verdict != Verdict::Qualified) {
            finding.verdict = Verdict::Unknown;
            finding.text += "; disturbed: others or a quota held its CPUs for a part of the time, so it says nothing of the hardware";
            finding.advice = "measure again when nobody else computes on this node, or on the host below it";
        }
    }

    const std::string &phase = figure.phase;
    const Place place{figure.node, phase.empty() ? figure.stepId : std::string(), figure.subject};
    const auto [kept, isNew] = m_kept.try_emplace(place, finding);
    if (!isNew && finding.verdict >= kept->second.verdict)
        kept->second = std::move(finding);
}

void NodeTest::ratio()
{
    std::map<Place, double> wholes;
    for (const Figure &figure : m_case.figures) {
        if (figure.check == m_criterion.check && figure.metric == m_criterion.of)
            wholes[{figure.node, figure.stepId, figure.subject}] = figure.value;
    }
    for (const Figure *figure : m_figures) {
        const auto found = wholes.find({figure->node, figure->stepId, figure->subject});
        if (found == wholes.end() || found->second <= 0) {
            keep(*figure, unjudged("there is no " + m_criterion.of + " to compare with"), {});
            continue;
        }
        const double cap = parameterOf(*figure, m_criterion.cappedBy).value_or(found->second);
        const bool capped = cap > 0 && cap < found->second;
        const double whole = capped ? cap : found->second;
        const std::string percent = shownValue(100 * figure->value / whole, protocol::Unit::Percent, 2);
        keep(*figure, ratioLimits(m_criterion, whole),
             ": " + percent + " of " + (capped ? m_criterion.cappedBy : m_criterion.of) + " " + shownValue(whole, figure->unit));
    }
}

void NodeTest::fleet()
{
    std::map<std::pair<std::string, std::string>, std::vector<const Figure *>> groups;
    for (const Figure *figure : m_figures)
        groups[{figure->stepId, m_criterion.sameSubject ? figure->subject : std::string()}].push_back(figure);
    for (const auto &[key, group] : groups)
        compare(group);
}

void NodeTest::compare(const std::vector<const Figure *> &group)
{
    Population population;
    std::set<int> nodes;
    for (const Figure *figure : group) {
        if (!unusable(*figure, m_criterion).empty())
            continue;
        population.add(m_case.owner(figure->node, m_criterion), figure->value);
        nodes.insert(figure->node);
    }
    population.seal();
    const int count = static_cast<int>(population.owners());
    const bool enough = count >= m_case.criteria.fleetMinimum;
    if (!enough)
        (m_criterion.ofHost ? m_case.hostsTooFew : m_case.fleetTooSmall)[count].insert(m_criterion.check);
    const std::string what = m_criterion.ofHost ? " physical host" : " node";
    for (const Figure *figure : group) {
        if (!enough) {
            keep(*figure,
                 unjudged("only " + std::to_string(count) + what + (count == 1 ? "" : "s") + " to compare, needs "
                          + std::to_string(m_case.criteria.fleetMinimum)),
                 {});
            continue;
        }
        const Centre centre = population.without(m_case.owner(figure->node, m_criterion));
        const Limits limits = fleetLimits(m_criterion, m_case.criteria, centre);
        std::string why;
        if (limits.judge(figure->value) != Verdict::Qualified) {
            why = ": " + shownDistance(figure->value, centre.median) + " the median of " + m_case.others(nodes, figure->node, m_criterion) + ", z "
                + shownZ(robustZ(figure->value, centre.median, centre.mad, m_criterion.floor.value_or(m_case.criteria.fleetFloor)));
        }
        keep(*figure, limits, why);
    }
}

void NodeTest::delta()
{
    std::map<std::pair<int, std::string>, double> before;
    for (const Figure *figure : m_figures) {
        if (figure->phase == "before")
            before[{figure->node, figure->subject}] = figure->value;
    }
    // Counters that are listed only beyond some value (listed_above) had that value where the look before the load left them out.
    std::set<int> looked;
    for (const Figure &figure : m_case.figures) {
        if (figure.phase == "before" && figure.check == m_criterion.check)
            looked.insert(figure.node);
    }
    for (const Figure *figure : m_figures) {
        if (figure->phase != "after")
            continue;
        auto first = before.find({figure->node, figure->subject});
        if (const auto floor = parameterOf(*figure, "listed_above"); first == before.end() && floor && looked.contains(figure->node))
            first = before.try_emplace({figure->node, figure->subject}, *floor).first;
        if (first == before.end()) {
            keep(*figure, unjudged("it was not read before the load"), {});
            continue;
        }
        Figure change = *figure;
        // A counter that is smaller than before began anew, with its driver or the whole node.
        const bool anew = figure->value < first->second;
        change.value = anew ? figure->value : figure->value - first->second;
        keep(change, absoluteLimits(m_criterion),
             anew ? ": the counter began anew during the run"
                  : ": it went from " + shownValue(first->second, figure->unit, 9) + " to " + shownValue(figure->value, figure->unit, 9)
                      + " during the run");
    }
}

void NodeTest::apart()
{
    Population population;
    std::set<int> nodes;
    for (const Figure *figure : m_figures) {
        if (!unusable(*figure, m_criterion).empty())
            continue;
        population.add(figure->node, figure->value);
        nodes.insert(figure->node);
    }
    population.seal();
    const bool enough = static_cast<int>(population.owners()) >= m_case.criteria.fleetMinimum;
    double farthest = 0;
    for (const Figure *figure : m_figures) {
        if (!enough && !m_criterion.otherwise) {
            keep(*figure, unjudged("only " + std::to_string(population.owners()) + " nodes to compare"), {});
            continue;
        }
        const double centre = enough ? population.without(figure->node).median : *m_criterion.otherwise;
        Figure distance = *figure;
        distance.value = std::abs(figure->value - centre);
        keep(distance, absoluteLimits(m_criterion),
             " from " + shownValue(centre, figure->unit) + (enough ? ", the median of " + m_case.others(nodes, figure->node, m_criterion) : std::string())
                 + "; it is " + shownValue(figure->value, figure->unit));
        if (enough && m_criterion.otherwise && std::abs(centre - *m_criterion.otherwise) > std::abs(farthest - *m_criterion.otherwise))
            farthest = centre;
    }
    const auto limit = absoluteLimits(m_criterion).first();
    if (enough && m_criterion.otherwise && limit && std::abs(farthest - *m_criterion.otherwise) > *limit)
        m_case.notes.push_back(m_criterion.check + " " + m_criterion.metric + ": most nodes agree with each other at " + shownValue(farthest, m_criterion.unit)
                               + ", so what they were compared with is the one that is wrong");
}

/// The models of the GPUs that a figure is about: all of the node's if it is about the node. @p unknown becomes one that no file knows.
std::vector<const Sku *> NodeTest::modelsOf(const Figure &figure, std::string &unknown) const
{
    std::vector<const Sku *> models;
    for (const protocol::Part *part : m_case.parts.gpusOf(figure.node, figure.subject)) {
        const Sku *sku = m_case.criteria.skus.of(*part);
        if (!sku)
            unknown = part->model.empty() ? "without a name" : part->model;
        else if (std::ranges::find(models, sku) == models.end())
            models.push_back(sku);
    }
    return models;
}

void NodeTest::model()
{
    Criterion withoutModel = m_criterion;
    withoutModel.possibleMaximum.reset(); // a fraction of what is not known
    for (const Figure *figure : m_figures) {
        std::string unknown;
        const auto models = modelsOf(*figure, unknown);
        if (!unknown.empty() || models.empty()) {
            m_case.modelsUnknown[unknown].insert(figure->node);
            keep(*figure, unjudged(unknown.empty() ? "which model of GPU it is about is not known, so what it promises is not either"
                                                   : "no file of models knows the GPU \"" + unknown + "\", so what it promises is not known"),
                 {}, withoutModel);
            continue;
        }
        // Between two models the weaker promise holds.
        const Sku *sku = nullptr;
        const SkuValue *promised = nullptr;
        for (const Sku *each : models) {
            const SkuValue *value = each->find(m_criterion.of);
            if (!value || !promised || value->value < promised->value)
                sku = each, promised = value;
            if (!value)
                break;
        }
        if (!promised) {
            keep(*figure, unjudged("the model " + sku->id + " promises no " + m_criterion.of), {}, withoutModel);
            continue;
        }
        Criterion scaled = m_criterion;
        scaled.unit = promised->unit;
        if (scaled.possibleMaximum)
            *scaled.possibleMaximum *= promised->value;
        scaled.source = sku->id + " " + m_criterion.of + " " + shownValue(promised->value, promised->unit) + " (" + promised->source + "); " + m_criterion.source;
        const std::string percent = shownValue(100 * figure->value / promised->value, protocol::Unit::Percent, 3);
        keep(*figure, ratioLimits(m_criterion, promised->value),
             ": " + percent + " of the " + shownValue(promised->value, promised->unit) + " that " + sku->title + (promised->tool.empty() ? " promises" : " was measured at"),
             scaled);
    }
}

void NodeTest::common()
{
    std::map<std::tuple<std::string, std::string, std::string>, std::vector<const Figure *>> groups;
    for (const Figure *figure : m_figures) {
        std::string among;
        if (figure->parameters && figure->parameters->contains(m_criterion.among))
            among = figure->parameters->at(m_criterion.among);
        groups[{figure->stepId, figure->subject, among}].push_back(figure);
    }
    for (const auto &[key, group] : groups)
        compareWithMost(group);
}

void NodeTest::compareWithMost(const std::vector<const Figure *> &group)
{
    std::map<double, std::set<int>> byValue;
    std::set<int> nodes;
    for (const Figure *figure : group) {
        if (!unusable(*figure, m_criterion).empty())
            continue;
        byValue[figure->value].insert(figure->node);
        nodes.insert(figure->node);
    }
    const auto most = std::ranges::max_element(byValue, {}, [](const auto &entry) { return entry.second.size(); });
    const bool enough = static_cast<int>(nodes.size()) >= m_case.criteria.fleetMinimum;
    if (!enough)
        m_case.fleetTooSmall[static_cast<int>(nodes.size())].insert(m_criterion.check);
    for (const Figure *figure : group) {
        if (!enough) {
            keep(*figure, unjudged("only " + std::to_string(nodes.size()) + " nodes to compare, needs " + std::to_string(m_case.criteria.fleetMinimum)), {});
        } else if (2 * most->second.size() <= nodes.size()) {
            keep(*figure, unjudged("the nodes do not agree: no value is that of more than half of them"), {});
        } else {
            const double value = most->first;
            keep(*figure, ratioLimits(m_criterion, value),
                 ": " + m_case.others(most->second, figure->node, m_criterion) + " have " + shownValue(value, figure->unit));
        }
    }
}

} // namespace

void testNodes(Case &aCase, const CriterionFigures &group)
{
    if (!group.ofNodes.empty())
        NodeTest(aCase, group).run();
}

} // namespace seatrial::analysis
