// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace seatrial::engine {

/// Content of a test file: word i is seed + i × an odd constant. So every place has a content of its own, two files
/// never agree, and it is made as fast as memory can be written.
class DiskPattern
{
public:
    explicit DiskPattern(std::uint64_t seed) : m_seed(seed) {}

    /// What belongs at byte @p offset, a multiple of 8.
    std::uint64_t word(std::uint64_t offset) const { return m_seed + offset / 8 * step; }
    void fill(std::span<std::uint64_t> words, std::uint64_t offset) const;

    struct Miscompare {
        std::uint64_t offset = 0; ///< in the file, bytes
        std::uint64_t expected = 0;
        std::uint64_t got = 0;
    };
    /// The first wrong word of what was read at @p offset.
    std::optional<Miscompare> check(std::span<const std::uint64_t> words, std::uint64_t offset) const;

private:
    static constexpr std::uint64_t step = 0x9e3779b97f4a7c15;
    std::uint64_t m_seed;
};

} // namespace seatrial::engine
