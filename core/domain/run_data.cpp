// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/run_data.h"

#include <algorithm>
#include <set>

namespace seatrial::domain {

std::string runStateText(RunState state)
{
    switch (state) {
    case RunState::Running: return "running";
    case RunState::Finished: return "finished";
    case RunState::Cancelled: return "cancelled";
    case RunState::Interrupted: break;
    }
    return "interrupted";
}

std::vector<NodeFailure> standingFailures(const RunData &run)
{
    const std::set<NodeId> finished(run.goodbyes.begin(), run.goodbyes.end());
    std::vector<NodeFailure> standing;
    std::ranges::copy_if(run.failures, std::back_inserter(standing), [&](const NodeFailure &failure) {
        return failure.failure.kind == FailureKind::Untrusted || !finished.contains(failure.node);
    });
    return standing;
}

} // namespace seatrial::domain
