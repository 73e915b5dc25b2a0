// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/memory/miscompare.h"

#include "engine/measure/text.h"

#include <fcntl.h>
#include <unistd.h>

#ifdef __x86_64__
#include <emmintrin.h>
#endif

namespace seatrial::engine {

namespace {

constexpr int mostBitsNamed = 8;

/// From memory, not from a cache that still knows what was written. Elsewhere than on x86-64 the caches stay between.
std::uint64_t readPastCaches(std::uint64_t *word)
{
#ifdef __x86_64__
    _mm_mfence();
    _mm_clflush(word);
    _mm_mfence();
#endif
    return *const_cast<volatile std::uint64_t *>(word);
}

} // namespace

Miscompare::Nature natureOf(std::uint64_t expected, std::uint64_t readAgain, std::uint64_t readAfterWriting)
{
    if (readAfterWriting != expected)
        return Miscompare::Nature::Stuck;
    return readAgain == expected ? Miscompare::Nature::Read : Miscompare::Nature::Stored;
}

Miscompare::Nature examine(std::uint64_t *word, std::uint64_t expected)
{
    const auto readAgain = readPastCaches(word);
    *const_cast<volatile std::uint64_t *>(word) = expected;
    return natureOf(expected, readAgain, readPastCaches(word));
}

std::string Miscompare::bits() const
{
    const auto wrong = expected ^ found;
    if (__builtin_popcountll(wrong) > mostBitsNamed)
        return std::to_string(__builtin_popcountll(wrong)) + " bits";
    std::string text;
    for (int bit = 0; bit < 64; ++bit) {
        if (wrong >> bit & 1)
            text += (text.empty() ? "" : ", ") + std::to_string(bit);
    }
    return (__builtin_popcountll(wrong) == 1 ? "bit " : "bits ") + text;
}

std::string Miscompare::describe() const
{
    const char *const kind = nature == Nature::Read ? "read again it was right"
        : nature == Nature::Stored                  ? "read again it was still wrong, written anew it was right"
                                                    : "it does not take what is written";
    return "memory is wrong at byte offset " + std::to_string(offset) + " (virtual address 0x" + hexText(virtualAddress) + ", physical "
        + (physicalAddress ? "0x" + hexText(*physicalAddress) : std::string("address not readable without privilege"))
        + (numaNode >= 0 ? ", NUMA node " + std::to_string(numaNode) : std::string()) + "): " + pattern + " left 0x" + hexText(found)
        + " instead of 0x" + hexText(expected) + ", " + bits() + " flipped, seen by CPU " + std::to_string(cpu) + "; " + kind;
}

std::optional<std::uint64_t> physicalAddress(std::uint64_t virtualAddress)
{
    constexpr std::uint64_t present = std::uint64_t(1) << 63, frames = (std::uint64_t(1) << 55) - 1;
    const auto pageBytes = std::uint64_t(sysconf(_SC_PAGESIZE));
    const int map = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (map < 0)
        return std::nullopt;
    std::uint64_t entry = 0;
    const bool read = pread(map, &entry, sizeof entry, off_t(virtualAddress / pageBytes * sizeof entry)) == ssize_t(sizeof entry);
    close(map);
    const auto frame = entry & frames;
    if (!read || !(entry & present) || frame == 0) // without privilege the kernel shows zero
        return std::nullopt;
    return frame * pageBytes + virtualAddress % pageBytes;
}

} // namespace seatrial::engine
