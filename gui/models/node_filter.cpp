// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/node_filter.h"

#include <algorithm>

namespace seatrial::gui {

bool NodeFilter::matches(const RackView& rack, const NodeView& node) const
{
    if (!states.isEmpty() && !states.contains(node.state))
        return false;
    const QStringList wanted = text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    if (wanted.isEmpty())
        return true;
    const QStringList fields = {node.id, node.name, rack.name, wordOf(node.state), node.reason};
    for (const QString& word : wanted) {
        const bool found = std::any_of(fields.begin(), fields.end(), [&word](const QString& field) {
            return field.contains(word, Qt::CaseInsensitive);
        });
        if (!found)
            return false;
    }
    return true;
}

std::size_t matchCount(const FleetViewData& fleet, const NodeFilter& filter)
{
    std::size_t count = 0;
    for (const RackView& rack : fleet.racks) {
        for (const NodeView& node : rack.nodes)
            count += filter.matches(rack, node) ? 1 : 0;
    }
    return count;
}

} // namespace seatrial::gui
