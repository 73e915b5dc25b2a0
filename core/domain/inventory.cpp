// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/inventory.h"

#include "core/domain/fleet_index.h"
#include "core/domain/node_set.h"

#include <algorithm>
#include <unordered_set>

namespace seatrial::domain {

const Node *Fleet::find(const NodeId &id) const
{
    const auto found = std::ranges::find(nodes, id, &Node::id);
    return found == nodes.end() ? nullptr : &*found;
}

FleetIndex::FleetIndex(const Fleet &fleet)
{
    m_nodes.reserve(fleet.nodes.size());
    for (const Node &node : fleet.nodes)
        m_nodes.emplace(node.id.text(), &node);
}

const Node *FleetIndex::find(const NodeId &id) const
{
    const auto found = m_nodes.find(id.text());
    return found == m_nodes.end() ? nullptr : found->second;
}

Result<std::vector<NodeId>> selectNodes(const Fleet &fleet, const std::string &expression)
{
    auto names = expandNodeSet(expression);
    if (!names)
        return std::unexpected(names.error());

    std::unordered_set<std::string> wanted(names->begin(), names->end());
    std::vector<NodeId> selected;
    for (const Node &node : fleet.nodes) {
        if (wanted.erase(node.id.text()) > 0)
            selected.push_back(node.id);
    }
    if (wanted.empty())
        return selected;

    std::vector<NodeId> all;
    for (const Node &node : fleet.nodes)
        all.push_back(node.id);
    return std::unexpected(Failure{
        .stage = Stage::Input,
        .kind = FailureKind::NotFound,
        .what = "not in the inventory: " + foldNodeSet(std::vector<std::string>(wanted.begin(), wanted.end())),
        .attempted = "choosing the nodes " + expression,
        .advice = "the inventory " + fleet.name + " has " + foldNodeSet(all)});
}

} // namespace seatrial::domain
