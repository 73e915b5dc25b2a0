// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/run_tables.h"

#include "core/analysis/part_table.h"
#include "core/report/number.h"

namespace seatrial::report {

Table resultsTable(const domain::RunData &run)
{
    std::vector<const domain::Observation *> all;
    for (const auto &observation : run.observations)
        all.push_back(&observation);
    return resultsTable(run, all);
}

Table resultsTable(const domain::RunData &run, const std::vector<const domain::Observation *> &observations)
{
    Table table;
    table.columns = {"run", "node", "step", "attempt", "check", "metric", "subject", "value", "unit", "n", "min", "max", "cv", "time", "simulated", "part"};
    const analysis::NodeTable nodes(run.info);
    const analysis::PartTable parts(run, nodes);
    for (const auto *observation : observations) {
        const auto node = nodes.find(observation->node.text());
        const auto &measured = observation->measurement;
        table.rows.push_back({run.info.id.text(), observation->node.text(), observation->key.step.text(),
                              static_cast<long long>(observation->key.attempt), measured.check, measured.metric, measured.subject, measured.value,
                              std::string(protocol::unitText(measured.unit)), static_cast<long long>(measured.samples), measured.spread.minimum,
                              measured.spread.maximum, measured.spread.cv, isoTime(observation->wallSeconds),
                              std::string(observation->simulated ? "yes" : "no"),
                              node ? parts.shown(*node, measured.subject) : std::string()});
    }
    return table;
}

Table nodesTable(const domain::FleetVerdict &verdict)
{
    Table table;
    table.columns = {"run", "node", "rack", "verdict", "planned", "measured", "reason"};
    for (const auto &node : verdict.nodes) {
        table.rows.push_back({verdict.run.text(), node.node.text(), node.rack.text(), domain::verdictText(node.verdict),
                              static_cast<long long>(node.coverage.planned), static_cast<long long>(node.coverage.measured),
                              node.reasons.empty() ? std::string() : node.reasons.front().text});
    }
    return table;
}

} // namespace seatrial::report
