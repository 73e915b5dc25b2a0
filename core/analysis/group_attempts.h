// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/group_progress.h"
#include "core/domain/run_data.h"

#include <optional>
#include <vector>

namespace seatrial::analysis {

/// One attempt of one group, as its nodes told of it.
struct GroupAttempt {
    domain::StepKey key;
    std::vector<RankProgress> ranks; ///< by rank
    bool ended = false;              ///< nobody works on it any more
    bool broken = false;             ///< it ended before it was done, and not because somebody wanted so
    std::optional<LateRank> late;    ///< of a broken one: whom the others waited for, if that can be told
    std::string why;                 ///< of a broken one: whole sentence without a full stop; empty if nothing can be told
};

/// All that groups did in @p run, by step, group and attempt. Nobody is late where a step ended by itself with an error
/// that no other rank explains, where nobody listened, or where one says that it waits while the others get on.
///
/// Where a group of two does not tell them apart, but one of them was named in an earlier group and the other one has
/// completed without it, it is the one that was named.
std::vector<GroupAttempt> groupAttempts(const domain::RunData &run);

} // namespace seatrial::analysis
