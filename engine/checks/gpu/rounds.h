// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

namespace seatrial::engine {

using IntPair = std::pair<int, int>;

/// All pairs of @p members, in rounds within which nobody is in two pairs: n − 1 rounds for an even number, n for an odd one.
std::vector<std::vector<IntPair>> disjointRounds(const std::vector<int> &members);

} // namespace seatrial::engine
