// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace seatrial::protocol {

/// Unit of a measured value. GB/s is 1e9 bytes per second, Gbit/s is 1e9 bits per second.
enum class Unit {
    None,           ///< a pure number, a yes (1) or no (0)
    Count,          ///< events, parts, errors
    GigabytesPerSecond,
    GigabitsPerSecond,
    GigaflopsPerSecond,
    OperationsPerSecond,
    Seconds,
    Microseconds,
    Nanoseconds,
    Bytes,
    Percent,
    Celsius,
    Watts,
    Megahertz,
    GigatransfersPerSecond,
    Lanes,
};

/// The unit as it is written in a stream and on the screen: "GB/s", "us", "count", "" for None.
std::string_view unitText(Unit unit);

/// The unit written as @p text, or nothing if no unit is written so.
std::optional<Unit> unitFromText(std::string_view text);

} // namespace seatrial::protocol
