// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>

namespace seatrial::engine {

/// Every number below @p count once, in an order that looks random: place j holds at(j). It needs no memory of its own, so a
/// cycle over gigabytes is laid by many threads at once, by writes that wait for nothing.
class RandomOrder
{
public:
    RandomOrder(std::uint64_t count, std::uint64_t seed) : m_count(count), m_seed(seed)
    {
        while (m_bits < 63 && (std::uint64_t(1) << m_bits) < count)
            ++m_bits;
        m_mask = (std::uint64_t(1) << m_bits) - 1;
    }

    std::uint64_t count() const { return m_count; }
    std::uint64_t at(std::uint64_t place) const
    {
        do // a mixing of all numbers of as many bits: those outside are walked over, fewer than one a number on average
            place = mixed(place);
        while (place >= m_count);
        return place;
    }

private:
    /// Each line can be undone, so no two numbers become one.
    std::uint64_t mixed(std::uint64_t value) const
    {
        const unsigned half = (m_bits + 1) / 2;
        value = (value + m_seed) & m_mask;
        for (const std::uint64_t odd : {0x9e3779b97f4a7c15ull, 0xbf58476d1ce4e5b9ull, 0x94d049bb133111ebull}) {
            value = (value * odd) & m_mask;
            value ^= value >> half;
        }
        return (value * 0xd6e8feb86659fd93ull) & m_mask;
    }

    std::uint64_t m_count;
    std::uint64_t m_seed;
    unsigned m_bits = 1;
    std::uint64_t m_mask = 1;
};

} // namespace seatrial::engine
