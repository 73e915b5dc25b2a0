// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/rack_places.h"

#include "gui/models/words.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

namespace seatrial::gui {

namespace {

// "r07-n11" is n11 in rack R07.
QString shortName(const QString& name, const QString& rack)
{
    const QString prefix = rack + QLatin1Char('-');
    return name.size() > prefix.size() && name.startsWith(prefix, Qt::CaseInsensitive) ? name.mid(prefix.size()) : name;
}

void placeTheUnplaced(RackView& rack, const std::vector<std::size_t>& unplaced)
{
    std::set<int> taken;
    for (const NodeView& node : rack.nodes) {
        for (int unit = node.unit; node.unit > 0 && unit < node.unit + node.height; ++unit)
            taken.insert(unit);
    }
    int unit = 1;
    for (const std::size_t index : unplaced) {
        NodeView& node = rack.nodes[index];
        const auto isFree = [&](int from) {
            for (int u = from; u < from + node.height; ++u) {
                if (taken.contains(u))
                    return false;
            }
            return true;
        };
        while (!isFree(unit))
            ++unit;
        node.unit = unit;
        unit += node.height;
        rack.height = std::max(rack.height, unit - 1);
    }
}

// Nodes that stand in the same units share them side by side.
void putSideBySide(RackView& rack)
{
    std::unordered_map<int, std::vector<std::size_t>> byUnit;
    for (std::size_t i = 0; i < rack.nodes.size(); ++i)
        byUnit[rack.nodes[i].unit].push_back(i);
    for (const auto& [unit, nodes] : byUnit) {
        for (std::size_t column = 0; column < nodes.size(); ++column) {
            rack.nodes[nodes[column]].column = static_cast<int>(column);
            rack.nodes[nodes[column]].columns = static_cast<int>(nodes.size());
        }
    }
}

} // namespace

FleetViewData placedFleet(const domain::Fleet& fleet, const std::function<void(NodeView&, const domain::NodeId&)>& fill)
{
    FleetViewData view;
    view.title = shown(fleet.name);
    std::unordered_map<std::string, std::size_t> racks;
    for (const auto& rack : fleet.racks) {
        racks.emplace(rack.id.text(), view.racks.size());
        RackView& added = view.racks.emplace_back();
        added.name = shown(rack.id.text());
        added.height = std::max(1, rack.height);
    }
    std::vector<std::vector<std::size_t>> unplaced(view.racks.size());
    for (const auto& node : fleet.nodes) {
        auto found = racks.find(node.rack.text());
        if (found == racks.end())
            found = racks.find(std::string());
        if (found == racks.end()) {
            found = racks.emplace(std::string(), view.racks.size()).first;
            view.racks.emplace_back().name = QStringLiteral("Unplaced");
            view.racks.back().height = 1;
            unplaced.emplace_back();
        }
        RackView& rack = view.racks[found->second];
        NodeView added;
        added.id = shown(node.id.text());
        added.name = shortName(added.id, rack.name);
        added.address = shown(node.address);
        added.unit = static_cast<int>(std::floor(node.unit));
        added.height = std::max(1, static_cast<int>(std::ceil(node.height)));
        fill(added, node.id);
        if (added.unit < 1)
            unplaced[found->second].push_back(rack.nodes.size());
        rack.nodes.push_back(std::move(added));
    }
    for (std::size_t i = 0; i < view.racks.size(); ++i) {
        placeTheUnplaced(view.racks[i], unplaced[i]);
        putSideBySide(view.racks[i]);
    }
    return view;
}

} // namespace seatrial::gui
