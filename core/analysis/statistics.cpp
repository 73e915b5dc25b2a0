// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace seatrial::analysis {

namespace {

double nth(std::vector<double> &values, std::size_t index)
{
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(index);
    std::ranges::nth_element(values, place);
    return *place;
}

} // namespace

double median(std::vector<double> values)
{
    if (values.empty())
        return 0;
    const std::size_t middle = values.size() / 2;
    const double upper = nth(values, middle);
    if (values.size() % 2 == 1)
        return upper;
    // Everything before the middle is at most it.
    const double lower = *std::max_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(middle));
    return lower + (upper - lower) / 2;
}

double kindMedian(std::vector<double> values, bool higherIsBetter)
{
    if (values.empty())
        return 0;
    return nth(values, higherIsBetter ? values.size() / 2 : (values.size() - 1) / 2);
}

double medianAbsoluteDeviation(std::span<const double> values, double centre)
{
    std::vector<double> distances;
    distances.reserve(values.size());
    for (const double value : values)
        distances.push_back(std::abs(value - centre));
    return median(std::move(distances));
}

double robustZ(double value, double centre, double mad, double floor)
{
    const double spread = std::max(mad, floor * std::abs(centre));
    const double distance = value - centre;
    if (spread > 0)
        return kMadToSigma * distance / spread;
    if (distance == 0)
        return 0;
    return std::copysign(std::numeric_limits<double>::infinity(), distance);
}

} // namespace seatrial::analysis
