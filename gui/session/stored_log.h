// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/snapshot.h"

#include <vector>

namespace seatrial::gui {

// The event log of a run that is not in work, oldest first, from what the store kept of it. The events of a node keep
// their order whatever its clock said.
std::vector<campaign::LogLine> storedLog(const domain::RunData& run);

} // namespace seatrial::gui
