// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/memory/memory_patterns.h"
#include "engine/checks/memory/miscompare.h"
#include "engine/measure/mapped_memory.h"
#include "engine/measure/team.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace seatrial::engine {

/// Sees the memory between sweeps; a test breaks it there.
using PatternTamper = std::function<void(const PatternSweep &last, std::span<std::uint64_t> words)>;

/// Sweeps of patterns over memory that a team of threads shares, each thread its own part, near its CPU.
class PatternRun
{
public:
    static constexpr std::size_t mostKept = 16; ///< miscompares with all they say; the others are counted

    struct Result {
        std::size_t sweeps = 0;       ///< over all of the memory, so far
        std::size_t rounds = 0;       ///< whole ones
        std::uint64_t bytesMoved = 0; ///< read and written
        double seconds = 0;           ///< of the sweeps
        std::uint64_t wrongWords = 0;
        std::vector<Miscompare> miscompares;
        std::string_view stoppedBy;   ///< "rounds", "time", "request", "memory", "errors"
    };

    /// @p floorBytes: ends when less is available to everybody.
    PatternRun(Team &team, std::uint64_t bytes, std::filesystem::path sysroot, std::uint64_t floorBytes);

    std::uint64_t bytes() const { return m_memory.bytes(); }
    /// Holds the memory in place, so that it cannot be swapped out in between. False where a limit forbids it.
    bool lock();
    /// At most @p rounds and @p seconds; ends at once if told to, or if memory runs short for everybody.
    Result run(std::uint64_t seed, std::size_t rounds, double seconds, const std::atomic<bool> *stop, const PatternTamper &tamper);

private:
    std::span<std::uint64_t> words() const { return {reinterpret_cast<std::uint64_t *>(m_memory.data()), m_memory.bytes() / 8}; }
    void sweep(const PatternSweep &sweep, std::size_t worker);
    void note(const PatternSweep &sweep, std::span<std::uint64_t> block, std::uint64_t index, int cpu);
    const char *reasonToStop() const;

    Team &m_team;
    MappedMemory m_memory;
    std::filesystem::path m_sysroot;
    std::uint64_t m_floorBytes;
    double m_start = 0;
    double m_seconds = 0;
    double m_nextLook = 0; ///< of the first worker
    const std::atomic<bool> *m_stop = nullptr;
    std::atomic<const char *> m_ended = nullptr;
    std::mutex m_mutex;
    Result m_result;
};

} // namespace seatrial::engine
