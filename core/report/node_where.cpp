// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/node_where.h"

#include <unordered_map>

namespace seatrial::report {

using domain::QueryField;

namespace {

/// A node of a judged run, as filters of the window see it.
class JudgedNode : public domain::QueryNode
{
public:
    JudgedNode(const domain::NodeVerdict &verdict, const domain::RunInfo &run, const domain::Node *node) : m_verdict(verdict), m_run(run), m_node(node) {}

    std::vector<std::string> texts(QueryField field) const override
    {
        switch (field) {
        case QueryField::Node: return {m_verdict.node.text()};
        case QueryField::Address: return {m_node ? m_node->address : std::string()};
        case QueryField::Rack: return {m_verdict.rack.text()};
        case QueryField::Verdict: return {domain::verdictText(m_verdict.verdict)};
        case QueryField::State: return {m_verdict.reached ? domain::verdictText(m_verdict.verdict) : std::string("unreachable")};
        case QueryField::Reason: return reasons();
        case QueryField::Check: return checks();
        case QueryField::Unit:
        case QueryField::Value: break;
        }
        return {};
    }

    std::optional<double> number(QueryField field) const override
    {
        if (field == QueryField::Unit && m_node && m_node->unit > 0)
            return m_node->unit;
        if (field != QueryField::Value)
            return std::nullopt;
        for (const auto &finding : m_verdict.findings) { // what the window shows beside a node until another is chosen
            if (finding.value && finding.check == "host.memory" && finding.metric == "triad")
                return finding.value;
        }
        return std::nullopt;
    }

private:
    std::vector<std::string> reasons() const
    {
        std::vector<std::string> texts;
        for (const auto &reason : m_verdict.reasons)
            texts.push_back(reason.text);
        return texts;
    }

    std::vector<std::string> checks() const
    {
        std::vector<std::string> names;
        for (const auto &reason : m_verdict.reasons) {
            names.push_back(reason.check);
            for (const auto &step : m_run.plan.steps) {
                if (step.check.text() == reason.check)
                    names.push_back(step.title);
            }
        }
        return names;
    }

    const domain::NodeVerdict &m_verdict;
    const domain::RunInfo &m_run;
    const domain::Node *m_node;
};

} // namespace

domain::FleetVerdict nodesWhere(const domain::FleetVerdict &verdict, const domain::RunInfo &run, const domain::NodeQuery &query)
{
    std::unordered_map<std::string, const domain::Node *> nodes;
    for (const auto &node : run.fleet.nodes)
        nodes.emplace(node.id.text(), &node);
    domain::FleetVerdict meant{verdict.run, {}, verdict.notes};
    for (const auto &node : verdict.nodes) {
        const auto found = nodes.find(node.node.text());
        if (query.matches(JudgedNode(node, run, found == nodes.end() ? nullptr : found->second)))
            meant.nodes.push_back(node);
    }
    return meant;
}

} // namespace seatrial::report
