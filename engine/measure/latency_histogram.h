// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/record.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace seatrial::engine {

/// Millions of latencies in little memory: counted in classes that are less than 1 % wide. Count, least and greatest are exact.
class LatencyHistogram
{
public:
    void add(std::uint64_t nanoseconds);
    void add(const LatencyHistogram &other);

    std::uint64_t count() const { return m_count; }
    double minimum() const { return double(m_minimum); }
    double maximum() const { return double(m_maximum); }
    double mean() const { return m_count == 0 ? 0 : m_sum / double(m_count); }
    double cv() const;
    /// @p percent of 0 … 100: that part of all took no longer, in nanoseconds. Zero of none.
    double percentile(double percent) const;

private:
    static constexpr unsigned subBits = 7; ///< 128 classes between a power of two and the next
    static constexpr std::size_t classes = (64 - subBits + 1) << subBits;
    static std::size_t classOf(std::uint64_t nanoseconds);
    static double middleOf(std::size_t index);

    std::array<std::uint32_t, classes> m_counts{};
    std::uint64_t m_count = 0;
    std::uint64_t m_minimum = 0;
    std::uint64_t m_maximum = 0;
    double m_sum = 0;
    double m_squares = 0;
};

} // namespace seatrial::engine
