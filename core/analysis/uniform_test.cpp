// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/case.h"
#include "core/analysis/limits.h"
#include "core/domain/node_set.h"

#include <algorithm>
#include <tuple>

namespace seatrial::analysis {

using domain::Finding;
using domain::Verdict;
using protocol::Part;

namespace {

constexpr std::size_t kLongest = 80; ///< of what a node says of a part, in a sentence

struct OnePart {
    int node = 0;
    const Part *part = nullptr;
    std::string value;
};

std::string attributeOf(const Part &part, const std::string &name)
{
    if (name == "firmware")
        return part.firmware;
    if (name == "model")
        return part.model;
    const auto found = part.attributes.find(name);
    return found == part.attributes.end() ? std::string() : found->second;
}

/// The parts that @p criterion speaks of, as each was said last, by model: only equal parts are compared.
std::map<std::string, std::vector<OnePart>> partsByModel(const Case &aCase, const Criterion &criterion)
{
    std::map<std::pair<int, std::string>, const Part *> latest;
    for (const domain::NodePart &seen : aCase.run.parts) {
        const auto node = aCase.nodes.find(seen.node.text());
        if (node && seen.part.kind == criterion.part && globMatches(criterion.subject, seen.part.place))
            latest[{*node, seen.part.place}] = &seen.part;
    }
    std::map<std::string, std::vector<OnePart>> models;
    for (const auto &[place, part] : latest) {
        std::string value = attributeOf(*part, criterion.metric);
        if (!value.empty()) // what could not be read is no difference
            models[criterion.metric == "model" ? std::string() : part->model].push_back({place.first, part, std::move(value)});
    }
    return models;
}

std::vector<domain::NodeId> nodesOf(const Case &aCase, const std::set<int> &nodes)
{
    std::vector<domain::NodeId> names;
    for (const int node : nodes)
        names.push_back(aCase.nodes.at(node));
    return names;
}

std::string shortened(std::string text)
{
    return text.size() <= kLongest ? text : text.substr(0, kLongest) + "…";
}

class UniformTest
{
public:
    UniformTest(Case &aCase, const Criterion &criterion) : m_case(aCase), m_criterion(criterion) {}

    void run()
    {
        for (const auto &[model, parts] : partsByModel(m_case, m_criterion))
            compare(model, parts);
    }

private:
    void compare(const std::string &model, const std::vector<OnePart> &parts)
    {
        std::map<std::string, std::set<int>> byValue;
        std::set<int> all;
        for (const OnePart &one : parts) {
            byValue[one.value].insert(one.node);
            all.insert(one.node);
        }
        const auto most = std::ranges::max_element(byValue, {}, [](const auto &entry) { return entry.second.size(); });
        if (static_cast<int>(all.size()) < m_case.criteria.fleetMinimum) {
            m_case.fleetTooSmall[static_cast<int>(all.size())].insert(m_criterion.check);
            return;
        }
        if (2 * most->second.size() <= all.size()) // nobody is the odd one out
            return sayDivided(model, byValue);
        for (const OnePart &one : parts)
            judge(one, most->first, most->second);
    }

    void judge(const OnePart &one, const std::string &common, const std::set<int> &nodes)
    {
        Finding finding;
        finding.judgement = domain::Judgement::Fleet;
        finding.check = m_criterion.check;
        finding.metric = m_criterion.part + " " + m_criterion.metric;
        finding.subject = one.part->place;
        finding.limit = "= " + shortened(common);
        finding.source = provenance(m_case.criteria, m_criterion);
        finding.text = finding.metric + " " + shortened(one.value) + " on " + m_case.where(one.node, one.part->place, one.value != common);
        if (one.value != common) {
            finding.verdict = Verdict::Marginal;
            finding.text += ": " + m_case.others(nodes, one.node, m_criterion) + " have " + shortened(common);
            finding.advice = m_criterion.advice;
        }
        m_case.add(one.node, std::move(finding));
    }

    void sayDivided(const std::string &model, const std::map<std::string, std::set<int>> &byValue)
    {
        constexpr std::size_t kMostValues = 6;
        std::string text;
        for (const auto &[value, nodes] : byValue) {
            if (text.size() < kMostValues * kLongest)
                text += (text.empty() ? "" : "; ") + shortened(value) + " on " + shortened(domain::foldNodeSet(nodesOf(m_case, nodes)));
        }
        m_case.notes.push_back(m_criterion.part + " " + m_criterion.metric + (model.empty() ? "" : " of " + shortened(model)) + " is not the same everywhere: " + text);
    }

    Case &m_case;
    const Criterion &m_criterion;
};

} // namespace

void testUniform(Case &aCase, const Criterion &criterion)
{
    UniformTest(aCase, criterion).run();
}

} // namespace seatrial::analysis
