// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/print.h"

#include "core/analysis/judge.h"
#include "core/domain/node_set.h"
#include "core/report/node_where.h"
#include "core/report/number.h"
#include "core/report/run_tables.h"
#include "core/report/topology_writer.h"
#include "core/report/verdict_writer.h"

#include <algorithm>
#include <fmt/format.h>

namespace seatrial::cli {

using domain::Failure;
using domain::FailureKind;
using domain::Stage;

namespace {

int printTable(const report::Table &table, report::Format format)
{
    switch (format) {
    case report::Format::Text: print(stdout, "{}", report::asText(table)); return 0;
    case report::Format::Json: print(stdout, "{}", report::asJson(table)); return 0;
    case report::Format::Csv: print(stdout, "{}", report::asCsv(table)); return 0;
    case report::Format::Junit: break;
    }
    return complain({Stage::Input, FailureKind::Invalid, "the format junit is for verdicts only", {}, "use --format text, json or csv"});
}

Failure unknownNode(const std::string &node, const domain::RunInfo &run)
{
    return {Stage::Input, FailureKind::NotFound, "run " + run.id.text() + " has no node " + node, {}, "its nodes are " + domain::foldNodeSet(run.nodes)};
}

struct Judged {
    domain::RunData data;
    domain::FleetVerdict verdict;
};

domain::Result<Judged> judgeStored(const Tools &tools, const HistoryOptions &options)
{
    auto store = openExistingStore(tools, storeFile(options.store));
    if (!store)
        return std::unexpected(store.error());
    auto data = (*store)->runData(domain::RunId(options.run));
    if (!data)
        return std::unexpected(data.error());
    auto criteria = criteriaFrom(tools, options.criteria);
    if (!criteria)
        return std::unexpected(criteria.error());
    auto verdict = analysis::judge(*data, *criteria);
    return Judged{std::move(*data), std::move(verdict)};
}

} // namespace

int verdictCommand(const Tools &tools, const HistoryOptions &options)
{
    auto judged = judgeStored(tools, options);
    if (!judged)
        return complain(judged.error());
    print(stdout, "{}", report::writeVerdict(judged->data.info, judged->verdict, options.format));
    return 0;
}

int runsCommand(const Tools &tools, const HistoryOptions &options)
{
    auto store = openExistingStore(tools, storeFile(options.store));
    if (!store)
        return complain(store.error());
    auto runs = (*store)->runs();
    if (!runs)
        return complain(runs.error());
    report::Table table;
    table.columns = {"run", "plan", "fleet", "nodes", "state", "started", "finished", "qualified", "marginal", "failed", "unknown", "simulated"};
    for (const auto &run : *runs) {
        const auto count = [&](domain::Verdict verdict) {
            const auto it = run.verdicts.find(verdict);
            return static_cast<long long>(it == run.verdicts.end() ? 0 : it->second);
        };
        table.rows.push_back({run.id.text(), run.plan, run.fleet, static_cast<long long>(run.nodes), domain::runStateText(run.state), report::isoTime(run.startedWall),
                              report::isoTime(run.finishedWall), count(domain::Verdict::Qualified), count(domain::Verdict::Marginal),
                              count(domain::Verdict::Failed), count(domain::Verdict::Unknown), std::string(run.simulated ? "yes" : "no")});
    }
    return printTable(table, options.format);
}

int nodesCommand(const Tools &tools, const HistoryOptions &options)
{
    const auto query = domain::NodeQuery::parse(options.where);
    if (!query)
        return complain({Stage::Input, FailureKind::Invalid, fmt::format("--where '{}', at character {}: {}", options.where, query.error().position + 1, query.error().what), {},
                         "write it like rack==R2 and verdict!=qualified; docs/cli.md lists the fields"});
    auto judged = judgeStored(tools, options);
    if (!judged)
        return complain(judged.error());
    return printTable(report::nodesTable(report::nodesWhere(judged->verdict, judged->data.info, *query)), options.format);
}

int resultsCommand(const Tools &tools, const HistoryOptions &options)
{
    auto store = openExistingStore(tools, storeFile(options.store));
    if (!store)
        return complain(store.error());
    auto data = (*store)->runData(domain::RunId(options.run));
    if (!data)
        return complain(data.error());
    if (!options.node.empty() && std::ranges::find(data->info.nodes, domain::NodeId(options.node)) == data->info.nodes.end())
        return complain(unknownNode(options.node, data->info));
    std::vector<const domain::Observation *> chosen;
    for (const auto &observation : data->observations) {
        if (options.node.empty() || observation.node.text() == options.node)
            chosen.push_back(&observation);
    }
    std::ranges::stable_sort(chosen, [](const auto *a, const auto *b) {
        if (a->node != b->node)
            return domain::naturalLess(a->node.text(), b->node.text());
        return a->sequence < b->sequence; // not by time: a node's clock may have been set meanwhile
    });
    return printTable(report::resultsTable(*data, chosen), options.format);
}

int topologyCommand(const Tools &tools, const HistoryOptions &options)
{
    auto store = openExistingStore(tools, storeFile(options.store));
    if (!store)
        return complain(store.error());
    auto data = (*store)->runData(domain::RunId(options.run));
    if (!data)
        return complain(data.error());
    const domain::NodeId node(options.node);
    if (std::ranges::find(data->info.nodes, node) == data->info.nodes.end())
        return complain(unknownNode(options.node, data->info));
    const auto topology = analysis::topologyOf(*data, node);
    if (topology.empty())
        return complain({Stage::Input, FailureKind::NotFound, "run " + data->info.id.text() + " did not look how the GPUs of " + options.node + " are connected", {},
                         "run a plan with the check gpu.topology on a node with GPUs"});
    if (options.format == report::Format::Json)
        print(stdout, "{}", report::topologyJson(data->info.id, node, topology));
    else
        print(stdout, "{}", report::topologyText(topology));
    return 0;
}

int streamCommand(const Tools &tools, const HistoryOptions &options)
{
    auto store = openExistingStore(tools, storeFile(options.store));
    if (!store)
        return complain(store.error());
    auto data = (*store)->runData(domain::RunId(options.run));
    if (!data)
        return complain(data.error());
    if (std::ranges::find(data->info.nodes, domain::NodeId(options.node)) == data->info.nodes.end())
        return complain(unknownNode(options.node, data->info));
    auto raw = (*store)->rawStream(data->info.id, domain::NodeId(options.node));
    if (!raw)
        return complain(raw.error());
    print(stdout, "{}", *raw);
    return 0;
}

int nodesetCommand(const std::vector<std::string> &expressions, bool fold, bool count)
{
    std::string all;
    for (const auto &expression : expressions)
        all += (all.empty() ? "" : ",") + expression;
    auto names = domain::expandNodeSet(all);
    if (!names)
        return complain(names.error());
    if (count)
        print(stdout, "{}\n", names->size());
    else if (fold)
        print(stdout, "{}\n", domain::foldNodeSet(*names));
    else {
        for (const auto &name : *names)
            print(stdout, "{}\n", name);
    }
    return 0;
}

} // namespace seatrial::cli
