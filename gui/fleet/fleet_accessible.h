// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace seatrial::gui {

class FleetView;

// The rack map as a list for screen readers: one item a node with its place, state and reason.
void installFleetAccessibility(); // idempotent
void announceCurrent(FleetView& view);

} // namespace seatrial::gui
