// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/disk/random_io.h"

#include "engine/checks/disk/page_buffer.h"
#include "engine/measure/clock.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

constexpr std::size_t wordsPerPage = RandomIo::pageBytes / sizeof(std::uint64_t);

std::string refused(const char *what, std::uint64_t page, ssize_t moved)
{
    return std::string(what) + " of 4 KiB at byte offset " + std::to_string(page * RandomIo::pageBytes) + " was refused: "
        + (moved < 0 ? std::strerror(errno) : "it moved only a part");
}

/// splitmix64.
class Dice
{
public:
    explicit Dice(std::uint64_t seed) : m_state(seed) {}
    std::uint64_t below(std::uint64_t bound)
    {
        std::uint64_t value = m_state += 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return (value ^ (value >> 31)) % bound;
    }

private:
    std::uint64_t m_state;
};

} // namespace

RandomIo::RandomIo(const TestFile &file, std::uint64_t bytes, const DiskPattern &before, std::uint64_t seed)
    : m_file(file), m_pages(bytes / pageBytes), m_before(before), m_after(seed), m_written(m_pages), m_seed(seed)
{
}

template<typename Transfer>
RandomPass RandomIo::pass(unsigned depth, double seconds, const std::atomic<bool> *stop, Transfer transfer)
{
    RandomPass result;
    std::mutex mutex;
    std::atomic<bool> ended = m_pages == 0;
    const double start = monotonicSeconds();
    const auto work = [&](unsigned worker) {
        LatencyHistogram latency;
        std::string problem, miscompare;
        const auto buffer = makePageBuffer(pageBytes);
        Timed timed{{buffer.get(), wordsPerPage}};
        Dice dice(m_seed + 0x1000 * worker + 1);
        bool first = true;
        while (!ended && !stopRequested(stop) && monotonicSeconds() - start < seconds) {
            const auto page = dice.below(m_pages);
            problem = transfer(page, timed, miscompare);
            if (!problem.empty() || !miscompare.empty()) {
                ended = true;
                break;
            }
            if (!first) // the first finds nothing where it needs it
                latency.add(std::uint64_t((timed.after - timed.before) * 1e9));
            first = false;
        }
        const std::lock_guard lock(mutex);
        result.latency.add(latency);
        if (result.problem.empty())
            result.problem = std::move(problem);
        if (result.miscompare.empty())
            result.miscompare = std::move(miscompare);
    };
    {
        std::vector<std::jthread> threads;
        try {
            for (unsigned worker = 0; worker < depth; ++worker)
                threads.emplace_back(work, worker);
        } catch (...) { // a limit on threads: end those that run, then tell
            ended = true;
            throw;
        }
    }
    result.seconds = monotonicSeconds() - start;
    result.stoppedBy = stopRequested(stop) ? "request" : "time";
    return result;
}

std::string RandomIo::readPage(std::uint64_t page, Timed &timed, const DiskTamper &tamper, std::string &miscompare) const
{
    const auto offset = page * pageBytes;
    timed.before = monotonicSeconds();
    const auto moved = pread(m_file.data(), timed.words.data(), pageBytes, off_t(offset));
    timed.after = monotonicSeconds();
    if (moved != ssize_t(pageBytes))
        return refused("a read", page, moved);
    if (tamper)
        tamper(offset, timed.words);
    const auto &pattern = m_written[page].load(std::memory_order_relaxed) ? m_after : m_before;
    if (const auto wrong = pattern.check(timed.words, offset))
        miscompare = "the file holds 0x" + hexText(wrong->got) + " instead of 0x" + hexText(wrong->expected) + " at byte offset "
            + std::to_string(wrong->offset);
    return {};
}

RandomPass RandomIo::read(unsigned depth, double seconds, const std::atomic<bool> *stop, const DiskTamper &tamper)
{
    return pass(depth, seconds, stop, [&](std::uint64_t page, Timed &timed, std::string &miscompare) {
        if (!m_file.direct())
            posix_fadvise(m_file.data(), off_t(page * pageBytes), off_t(pageBytes), POSIX_FADV_DONTNEED);
        return readPage(page, timed, tamper, miscompare);
    });
}

RandomPass RandomIo::write(unsigned depth, double seconds, const std::atomic<bool> *stop)
{
    const int file = m_file.direct() ? m_file.data() : m_file.sync();
    return pass(depth, seconds, stop, [&](std::uint64_t page, Timed &timed, std::string &) -> std::string {
        m_after.fill(timed.words, page * pageBytes);
        timed.before = monotonicSeconds();
        const auto moved = pwrite(file, timed.words.data(), pageBytes, off_t(page * pageBytes));
        timed.after = monotonicSeconds();
        if (moved != ssize_t(pageBytes))
            return refused("a write", page, moved);
        m_written[page].store(true, std::memory_order_relaxed);
        return {};
    });
}

RandomIo::Verified RandomIo::verifyWritten(double seconds, const std::atomic<bool> *stop, const DiskTamper &tamper)
{
    Verified result;
    const auto buffer = makePageBuffer(pageBytes);
    Timed timed{{buffer.get(), wordsPerPage}};
    posix_fadvise(m_file.data(), 0, 0, POSIX_FADV_DONTNEED);
    const double start = monotonicSeconds();
    for (std::uint64_t page = 0; page < m_pages; ++page) {
        if (!m_written[page])
            continue;
        ++result.written;
        const bool over = stopRequested(stop) || monotonicSeconds() - start > seconds;
        if (over || !result.problem.empty() || !result.miscompare.empty())
            continue; // counted all the same
        result.problem = readPage(page, timed, tamper, result.miscompare);
        ++result.pages;
    }
    return result;
}

} // namespace seatrial::engine
