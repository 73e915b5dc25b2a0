// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace seatrial::engine {

/// What a pattern says each 64-bit word holds. It depends on the place alone, so that any part can be checked at any time.
class MemoryPattern
{
public:
    enum class Kind {
        Address,  ///< its own place: finds lines of the address that are stuck or joined
        Constant, ///< one word everywhere
        Walking,  ///< one bit in 64, moved by one from word to word
        Random,   ///< by a seed
    };

    MemoryPattern(std::string name, Kind kind, std::uint64_t parameter, bool inverse)
        : m_name(std::move(name)), m_kind(kind), m_parameter(parameter), m_flip(inverse ? ~std::uint64_t(0) : 0)
    {
    }

    const std::string &name() const { return m_name; } ///< "walking ones, shift 8"
    std::uint64_t word(std::uint64_t index) const;
    /// The same with every bit turned over.
    MemoryPattern inverse() const;

    /// @p index of the first of @p words in the whole.
    void write(std::span<std::uint64_t> words, std::uint64_t index) const;
    /// The first of @p words that is wrong.
    std::optional<std::size_t> firstWrong(std::span<const std::uint64_t> words, std::uint64_t index) const;

private:
    template<typename Word>
    void forEach(std::size_t count, std::uint64_t index, Word word) const;

    std::string m_name;
    Kind m_kind;
    std::uint64_t m_parameter;
    std::uint64_t m_flip;
};

/// One sweep over the memory: what it should hold is checked, then it is written anew.
struct PatternSweep {
    std::optional<MemoryPattern> check;
    std::optional<MemoryPattern> write;
    bool downwards = false; ///< from the end: moving inversions meet cells whose neighbours are the other way round
};

/// All sweeps of one round: address and its inverse, walking ones and zeros, checkerboards and random words as moving inversions.
std::vector<PatternSweep> patternRound(std::uint64_t seed);

} // namespace seatrial::engine
