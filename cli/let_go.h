// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/snapshot.h"

#include <string>

namespace seatrial::cli {

/// What becomes of a run that was let go, and how it is picked up: where nodes work only while somebody is attached, it does
/// not go on. @p last: its last snapshot.
std::string letGoText(const campaign::Snapshot &last, const std::string &store);

} // namespace seatrial::cli
