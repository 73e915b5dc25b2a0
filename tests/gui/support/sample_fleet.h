// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/fleet_view_data.h"

namespace seatrial::gui::test {

// Four racks of sixteen nodes with one node in every state, as in the pictures of the guide.
FleetSnapshot sampleHall();
// Two racks of four nodes: as small as a fleet gets.
FleetSnapshot smallLab();
// As many racks as asked for, every state somewhere, the same on every call.
FleetSnapshot largeFleet(int racks, int nodesPerRack);

} // namespace seatrial::gui::test
