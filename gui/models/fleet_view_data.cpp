// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/fleet_view_data.h"

namespace seatrial::gui {

StateCounts RackView::counts() const
{
    StateCounts counts;
    for (const NodeView& node : nodes)
        counts.add(node.state);
    return counts;
}

void FleetViewData::recount()
{
    counts = {};
    for (const RackView& rack : racks)
        counts.add(rack.counts());
}

std::size_t FleetViewData::nodeCount() const
{
    std::size_t count = 0;
    for (const RackView& rack : racks)
        count += rack.nodes.size();
    return count;
}

const NodeView* nodeAt(const FleetViewData& fleet, NodeRef ref)
{
    if (!ref.isValid() || static_cast<std::size_t>(ref.rack) >= fleet.racks.size())
        return nullptr;
    const RackView& rack = fleet.racks[static_cast<std::size_t>(ref.rack)];
    if (static_cast<std::size_t>(ref.node) >= rack.nodes.size())
        return nullptr;
    return &rack.nodes[static_cast<std::size_t>(ref.node)];
}

std::optional<NodeRef> findNode(const FleetViewData& fleet, const QString& id)
{
    for (std::size_t r = 0; r < fleet.racks.size(); ++r) {
        const RackView& rack = fleet.racks[r];
        for (std::size_t n = 0; n < rack.nodes.size(); ++n) {
            if (rack.nodes[n].id == id)
                return NodeRef{static_cast<int>(r), static_cast<int>(n)};
        }
    }
    return std::nullopt;
}

} // namespace seatrial::gui
