// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/fleet_view_data.h"

namespace seatrial::gui {

// What the fleet drawing leaves bright. It never removes anything: places stay where they are.
struct NodeFilter {
    StateSet states; // empty: every state
    QString text;    // every word must occur in name, rack, state or reason; empty: everything

    bool isActive() const { return !states.isEmpty() || !text.trimmed().isEmpty(); }
    bool matches(const RackView& rack, const NodeView& node) const;
    bool operator==(const NodeFilter&) const = default;
};

std::size_t matchCount(const FleetViewData& fleet, const NodeFilter& filter);

} // namespace seatrial::gui
