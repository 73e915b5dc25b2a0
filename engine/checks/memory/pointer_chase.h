// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/measure/mapped_memory.h"
#include "engine/measure/random_order.h"
#include "engine/measure/stopping_rule.h"
#include "engine/measure/team.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace seatrial::engine {

/// One cycle through every cache line of a buffer, in an order that no prefetcher can guess: each line holds the address of the
/// next, so a load cannot start before the one before it has ended.
class PointerChase
{
public:
    static constexpr std::uint64_t lineBytes = 64;

    struct Result {
        Samples nanoseconds;       ///< by load, of batches of loads
        std::size_t disturbed = 0; ///< batches left out because the thread lost its CPU to others
        double leastShare = 1;     ///< of the CPU, in the batches that count
        std::uint64_t loads = 0;
        std::string_view stoppedBy;
        std::string wrong;         ///< the walk ended elsewhere than the cycle says; empty if it did not
    };

    /// Lays the cycle with the threads of @p team. Once @p stop is set it lets that be, and must not be walked.
    PointerChase(Team &team, std::uint64_t bytes, std::optional<int> memoryNode = {}, const std::atomic<bool> *stop = nullptr);

    std::uint64_t lines() const { return m_order.count(); }
    const MappedMemory &memory() const { return m_memory; }
    /// The address that place @p place of the cycle holds, for a test to break.
    std::uintptr_t &link(std::uint64_t place) const;

    /// Walks with the first thread of @p walker.
    Result walk(Team &walker, const StoppingRule &rule, const std::atomic<bool> *stop) const;

private:
    std::uintptr_t address(std::uint64_t place) const
    {
        return reinterpret_cast<std::uintptr_t>(m_memory.data()) + m_order.at(place % lines()) * lineBytes;
    }

    MappedMemory m_memory;
    RandomOrder m_order;
};

} // namespace seatrial::engine
