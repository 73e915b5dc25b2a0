// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/number.h"

#include <charconv>
#include <cmath>
#include <ctime>
#include <fmt/format.h>

namespace seatrial::report {

std::string fullNumber(double value)
{
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, end.ptr};
}

std::string withUnit(double value, protocol::Unit unit)
{
    const std::string_view text = protocol::unitText(unit);
    const double size = std::abs(value);
    std::string number;
    if (unit == protocol::Unit::Bytes) {
        const double shown = size >= 1e9 ? value / 1e9 : size >= 1e6 ? value / 1e6 : value;
        return fmt::format("{:.4g} {}", shown, size >= 1e9 ? "GB" : size >= 1e6 ? "MB" : "B");
    }
    if (value == std::floor(value) && size < 1e6)
        number = fmt::format("{:.0f}", value);
    else if (size >= 1e6)
        number = fmt::format("{:.3e}", value);
    else if (size >= 1000)
        number = fmt::format("{:.0f}", value);
    else
        number = fmt::format("{:.4g}", value);
    return text.empty() ? number : number + " " + std::string(text);
}

std::string isoTime(double wallSeconds)
{
    if (wallSeconds <= 0)
        return {};
    const auto seconds = static_cast<std::time_t>(wallSeconds);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char buffer[32];
    std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return buffer;
}

} // namespace seatrial::report
