// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <vector>

namespace seatrial::analysis {

/// Makes the median absolute deviation of a normal distribution comparable with its standard deviation.
inline constexpr double kMadToSigma = 0.6745;

/// The middle value, the mean of the two in the middle for an even number, 0 for none.
double median(std::vector<double> values);

/// Of an even number the one of the two in the middle that is nearer to @p better's end: the lower one if lower is
/// better. So half of the values being bad is not yet "the middle is bad".
double kindMedian(std::vector<double> values, bool higherIsBetter);

/// Median of the distances from @p centre, 0 for no values.
double medianAbsoluteDeviation(std::span<const double> values, double centre);

/// How far @p value lies from @p centre in units of the spread, negative below. Values that are all equal have the
/// spread @p floor times centre; if that is 0 too, any distance is infinitely far.
double robustZ(double value, double centre, double mad, double floor);

} // namespace seatrial::analysis
