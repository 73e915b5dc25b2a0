// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/run_data.h"

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

} // namespace seatrial::domain
