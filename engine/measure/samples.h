// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/record.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace seatrial::engine {

/// Repeated figures of one quantity and what they say together. Asking an empty one answers zero.
class Samples
{
public:
    Samples() = default;
    explicit Samples(std::vector<double> values);

    void add(double value);
    std::size_t size() const { return m_values.size(); }
    bool empty() const { return m_values.empty(); }
    const std::vector<double> &values() const { return m_values; } ///< in the order they came

    double median() const;
    double minimum() const;
    double maximum() const;
    double mean() const;
    /// Sample standard deviation / mean; zero for fewer than two samples or a mean of zero.
    double cv() const;
    /// Median absolute deviation from the median, not scaled to a normal distribution.
    double mad() const;
    /// @p percent of 0 … 100, interpolated linearly between neighbours.
    double percentile(double percent) const;
    protocol::Spread spread() const;

    /// Half the width of the 95 % confidence interval of the median, relative to the median. It follows from ranks
    /// alone (binomial), so it holds for any distribution; nothing below six samples, where no such interval exists.
    std::optional<double> relativeHalfWidth() const;

private:
    std::vector<double> sorted() const;

    std::vector<double> m_values;
};

} // namespace seatrial::engine
