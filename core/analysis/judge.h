// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/criteria.h"
#include "core/domain/run_data.h"
#include "core/domain/verdict.h"

#include <vector>

namespace seatrial::analysis {

/// Judges a run. Pure: the same data and criteria give the same verdict, live or from the store.
///
/// A figure that was measured more than once is judged by the median over its attempts. One that misses a limit while others had the
/// CPUs (cpu_share_least below 0.9 in every attempt) makes a node unknown, and is measured again. Against the fleet: a
/// node's figure is an outlier if its robust z, 0.6745 (x - median) / max(MAD, floor × median), is beyond
/// criteria.fleetZ *and* its effect beyond the criterion's fraction; the median is taken over the other nodes of the
/// same check, metric and unit. Pairs: a node is accused only if its median over those partners is low whose own medians
/// without it are not, and there are at least two such; a low pair that no accused node explains is marginal for both its ends.
/// Groups: the rank that the others waited for (group_progress.h) is marginal once it has completed with others, failed
/// if it was named twice; the others are not accused.
/// A required step without a result makes a node unknown; failed outranks unknown.
domain::FleetVerdict judge(const domain::RunData &run, const Criteria &criteria);

/// A step that missed a limit and has retests left.
struct Retest {
    domain::NodeId node;
    domain::StepId step;
    domain::NodeId peer; ///< pairs only
    std::string reason;  ///< "triad 6.1 GB/s, limit ≥ 8.4 GB/s"
};

/// What must be measured again before @p verdict may stand: each missed limit, and each required step that ended with
/// an error or beyond its deadline, if its step allows more retests than were made. An accused node of a pair step meets up to three
/// partners again, such as it has not met where possible; a pair that is new to the two then has attempt 1.
std::vector<Retest> retestsWanted(const domain::RunData &run, const domain::FleetVerdict &verdict);

} // namespace seatrial::analysis
