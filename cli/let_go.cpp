// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/let_go.h"

#include "core/domain/node_set.h"

#include <fmt/format.h>
#include <set>

namespace seatrial::cli {

namespace {

/// Nodes whose last supervisor lives as long as its connection.
std::set<domain::NodeId> attachedOnly(const domain::RunData &data)
{
    std::set<domain::NodeId> nodes;
    for (const auto &[node, event, sequence, wallSeconds] : data.events) {
        if (event.code == "supervisor.attached")
            nodes.insert(node);
        else if (event.code.starts_with("supervisor.") && event.code != "supervisor.let_go")
            nodes.erase(node);
    }
    return nodes;
}

} // namespace

std::string letGoText(const campaign::Snapshot &last, const std::string &store)
{
    const auto attached = attachedOnly(*last.data);
    std::vector<domain::NodeId> ended;
    bool othersGoOn = false;
    for (const auto &node : last.nodes) {
        if (node.phase == campaign::NodePhase::Done || node.phase == campaign::NodePhase::Failed)
            continue;
        if (attached.contains(node.node))
            ended.push_back(node.node);
        else
            othersGoOn = true;
    }
    const std::string run = last.data->info.id.text();
    std::string text = fmt::format("Run {} goes on on its nodes.", run);
    if (!ended.empty()) {
        const std::string nodes = domain::foldNodeSet(ended);
        const std::string why = "they work only while somebody is attached. A step that was in work there is measured again.";
        text = othersGoOn ? fmt::format("Run {} goes on on its nodes, but not on {}: {}", run, nodes, why) : fmt::format("Run {} stands still on {}: {}", run, nodes, why);
    }
    return text + fmt::format(" Pick it up with: seatrialctl continue --store {} --run {}\n", store, run);
}

} // namespace seatrial::cli
