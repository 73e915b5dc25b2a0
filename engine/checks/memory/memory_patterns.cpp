// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/memory/memory_patterns.h"

namespace seatrial::engine {

namespace {

/// splitmix64 without its addition: the next word costs two multiplications.
std::uint64_t scatter(std::uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

} // namespace

MemoryPattern MemoryPattern::inverse() const
{
    return {m_name + ", inverted", m_kind, m_parameter, m_flip == 0};
}

/// Calls @p word for each place with what belongs there; the kind is decided outside the loop, so that it becomes vectors.
template<typename Word>
void MemoryPattern::forEach(std::size_t count, std::uint64_t index, Word word) const
{
    const auto flip = m_flip, parameter = m_parameter;
    switch (m_kind) {
    case Kind::Address:
        for (std::size_t i = 0; i < count; ++i)
            word(i, ((index + i) * 8) ^ flip);
        break;
    case Kind::Constant:
        for (std::size_t i = 0; i < count; ++i)
            word(i, parameter ^ flip);
        break;
    case Kind::Walking:
        for (std::size_t i = 0; i < count; ++i)
            word(i, (std::uint64_t(1) << ((index + i + parameter) % 64)) ^ flip);
        break;
    case Kind::Random:
        for (std::size_t i = 0; i < count; ++i)
            word(i, scatter(parameter + (index + i) * 0x9e3779b97f4a7c15) ^ flip);
        break;
    }
}

std::uint64_t MemoryPattern::word(std::uint64_t index) const
{
    std::uint64_t result = 0;
    forEach(1, index, [&](std::size_t, std::uint64_t expected) { result = expected; });
    return result;
}

void MemoryPattern::write(std::span<std::uint64_t> words, std::uint64_t index) const
{
    auto *const to = words.data();
    forEach(words.size(), index, [to](std::size_t i, std::uint64_t expected) { to[i] = expected; });
}

std::optional<std::size_t> MemoryPattern::firstWrong(std::span<const std::uint64_t> words, std::uint64_t index) const
{
    const auto *const from = words.data();
    std::uint64_t difference = 0; // without a branch in the loop it runs at the speed of memory
    forEach(words.size(), index, [&](std::size_t i, std::uint64_t expected) { difference |= from[i] ^ expected; });
    if (difference == 0)
        return std::nullopt;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] != word(index + i))
            return i;
    }
    return words.size(); // wrong a moment ago, right now
}

std::vector<PatternSweep> patternRound(std::uint64_t seed)
{
    using Kind = MemoryPattern::Kind;
    std::vector<PatternSweep> sweeps;
    std::optional<MemoryPattern> held;
    const auto next = [&](std::optional<MemoryPattern> write, bool downwards = false) {
        sweeps.push_back({held, write, downwards});
        held = std::move(write);
    };
    const auto inversions = [&](const MemoryPattern &pattern) {
        next(pattern);
        next(pattern.inverse());
        next(pattern, true);
    };
    const MemoryPattern address("address in address", Kind::Address, 0, false);
    next(address);
    next(address.inverse());
    inversions({"all zeros", Kind::Constant, 0, false});
    inversions({"checkerboard", Kind::Constant, 0x5555555555555555, false});
    inversions({"random words", Kind::Random, seed, false});
    for (std::uint64_t shift = 0; shift < 64; shift += 8) { // eight words make a burst: each data line gets the bit once
        const MemoryPattern ones("walking ones, shift " + std::to_string(shift), Kind::Walking, shift, false);
        next(ones);
        next(MemoryPattern("walking zeros, shift " + std::to_string(shift), Kind::Walking, shift, true));
    }
    next(std::nullopt);
    return sweeps;
}

} // namespace seatrial::engine
