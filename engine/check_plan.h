// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/check.h"

#include <string>

namespace seatrial::engine {

/// Tells which steps of a plan (a file of control lines, or "-") this engine would refuse, a line each, without measuring anything.
/// Answers the exit code: 0 none, 1 some, 2 the plan cannot be read.
int checkPlan(const std::string &file, bool json, const std::vector<std::unique_ptr<Check>> &checks);

} // namespace seatrial::engine
