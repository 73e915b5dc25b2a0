// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/snapshot.h"
#include "gui/models/fleet_view_data.h"

namespace seatrial::gui {

// A figure that the racks can show beside the nodes.
struct ShownFigure {
    std::string check;
    std::string metric;
    protocol::Unit unit = protocol::Unit::None; // for reading: the same figure has one unit
    bool operator==(const ShownFigure& other) const { return check == other.check && metric == other.metric; }
};

// The figures that nodes are compared by and have one value of, by name.
std::vector<ShownFigure> figuresOf(const domain::FleetVerdict& verdict);
// What the racks show until somebody chooses.
ShownFigure usualFigure(const std::vector<ShownFigure>& figures);

// The racks of an inventory before anything was measured.
FleetSnapshot fleetFromInventory(const domain::Fleet& fleet);
// The racks with what a run found so far.
FleetSnapshot fleetFromRun(const campaign::Snapshot& run, const ShownFigure& figure);

} // namespace seatrial::gui
