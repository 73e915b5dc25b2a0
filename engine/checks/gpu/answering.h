// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/check.h"

#include <functional>

namespace seatrial::engine {

/// Does @p work, which asks the driver, in a thread of its own, and stops waiting for it after @p patience seconds of real time: a dead
/// GPU can hold a call for ever, and nothing ends that call. The result then names the call; the thread is left behind, mute.
CheckResult askWithPatience(const CheckContext &context, double patience, std::function<CheckResult(const CheckContext &)> work);

} // namespace seatrial::engine
