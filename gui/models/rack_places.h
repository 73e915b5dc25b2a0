// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/inventory.h"
#include "gui/models/fleet_view_data.h"

#include <functional>

namespace seatrial::gui {

// The racks of an inventory with its nodes in their places; @p fill adds what is known of each. Nodes without a rack
// stand in one of the window's own, those without a unit in the lowest free ones, several in one unit side by side.
FleetViewData placedFleet(const domain::Fleet& fleet, const std::function<void(NodeView&, const domain::NodeId&)>& fill);

} // namespace seatrial::gui
