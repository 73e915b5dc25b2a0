// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/preflight.h"

#include <string>
#include <vector>

namespace seatrial::campaign {

/// "ready", "ready, with warnings", "not ready", "not finished".
std::string ladderStateText(RungState state);
std::string durationText(double seconds); ///< "0.012 s"

/// What was found, without the name of the node in front, so that nodes which say the same can be told together.
std::string foundText(const domain::NodeId &node, const Rung &rung);

/// Every step on a line: state, name, time, what was found; beneath it what to do, where there is something to do.
std::string ladderText(const Ladder &ladder);

/// All ladders, nodes that say the same together. What is good is said in one line for all of them, what is not step by
/// step. A single ladder is shown whole.
std::string ladderTexts(const std::vector<Ladder> &ladders);

} // namespace seatrial::campaign
