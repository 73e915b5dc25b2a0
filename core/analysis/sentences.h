// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/criteria.h"

#include <string>

namespace seatrial::analysis {

/// "8.4 GB/s", "67.4 GB" for bytes, "2.41 Gops/s", "3" for counts. At least @p digits figures that count.
std::string shownValue(double value, protocol::Unit unit, int digits = 3);

/// "≥ 8.4 GB/s"
std::string shownLimit(Direction direction, double limit, protocol::Unit unit, int digits = 3);

/// "6.1 GB/s on n03, limit ≥ 8.4 GB/s": both with enough digits to tell them apart.
std::string shownComparison(double value, const std::string &where, Direction direction, double limit, protocol::Unit unit);

/// "43 % under", "2.3 times"
std::string shownDistance(double value, double centre);

/// "−25", or "beyond any spread" for an infinite one.
std::string shownZ(double z);

} // namespace seatrial::analysis
