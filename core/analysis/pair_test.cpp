// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/case.h"
#include "core/analysis/limits.h"
#include "core/analysis/population.h"
#include "core/analysis/sentences.h"
#include "core/analysis/statistics.h"
#include "core/domain/node_set.h"

#include <algorithm>

namespace seatrial::analysis {

using domain::Finding;
using domain::Verdict;

namespace {

/// Judges what was measured between nodes by one criterion, within one step.
///
/// A pair is as good as the worse of its directions. A node is accused if it is bad in the middle of those partners
/// that are themselves well without it (its witnesses). So a good node with a bad partner is not accused, and two bad
/// nodes that meet do not excuse each other.
class PairTest
{
public:
    PairTest(Case &aCase, const Criterion &criterion, std::vector<const Figure *> figures)
        : m_case(aCase), m_criterion(criterion), m_figures(std::move(figures)), m_higherIsBetter(criterion.direction == Direction::AtLeast)
    {
    }

    /// Says who is bad with others.
    std::set<int> accuse();
    /// @p accused are those by any criterion of the step.
    void report(const std::set<int> &accused);

private:
    static constexpr std::size_t kLeastWitnesses = 2;

    struct NodeResult {
        Limits limits;
        Centre others;
        double value = 0;
        std::vector<int> witnesses;
        bool accused = false;
    };

    void collect();
    void judgeNode(int node);
    double middleWithout(int node, int partner) const;
    Limits limitsFor(const Population &population, int owner, Centre *others = nullptr) const;
    void reportNode(int node, const NodeResult &result);
    void reportPair(const Figure &figure, const std::set<int> &accused);
    bool worse(double a, double b) const { return m_higherIsBetter ? a < b : a > b; }
    int pairNumber(int a, int b) const { return m_pairNumbers.at(std::minmax(a, b)); }

    Case &m_case;
    const Criterion &m_criterion;
    const std::vector<const Figure *> m_figures;
    const bool m_higherIsBetter;
    std::map<int, std::map<int, double>> m_partners; ///< node to partner to the worse direction's figure
    std::map<std::pair<int, int>, int> m_pairNumbers;
    std::set<int> m_met;
    Population m_nodeMiddles;
    Population m_pairValues;
    bool m_enough = true;
    std::map<int, NodeResult> m_results;
};

std::set<int> PairTest::accuse()
{
    collect();
    const int count = static_cast<int>(m_met.size());
    m_enough = m_criterion.kind != Criterion::Kind::Fleet || count >= m_case.criteria.fleetMinimum;
    if (!m_enough)
        m_case.fleetTooSmall[count].insert(m_criterion.check);
    for (const auto &[node, partners] : m_partners)
        judgeNode(node);
    std::set<int> accused;
    for (const auto &[node, result] : m_results) {
        if (result.accused)
            accused.insert(node);
    }
    return accused;
}

void PairTest::report(const std::set<int> &accused)
{
    for (const auto &[node, result] : m_results)
        reportNode(node, result);
    for (const Figure *figure : m_figures)
        reportPair(*figure, accused);
}

void PairTest::collect()
{
    for (const Figure *figure : m_figures) {
        if (!unusable(*figure, m_criterion).empty())
            continue;
        const auto [from, to] = *figure->ends;
        for (const auto &[node, partner] : {std::pair{from, to}, std::pair{to, from}}) {
            const auto [place, isNew] = m_partners[node].try_emplace(partner, figure->value);
            if (!isNew && worse(figure->value, place->second))
                place->second = figure->value;
            m_met.insert(node);
        }
    }
    for (const auto &[node, partners] : m_partners) {
        std::vector<double> values;
        for (const auto &[partner, value] : partners) {
            values.push_back(value);
            if (node > partner)
                continue;
            const int number = static_cast<int>(m_pairNumbers.size());
            m_pairNumbers[{node, partner}] = number;
            m_pairValues.add(number, value);
        }
        m_nodeMiddles.add(node, median(std::move(values)));
    }
    m_nodeMiddles.seal();
    m_pairValues.seal();
}

Limits PairTest::limitsFor(const Population &population, int owner, Centre *others) const
{
    if (m_criterion.kind != Criterion::Kind::Fleet)
        return absoluteLimits(m_criterion);
    if (!m_enough)
        return {.direction = m_criterion.direction, .marginal = {}, .failed = {},
                .unjudged = "only " + std::to_string(m_met.size()) + " nodes to compare, needs " + std::to_string(m_case.criteria.fleetMinimum)};
    const Centre centre = population.without(owner);
    if (others)
        *others = centre;
    return fleetLimits(m_criterion, m_case.criteria, centre);
}

/// How @p node stands with all but @p partner; the value of the pair itself where it met nobody else.
double PairTest::middleWithout(int node, int partner) const
{
    std::vector<double> values;
    for (const auto &[other, value] : m_partners.at(node)) {
        if (other != partner)
            values.push_back(value);
    }
    return values.empty() ? m_partners.at(node).at(partner) : kindMedian(std::move(values), m_higherIsBetter);
}

void PairTest::judgeNode(int node)
{
    NodeResult result;
    result.limits = limitsFor(m_nodeMiddles, node, &result.others);
    std::vector<double> all, witnessed;
    for (const auto &[partner, value] : m_partners.at(node)) {
        all.push_back(value);
        const bool metOthers = m_partners.at(partner).size() > 1;
        const Limits ofPartner = limitsFor(m_nodeMiddles, partner);
        if (!metOthers || ofPartner.judge(middleWithout(partner, node)) != Verdict::Qualified)
            continue;
        result.witnesses.push_back(partner);
        witnessed.push_back(value);
    }
    const bool enough = result.witnesses.size() >= kLeastWitnesses;
    result.value = kindMedian(enough ? witnessed : all, m_higherIsBetter);
    result.accused = enough && result.limits.judge(result.value) != Verdict::Qualified;
    m_results.emplace(node, std::move(result));
}

void PairTest::reportNode(int node, const NodeResult &result)
{
    Figure middle = *m_figures.front();
    middle.node = node;
    middle.subject = "node";
    middle.value = result.value;
    middle.unit = m_criterion.unit;
    Finding finding = findingOf(middle, m_case.criteria, m_criterion, result.limits);
    const std::size_t partners = m_partners.at(node).size();
    const std::string name = m_criterion.metric + " in the middle of " + std::to_string(partners) + (partners == 1 ? " partner " : " partners ");
    if (!finding.limitValue) {
        finding.text = name + shownValue(middle.value, middle.unit) + " on " + m_case.name(node) + ", not judged: " + result.limits.unjudged;
    } else {
        finding.text = name + shownComparison(middle.value, m_case.name(node), result.limits.direction, *finding.limitValue, middle.unit);
    }
    if (!result.accused) {
        // Bad, but nobody can say that it is this node: the pairs say so themselves.
        finding.verdict = Verdict::Qualified;
        finding.advice.clear();
        m_case.add(node, std::move(finding));
        return;
    }
    if (m_criterion.kind == Criterion::Kind::Fleet) {
        finding.text += ": " + shownDistance(middle.value, result.others.median) + " the median of " + m_case.others(m_met, node, m_criterion) + ", z "
            + shownZ(robustZ(middle.value, result.others.median, result.others.mad, m_criterion.floor.value_or(m_case.criteria.fleetFloor)));
    }
    std::vector<domain::NodeId> witnesses;
    for (const int witness : result.witnesses)
        witnesses.push_back(m_case.nodes.at(witness));
    finding.text += "; its partners " + domain::foldNodeSet(witnesses) + " are well without it";
    m_case.add(node, std::move(finding));
}

/// One finding for both ends. It is not held against the end that has a bad partner: a slow cable delays as well.
void PairTest::reportPair(const Figure &figure, const std::set<int> &accused)
{
    const auto [from, to] = *figure.ends;
    const bool usable = unusable(figure, m_criterion).empty();
    const Limits limits = usable ? limitsFor(m_pairValues, pairNumber(from, to)) : Limits{.direction = m_criterion.direction, .marginal = {}, .failed = {}, .unjudged = {}};
    Finding finding = findingOf(figure, m_case.criteria, m_criterion, limits);
    const std::string name = m_criterion.metric + " ";
    if (!usable) {
        finding.text = name + shownValue(figure.value, figure.unit) + " on " + figure.subject + ": " + finding.text;
        m_case.add(figure.node, std::move(finding));
        return;
    }
    finding.text = finding.limitValue
        ? name + shownComparison(figure.value, figure.subject, limits.direction, *finding.limitValue, figure.unit)
        : name + shownValue(figure.value, figure.unit) + " on " + figure.subject + ", not judged: " + limits.unjudged;
    if (figure.attempts > 1)
        finding.text += ", the median of " + std::to_string(figure.attempts) + " attempts";

    const bool low = finding.verdict != Verdict::Qualified;
    const bool fromAccused = accused.contains(from), toAccused = accused.contains(to);
    for (const auto &[node, selfAccused, otherAccused] : {std::tuple{from, fromAccused, toAccused}, std::tuple{to, toAccused, fromAccused}}) {
        Finding own = finding;
        if (low && !selfAccused && otherAccused) {
            own.verdict = Verdict::Qualified;
            own.advice.clear();
            own.text += "; not held against " + m_case.name(node) + ": " + m_case.name(node == from ? to : from) + " is bad with its other partners too";
        } else if (low) {
            own.verdict = Verdict::Marginal;
            if (!selfAccused)
                own.text += "; neither of the two is bad with its other partners, or they met nobody else: it may be the path between them";
        }
        m_case.add(node, std::move(own));
    }
}

} // namespace

void testPairs(Case &aCase, const std::vector<CriterionFigures> &groups)
{
    std::map<std::string, std::vector<PairTest>> tests; // by step
    for (const CriterionFigures &group : groups) {
        std::map<std::string, std::vector<const Figure *>> steps;
        for (const Figure *figure : group.ofPairs)
            steps[figure->stepId].push_back(figure);
        for (auto &[step, figures] : steps)
            tests[step].emplace_back(aCase, group.criterion, std::move(figures));
    }
    for (auto &[step, ofStep] : tests) {
        std::set<int> accused;
        for (PairTest &test : ofStep)
            accused.merge(test.accuse());
        for (PairTest &test : ofStep)
            test.report(accused);
    }
}

} // namespace seatrial::analysis
