// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/disk/disk_pattern.h"
#include "engine/checks/disk/test_file.h"
#include "engine/measure/samples.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace seatrial::engine {

/// Sees a block that was read before it is verified; a test breaks it there.
using DiskTamper = std::function<void(std::uint64_t offset, std::span<std::uint64_t> words)>;

struct DiskJob {
    std::uint64_t bytes = 0;       ///< a multiple of DiskRun::blockBytes
    unsigned depth = 4;            ///< blocks in flight, one thread each
    double seconds = 10;           ///< after which a pass ends where it is
    const std::atomic<bool> *stop = nullptr;
    DiskTamper tamper;
};

/// One pass over a file in blocks of 1 MiB, several in flight.
struct DiskPass {
    Samples gigabytesPerSecond; ///< of consecutive pieces of a pass, without the first
    std::uint64_t bytes = 0;
    double seconds = 0;         ///< the whole pass, durable at its end
    std::string_view stoppedBy; ///< "bytes", "time", "request"
    std::string problem;        ///< the operating system refused
    std::string miscompare;     ///< content differs
};

struct SyncLatency {
    Samples microseconds;
    std::string_view stoppedBy;
    std::string problem;
};

class DiskRun
{
public:
    static constexpr std::uint64_t blockBytes = 1 << 20;
    static constexpr std::uint64_t pieces = 16; ///< samples of a pass, the first of which is warm-up

    DiskRun(const TestFile &file, std::uint64_t seed) : m_file(file), m_pattern(seed) {}

    DiskPass write(const DiskJob &job) const;
    /// Reads and verifies what write() wrote; @p job must not ask for more.
    DiskPass read(const DiskJob &job) const;
    /// Durable writes of 4 KiB at places spread over the first @p fileBytes.
    SyncLatency syncWrites(std::uint64_t fileBytes, std::uint64_t count, double seconds, const std::atomic<bool> *stop) const;

    const DiskPattern &pattern() const { return m_pattern; }

private:
    /// Transfers one block; a sentence if the operating system refused, and one in miscompare if its content is wrong.
    using Transfer = std::function<std::string(std::uint64_t offset, std::span<std::uint64_t> words, std::string &miscompare)>;
    DiskPass pass(const DiskJob &job, const Transfer &transfer) const;

    const TestFile &m_file;
    DiskPattern m_pattern;
};

} // namespace seatrial::engine
