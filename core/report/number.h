// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/protocol/unit.h"

#include <string>

namespace seatrial::report {

/// A number with all its digits, independent of the locale, for programs: "8.4312".
std::string fullNumber(double value);

/// A number as a person reads it, four significant digits, with its unit: "8.431 GB/s", "1.2 × 10⁹ count".
std::string withUnit(double value, protocol::Unit unit);

/// Unix time as ISO 8601 in UTC: "2026-03-01T12:00:00Z"; empty for 0.
std::string isoTime(double wallSeconds);

} // namespace seatrial::report
