// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/collective/job.h"

#include <cstdint>
#include <optional>
#include <span>

namespace seatrial::engine::collective {

/// What is sent, and what therefore has to arrive: each element follows from who sent it, where it stands and the round,
/// so that a piece of another rank, place or round is wrong.
class Content
{
public:
    Content(const Stage &stage, const Shape &shape, int rank, int ranks) : m_stage(stage), m_shape(shape), m_rank(rank), m_ranks(ranks) {}

    /// What this rank gives in a round.
    void fill(std::span<std::uint32_t> input, std::uint32_t round) const;
    /// How many elements of @p output are not what they have to be after that round. Where this rank gets nothing, none are.
    std::uint64_t wrong(std::span<const std::uint32_t> output, std::uint32_t round) const;
    /// The first of these, if there is one.
    std::optional<std::uint64_t> firstWrong(std::span<const std::uint32_t> output, std::uint32_t round) const;
    /// Which rank gave what has to stand at @p place; nothing where it is a sum of all.
    std::optional<int> giver(std::uint64_t place) const;
    /// How many of them it looks at.
    std::uint64_t looked() const;

private:
    std::uint32_t given(int rank, std::uint32_t place, std::uint32_t round) const;
    std::uint32_t expected(std::uint32_t place, std::uint32_t round) const;

    Stage m_stage;
    Shape m_shape;
    int m_rank;
    int m_ranks;
};

} // namespace seatrial::engine::collective
