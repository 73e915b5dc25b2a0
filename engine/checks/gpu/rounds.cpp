// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/rounds.h"

#include <algorithm>

namespace seatrial::engine {

std::vector<std::vector<IntPair>> disjointRounds(const std::vector<int> &members)
{
    constexpr int nobody = -1;
    auto circle = members;
    if (circle.size() % 2 != 0)
        circle.push_back(nobody);
    std::vector<std::vector<IntPair>> rounds;
    if (members.size() < 2)
        return rounds;
    for (std::size_t round = 0; round + 1 < circle.size(); ++round) {
        std::vector<IntPair> pairs;
        for (std::size_t i = 0; i < circle.size() / 2; ++i) {
            const int a = circle[i], b = circle[circle.size() - 1 - i];
            if (a != nobody && b != nobody)
                pairs.emplace_back(std::min(a, b), std::max(a, b));
        }
        rounds.push_back(std::move(pairs));
        std::rotate(circle.begin() + 1, circle.end() - 1, circle.end()); // the first one stays, all others move on
    }
    return rounds;
}

} // namespace seatrial::engine
