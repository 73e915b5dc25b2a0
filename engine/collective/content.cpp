// SPDX-License-Identifier: Apache-2.0
#include "engine/collective/content.h"

#include <bit>

namespace seatrial::engine::collective {

namespace {

/// Rank, round and place in bits of their own: 14 for the two first, 34 for the last.
std::uint32_t mixed(std::uint64_t rank, std::uint32_t round, std::uint32_t place)
{
    std::uint64_t value = rank << 48 | std::uint64_t(round & 0x3fffu) << 34 | place;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
    return std::uint32_t(value >> 32);
}

} // namespace

/// Floats are whole numbers whose sum over all ranks is exact and known without adding: 0 … 255 that all share, and one
/// of 0 … ranks - 1 that no other rank has at this place.
std::uint32_t Content::given(int rank, std::uint32_t place, std::uint32_t round) const
{
    if (!m_shape.summed)
        return mixed(std::uint64_t(rank), round, place);
    const auto shared = mixed(0, round, place) & 255u;
    const auto own = (place + std::uint32_t(rank)) % std::uint32_t(m_ranks);
    return std::bit_cast<std::uint32_t>(float(shared + own));
}

std::uint32_t Content::expected(std::uint32_t place, std::uint32_t round) const
{
    const auto n = std::uint64_t(m_ranks);
    const auto sum = [&](std::uint32_t at) {
        const auto shared = mixed(0, round, at) & 255u;
        return std::bit_cast<std::uint32_t>(float(double(n) * shared + double(n * (n - 1) / 2)));
    };
    const auto share = std::uint32_t(m_shape.share);
    const auto before = (m_rank + m_ranks - 1) % m_ranks;
    switch (m_stage.operation) {
    case Operation::AllReduce:
    case Operation::Reduce: return sum(place);
    case Operation::ReduceScatter: return sum(std::uint32_t(m_rank) * share + place);
    case Operation::AllGather: return given(int(place / share), place % share, round);
    case Operation::AllToAll: // of each rank the piece that it has for this one
        return given(int(place / share), std::uint32_t(m_rank) * share + place % share, round);
    case Operation::Broadcast: return given(0, place, round);
    case Operation::SendRecv: return given(before, place, round);
    }
    return 0;
}

void Content::fill(std::span<std::uint32_t> input, std::uint32_t round) const
{
    for (std::uint32_t place = 0; place < input.size(); ++place)
        input[place] = given(m_rank, place, round);
}

std::uint64_t Content::looked() const
{
    return m_stage.operation == Operation::Reduce && m_rank != 0 ? 0 : m_shape.output;
}

std::uint64_t Content::wrong(std::span<const std::uint32_t> output, std::uint32_t round) const
{
    std::uint64_t count = 0;
    const auto all = looked();
    for (std::uint32_t place = 0; place < all; ++place)
        count += output[place] != expected(place, round);
    return count;
}

std::optional<std::uint64_t> Content::firstWrong(std::span<const std::uint32_t> output, std::uint32_t round) const
{
    const auto all = looked();
    for (std::uint32_t place = 0; place < all; ++place) {
        if (output[place] != expected(place, round))
            return place;
    }
    return std::nullopt;
}

std::optional<int> Content::giver(std::uint64_t place) const
{
    switch (m_stage.operation) {
    case Operation::AllGather:
    case Operation::AllToAll: return int(place / m_shape.share);
    case Operation::Broadcast: return 0;
    case Operation::SendRecv: return (m_rank + m_ranks - 1) % m_ranks;
    case Operation::AllReduce:
    case Operation::Reduce:
    case Operation::ReduceScatter: break;
    }
    return std::nullopt;
}

} // namespace seatrial::engine::collective
