// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/digests.h"

#include "engine/measure/text.h"

#include <algorithm>

namespace seatrial::engine {

std::optional<std::uint64_t> majorityOf(const std::vector<std::uint64_t> &values)
{
    std::uint64_t candidate = 0;
    std::size_t lead = 0;
    for (const auto value : values) { // Boyer and Moore: who has most outlives all others
        if (lead == 0)
            candidate = value;
        lead = value == candidate ? lead + 1 : lead - 1;
    }
    const auto count = std::size_t(std::count(values.begin(), values.end(), candidate));
    return count * 2 > values.size() ? std::optional(candidate) : std::nullopt;
}

std::vector<OddOne> oddOnesOut(const std::vector<std::string> &subjects, const std::vector<std::uint64_t> &digests)
{
    std::vector<OddOne> odd;
    const bool equal = std::all_of(digests.begin(), digests.end(), [&](std::uint64_t digest) { return digest == digests.front(); });
    if (equal)
        return odd;
    const auto majority = majorityOf(digests);
    if (!majority) {
        std::string all;
        for (const auto &subject : subjects)
            all += (all.empty() ? "" : ", ") + subject;
        return {{"node", "equal GPUs calculate different results, and no result is that of most: " + all}};
    }
    for (std::size_t i = 0; i < digests.size(); ++i) {
        if (digests[i] != *majority)
            odd.push_back({subjects[i], subjects[i] + " calculates 0x" + hexText(digests[i]) + " where the other GPUs of its model calculate 0x" + hexText(*majority)});
    }
    return odd;
}

} // namespace seatrial::engine
