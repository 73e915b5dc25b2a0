// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/control.h"
#include "engine/collective/job.h"
#include "engine/collective/rank_page.h"

#include <atomic>
#include <functional>

namespace seatrial::engine::collective {

/// Where a rank's process says what it found: lines for whoever started it.
using Say = std::function<void(protocol::Body)>;

/// One rank of a group, from the meeting to the last figure. All that goes wrong is said; nothing is thrown.
/// Returns when all is done, or when @p over says that nobody wants to hear of it any more.
void runRank(const Job &job, const protocol::StartStep &order, RankPage &page, const Say &say, const std::atomic<bool> &over);

} // namespace seatrial::engine::collective
