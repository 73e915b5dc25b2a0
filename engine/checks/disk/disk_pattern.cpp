// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/disk/disk_pattern.h"

namespace seatrial::engine {

void DiskPattern::fill(std::span<std::uint64_t> words, std::uint64_t offset) const
{
    std::uint64_t value = word(offset);
    for (auto &place : words) {
        place = value;
        value += step;
    }
}

std::optional<DiskPattern::Miscompare> DiskPattern::check(std::span<const std::uint64_t> words, std::uint64_t offset) const
{
    std::uint64_t value = word(offset);
    std::uint64_t difference = 0; // without a branch in the loop it runs at the speed of memory
    for (const auto got : words) {
        difference |= got ^ value;
        value += step;
    }
    for (std::size_t i = 0; difference != 0 && i < words.size(); ++i) {
        const auto expected = word(offset + i * 8);
        if (words[i] != expected)
            return Miscompare{offset + i * 8, expected, words[i]};
    }
    return std::nullopt;
}

} // namespace seatrial::engine
