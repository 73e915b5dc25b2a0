// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/population.h"

#include <algorithm>
#include <cmath>

namespace seatrial::analysis {

namespace {

std::size_t countUpTo(const std::vector<double> &ascending, double value)
{
    return static_cast<std::size_t>(std::ranges::upper_bound(ascending, value) - ascending.begin());
}

/// How many lie no farther from @p centre than @p distance. Distances are compared, not bounds: adding and taking
/// away again may not give the same number.
std::size_t countWithin(const std::vector<double> &ascending, double centre, double distance)
{
    const auto first = std::ranges::partition_point(ascending, [&](double value) { return centre - value > distance; });
    const auto last = std::ranges::partition_point(ascending, [&](double value) { return value - centre <= distance; });
    return static_cast<std::size_t>(last - first);
}

/// The value of index @p index among all but own.
double restAt(const std::vector<double> &all, const std::vector<double> &own, std::size_t index)
{
    std::size_t low = 0, high = all.size() - 1;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (countUpTo(all, all[middle]) - countUpTo(own, all[middle]) > index)
            high = middle;
        else
            low = middle + 1;
    }
    return all[low];
}

/// The smallest distance from @p centre within which more than @p index values of the rest lie.
double distanceAt(const std::vector<double> &all, const std::vector<double> &own, double centre, std::size_t index)
{
    const auto enough = [&](double distance) {
        return countWithin(all, centre, distance) - countWithin(own, centre, distance) > index;
    };
    const std::size_t above = static_cast<std::size_t>(std::ranges::lower_bound(all, centre) - all.begin());
    double best = std::max(std::abs(all.back() - centre), std::abs(centre - all.front()));
    // Distances grow to both sides of the centre: on each side the first that is enough is found by halving.
    std::size_t low = above, high = all.size();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const double distance = all[middle] - centre;
        if (enough(distance)) {
            best = std::min(best, distance);
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low = 0, high = above;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const double distance = centre - all[middle];
        if (enough(distance)) {
            best = std::min(best, distance);
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return best;
}

} // namespace

void Population::add(int owner, double value)
{
    m_all.push_back(value);
    m_own[owner].push_back(value);
}

void Population::seal()
{
    std::ranges::sort(m_all);
    for (auto &[owner, values] : m_own)
        std::ranges::sort(values);
}

Centre Population::without(int owner) const
{
    static const Values none;
    const auto found = m_own.find(owner);
    const Values &own = found == m_own.end() ? none : found->second;
    Centre centre;
    centre.owners = m_own.size() - (own.empty() ? 0 : 1);
    if (m_all.size() == own.size())
        return centre;
    centre.median = medianOfRest(m_all, own);
    centre.mad = madOfRest(m_all, own, centre.median);
    return centre;
}

double Population::medianOfRest(const Values &all, const Values &own)
{
    const std::size_t count = all.size() - own.size();
    const double upper = restAt(all, own, count / 2);
    if (count % 2 == 1)
        return upper;
    const double lower = restAt(all, own, count / 2 - 1);
    return lower + (upper - lower) / 2;
}

double Population::madOfRest(const Values &all, const Values &own, double centre)
{
    const std::size_t count = all.size() - own.size();
    const double upper = distanceAt(all, own, centre, count / 2);
    if (count % 2 == 1)
        return upper;
    return (distanceAt(all, own, centre, count / 2 - 1) + upper) / 2;
}

} // namespace seatrial::analysis
