// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/calm.h"

#include <algorithm>

namespace seatrial::engine {

namespace {

constexpr std::size_t leastCalm = 3;

} // namespace

std::vector<Repetition> calmest(std::vector<Repetition> all)
{
    std::stable_sort(all.begin(), all.end(), [](auto &a, auto &b) { return a.cpuShare > b.cpuShare; });
    const auto disturbed = std::find_if(all.begin(), all.end(), [](auto &repetition) { return repetition.cpuShare < calmShare; });
    const auto calm = std::size_t(disturbed - all.begin());
    all.resize(std::min(all.size(), calm >= leastCalm ? calm : std::max(leastCalm, all.size() / 4)));
    return all;
}

} // namespace seatrial::engine
