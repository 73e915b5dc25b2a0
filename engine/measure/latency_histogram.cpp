// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/latency_histogram.h"

#include <algorithm>
#include <cmath>

namespace seatrial::engine {

std::size_t LatencyHistogram::classOf(std::uint64_t nanoseconds)
{
    constexpr std::uint64_t exact = std::uint64_t(1) << subBits; // below, each number is a class of its own
    if (nanoseconds < exact)
        return std::size_t(nanoseconds);
    const unsigned log = 63 - unsigned(__builtin_clzll(nanoseconds));
    const unsigned shift = log - subBits;
    return (std::size_t(shift + 1) << subBits) + std::size_t((nanoseconds >> shift) - exact);
}

double LatencyHistogram::middleOf(std::size_t index)
{
    constexpr std::size_t exact = std::size_t(1) << subBits;
    if (index < exact)
        return double(index);
    const auto shift = int(index >> subBits) - 1;
    const double first = std::ldexp(double(exact + (index & (exact - 1))), shift);
    return first + (std::ldexp(1.0, shift) - 1) / 2;
}

void LatencyHistogram::add(std::uint64_t nanoseconds)
{
    ++m_counts[classOf(nanoseconds)];
    m_minimum = m_count == 0 ? nanoseconds : std::min(m_minimum, nanoseconds);
    m_maximum = std::max(m_maximum, nanoseconds);
    ++m_count;
    m_sum += double(nanoseconds);
    m_squares += double(nanoseconds) * double(nanoseconds);
}

void LatencyHistogram::add(const LatencyHistogram &other)
{
    if (other.m_count == 0)
        return;
    for (std::size_t i = 0; i < classes; ++i)
        m_counts[i] += other.m_counts[i];
    m_minimum = m_count == 0 ? other.m_minimum : std::min(m_minimum, other.m_minimum);
    m_maximum = std::max(m_maximum, other.m_maximum);
    m_count += other.m_count;
    m_sum += other.m_sum;
    m_squares += other.m_squares;
}

double LatencyHistogram::cv() const
{
    if (m_count < 2 || m_sum == 0)
        return 0;
    const double variance = (m_squares - m_sum * mean()) / double(m_count - 1);
    return std::sqrt(std::max(0.0, variance)) / mean();
}

double LatencyHistogram::percentile(double percent) const
{
    if (m_count == 0)
        return 0;
    const double share = std::clamp(percent, 0.0, 100.0) / 100;
    const auto rank = std::max<std::uint64_t>(1, std::uint64_t(std::ceil(share * double(m_count))));
    if (rank == m_count)
        return maximum();
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < classes; ++i) {
        seen += m_counts[i];
        if (seen >= rank)
            return std::clamp(middleOf(i), minimum(), maximum());
    }
    return maximum();
}

} // namespace seatrial::engine
