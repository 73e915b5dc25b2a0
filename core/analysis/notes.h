// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/run_data.h"

#include <string>
#include <vector>

namespace seatrial::analysis {

/// What a reader of the verdict has to know of how it came about: who allowed load beside other people's work, where and
/// whose; what nodes did not let us read, with what would allow it. Equal sentences of many nodes are one.
std::vector<std::string> notesOfRun(const domain::RunData &run);

} // namespace seatrial::analysis
