// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/samples.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace seatrial::engine {

namespace {

double percentileOfSorted(const std::vector<double> &sorted, double percent)
{
    if (sorted.empty())
        return 0;
    const double position = std::clamp(percent, 0.0, 100.0) / 100 * double(sorted.size() - 1);
    const auto below = std::size_t(position);
    const auto above = std::min(below + 1, sorted.size() - 1);
    const double fraction = position - double(below);
    return sorted[below] + (sorted[above] - sorted[below]) * fraction;
}

/// How many samples may be cut at each end so that the rest still covers the median with 95 %.
std::optional<std::size_t> ranksToCut(std::size_t count)
{
    constexpr double tail = 0.025;
    if (count > 500) { // the normal approximation is good to a rank here
        const double n = double(count);
        return std::size_t(std::floor((n - 1.959964 * std::sqrt(n)) / 2 - 0.5));
    }
    double probability = std::pow(0.5, double(count));
    double cumulated = 0;
    std::optional<std::size_t> cut;
    for (std::size_t k = 0; k < count; ++k) {
        cumulated += probability;
        if (cumulated > tail)
            break;
        cut = k;
        probability *= double(count - k) / double(k + 1);
    }
    return cut;
}

} // namespace

Samples::Samples(std::vector<double> values) : m_values(std::move(values)) {}

void Samples::add(double value)
{
    m_values.push_back(value);
}

std::vector<double> Samples::sorted() const
{
    auto values = m_values;
    std::sort(values.begin(), values.end());
    return values;
}

double Samples::median() const
{
    return percentile(50);
}

double Samples::minimum() const
{
    return empty() ? 0 : *std::min_element(m_values.begin(), m_values.end());
}

double Samples::maximum() const
{
    return empty() ? 0 : *std::max_element(m_values.begin(), m_values.end());
}

double Samples::mean() const
{
    return empty() ? 0 : std::accumulate(m_values.begin(), m_values.end(), 0.0) / double(size());
}

double Samples::cv() const
{
    const double average = mean();
    if (size() < 2 || average == 0)
        return 0;
    double squares = 0;
    for (const double value : m_values)
        squares += (value - average) * (value - average);
    return std::sqrt(squares / double(size() - 1)) / std::abs(average);
}

double Samples::mad() const
{
    const double centre = median();
    Samples distances;
    for (const double value : m_values)
        distances.add(std::abs(value - centre));
    return distances.median();
}

double Samples::percentile(double percent) const
{
    return percentileOfSorted(sorted(), percent);
}

protocol::Spread Samples::spread() const
{
    return {minimum(), maximum(), cv()};
}

std::optional<double> Samples::relativeHalfWidth() const
{
    const auto cut = ranksToCut(size());
    if (!cut)
        return std::nullopt;
    const auto values = sorted();
    const double centre = percentileOfSorted(values, 50);
    if (centre == 0)
        return std::nullopt;
    return (values[size() - 1 - *cut] - values[*cut]) / 2 / std::abs(centre);
}

} // namespace seatrial::engine
