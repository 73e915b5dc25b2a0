// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

namespace seatrial::analysis {

/// Middle and spread of values.
struct Centre {
    double median = 0;
    double mad = 0;
    std::size_t owners = 0; ///< how many nodes they come from
};

/// Figures of a fleet, each of a node, that answers "how are the others?" for every node without sorting anew:
/// the whole is sorted once, and one node's values are stepped over.
class Population
{
public:
    void add(int owner, double value);
    /// After the last add, before the first question.
    void seal();

    std::size_t owners() const { return m_own.size(); }
    /// Middle and spread of all values but those of @p owner.
    Centre without(int owner) const;

private:
    using Values = std::vector<double>;

    static double medianOfRest(const Values &all, const Values &own);
    static double madOfRest(const Values &all, const Values &own, double centre);

    Values m_all;                          ///< ascending once sealed
    std::unordered_map<int, Values> m_own; ///< ascending once sealed
};

} // namespace seatrial::analysis
