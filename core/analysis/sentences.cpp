// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/sentences.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace seatrial::analysis {

using protocol::Unit;

namespace {

/// Without an exponent, a grouping sign or useless zeros, with a true minus.
std::string plain(double value, int digits)
{
    if (!std::isfinite(value))
        return std::isnan(value) ? "no number" : value > 0 ? "infinity" : "−infinity";
    const double size = std::abs(value);
    if (size != 0 && (size >= 1e15 || size < 1e-4)) {
        char buffer[32];
        std::snprintf(buffer, sizeof buffer, "%.*g", digits, value);
        return buffer;
    }
    const int before = size == 0 ? 1 : static_cast<int>(std::floor(std::log10(size))) + 1;
    const int decimals = std::clamp(digits - before, 0, 12);
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%.*f", decimals, size);
    std::string text = buffer;
    if (text.find('.') != std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.back() == '.')
            text.pop_back();
    }
    return value < 0 && text != "0" ? "−" + text : text;
}

/// Units that are large numbers by nature are shown in thousands of them.
bool takesPrefix(Unit unit)
{
    return unit == Unit::Bytes || unit == Unit::OperationsPerSecond;
}

} // namespace

std::string shownValue(double value, Unit unit, int digits)
{
    const std::string name = unit == Unit::Count ? std::string() : std::string(protocol::unitText(unit));
    if (!takesPrefix(unit))
        return plain(value, digits) + (name.empty() ? "" : " " + name);
    constexpr std::array<const char *, 5> prefixes{"", "k", "M", "G", "T"};
    std::size_t prefix = 0;
    while (std::abs(value) >= 1000 && prefix + 1 < prefixes.size()) {
        value /= 1000;
        ++prefix;
    }
    return plain(value, digits) + " " + prefixes[prefix] + name;
}

std::string shownLimit(Direction direction, double limit, Unit unit, int digits)
{
    const char *sign = direction == Direction::AtLeast ? "≥ " : direction == Direction::AtMost ? "≤ " : "= ";
    return sign + shownValue(limit, unit, digits);
}

std::string shownComparison(double value, const std::string &where, Direction direction, double limit, Unit unit)
{
    int digits = 3;
    constexpr int kMostDigits = 9;
    while (value != limit && digits < kMostDigits && shownValue(value, unit, digits) == shownValue(limit, unit, digits))
        ++digits;
    return shownValue(value, unit, digits) + " on " + where + ", limit " + shownLimit(direction, limit, unit, digits);
}

std::string shownDistance(double value, double centre)
{
    if (centre <= 0)
        return plain(value - centre, 3) + " beyond";
    const double ratio = value / centre;
    if (ratio > 2)
        return plain(ratio, 2) + " times";
    const std::string percent = plain(std::abs(ratio - 1) * 100, 2);
    return percent + (ratio < 1 ? " % under" : " % over");
}

std::string shownZ(double z)
{
    return std::isfinite(z) ? plain(z, 2) : "beyond any spread";
}

} // namespace seatrial::analysis
