// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/ramp.h"
#include "core/campaign/schedule.h"

#include <vector>

namespace seatrial::campaign {

/// How one step of a plan would go.
struct StepEstimate {
    int step = 0;
    int times = 0;          ///< how often it is done, pairs and groups counted once
    int mostAtOnce = 0;
    double beginsSeconds = 0; ///< after the first node was attached
    double endsSeconds = 0;
};

struct Estimate {
    std::vector<StepEstimate> steps; ///< in the order of the plan
    double rampSeconds = 0;          ///< pauses while load is extended, part of the total
    double waitingSeconds = 0;       ///< the longest that a node stands still because what it shares is in use
    double totalSeconds = 0;
    bool simulated = true;           ///< false: too large for that, each node's own time instead
};

/// Lets the schedule itself play @p plan on @p nodes, with every step as long as the plan expects.
Estimate estimate(const domain::Plan &plan, const domain::Fleet &fleet, const std::vector<domain::NodeId> &nodes, const RampTerms &ramp);

/// Without playing: the longest sum of steps of one node or shared resource, and the pauses of the ramp. At once, however many there are.
Estimate quickEstimate(const domain::Plan &plan, const domain::Fleet &fleet, const std::vector<domain::NodeId> &nodes, const RampTerms &ramp);

} // namespace seatrial::campaign
