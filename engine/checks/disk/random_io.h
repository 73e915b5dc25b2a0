// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/disk/disk_pattern.h"
#include "engine/checks/disk/disk_run.h"
#include "engine/checks/disk/test_file.h"
#include "engine/measure/latency_histogram.h"

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::engine {

/// How one pass of small transfers at random places went.
struct RandomPass {
    LatencyHistogram latency;
    double seconds = 0;
    std::string_view stoppedBy; ///< "time" or "request"
    std::string problem;        ///< the operating system refused
    std::string miscompare;     ///< content differs
    double perSecond() const { return seconds > 0 ? double(latency.count()) / seconds : 0; }
};

/// Reads and writes of 4 KiB at random places of a file that holds a pattern already, by as many threads as may wait at once. Past
/// the page cache where the file system can; else each read is told to forget what is cached, and each write is durable.
class RandomIo
{
public:
    static constexpr std::uint64_t pageBytes = 4096;

    /// The first @p bytes of @p file hold @p before; what is written here follows @p seed.
    RandomIo(const TestFile &file, std::uint64_t bytes, const DiskPattern &before, std::uint64_t seed);

    RandomPass read(unsigned depth, double seconds, const std::atomic<bool> *stop, const DiskTamper &tamper);
    RandomPass write(unsigned depth, double seconds, const std::atomic<bool> *stop);
    /// Reads back pages that were written, at most @p seconds long. How many, or what is wrong.
    struct Verified {
        std::uint64_t pages = 0;
        std::uint64_t written = 0;
        std::string problem;
        std::string miscompare;
    };
    Verified verifyWritten(double seconds, const std::atomic<bool> *stop, const DiskTamper &tamper);

private:
    /// A page, and when its transfer began and ended.
    struct Timed {
        std::span<std::uint64_t> words;
        double before = 0;
        double after = 0;
    };
    template<typename Transfer>
    RandomPass pass(unsigned depth, double seconds, const std::atomic<bool> *stop, Transfer transfer);
    std::string readPage(std::uint64_t page, Timed &timed, const DiskTamper &tamper, std::string &miscompare) const;

    const TestFile &m_file;
    std::uint64_t m_pages;
    DiskPattern m_before, m_after;
    std::vector<std::atomic<bool>> m_written; ///< by page
    std::uint64_t m_seed;
};

} // namespace seatrial::engine
