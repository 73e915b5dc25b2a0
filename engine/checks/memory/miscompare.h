// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace seatrial::engine {

/// A word of memory that is not what was written.
struct Miscompare {
    /// What reading it again, and writing and reading it again, said.
    enum class Nature {
        Read,   ///< read again it is right: it was lost on the way
        Stored, ///< it stays wrong, but takes what is written anew
        Stuck,  ///< it does not take what is written
    };

    std::string pattern;
    std::uint64_t virtualAddress = 0;
    std::optional<std::uint64_t> physicalAddress; ///< nothing without the privilege to see it
    std::uint64_t offset = 0;                     ///< in the memory under test, bytes
    std::uint64_t expected = 0;
    std::uint64_t found = 0;
    Nature nature = Nature::Stored;
    int cpu = 0;
    int numaNode = -1; ///< -1 if the kernel does not tell

    /// "5, 17": which bits differ, "more than 8" where it is not worth naming them.
    std::string bits() const;
    std::string describe() const;
};

/// Reads, writes and reads the word again, past the caches, to tell what kind of error it is. Leaves @p expected there if it can.
Miscompare::Nature examine(std::uint64_t *word, std::uint64_t expected);
/// What to make of the words that were read then.
Miscompare::Nature natureOf(std::uint64_t expected, std::uint64_t readAgain, std::uint64_t readAfterWriting);

/// Where a virtual address of this process lies, as /proc/self/pagemap says to the privileged.
std::optional<std::uint64_t> physicalAddress(std::uint64_t virtualAddress);

} // namespace seatrial::engine
