// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/disk/disk_run.h"

#include "engine/checks/disk/page_buffer.h"
#include "engine/measure/clock.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

constexpr std::size_t pageBytes = 4096; // O_DIRECT wants memory, offset and length aligned
constexpr std::size_t wordsPerBlock = DiskRun::blockBytes / sizeof(std::uint64_t);

std::string refused(const char *what, std::uint64_t offset)
{
    return std::string(what) + " at byte offset " + std::to_string(offset) + " was refused: " + std::strerror(errno);
}

template<typename Call>
bool wholly(Call call, std::uint64_t bytes)
{
    for (std::uint64_t done = 0; done < bytes;) {
        const ssize_t moved = call(done, bytes - done);
        if (moved < 0 && errno == EINTR)
            continue;
        if (moved == 0)
            errno = EIO; // the end of a file that was longer a moment ago
        if (moved <= 0)
            return false;
        done += std::uint64_t(moved);
    }
    return true;
}

/// What the threads of a pass share.
struct Progress {
    std::mutex mutex;
    std::uint64_t nextBlock = 0;
    std::uint64_t doneBlocks = 0;
    double pieceStart = 0;
    DiskPass pass;
};

} // namespace

DiskPass DiskRun::pass(const DiskJob &job, const Transfer &transfer) const
{
    const auto blocks = job.bytes / blockBytes;
    const auto blocksPerPiece = std::max<std::uint64_t>(1, blocks / pieces);
    Progress progress;
    progress.pass.stoppedBy = "bytes";
    const double start = progress.pieceStart = monotonicSeconds();
    std::vector<PageBuffer> buffers;
    for (unsigned worker = 0; worker < job.depth; ++worker)
        buffers.push_back(makePageBuffer(blockBytes));

    const auto work = [&](unsigned worker) {
        const std::span words(buffers[worker].get(), wordsPerBlock);
        while (true) {
            std::uint64_t block = 0;
            {
                const std::lock_guard lock(progress.mutex);
                auto &pass = progress.pass;
                if (!pass.problem.empty() || !pass.miscompare.empty() || progress.nextBlock == blocks)
                    return;
                const bool stopped = stopRequested(job.stop);
                if (stopped || monotonicSeconds() - start > job.seconds) {
                    pass.stoppedBy = stopped ? "request" : "time";
                    return;
                }
                block = progress.nextBlock++;
            }
            std::string miscompare;
            auto problem = transfer(block * blockBytes, words, miscompare);
            const std::lock_guard lock(progress.mutex);
            auto &pass = progress.pass;
            if (pass.problem.empty())
                pass.problem = std::move(problem);
            if (pass.miscompare.empty())
                pass.miscompare = std::move(miscompare);
            if (++progress.doneBlocks % blocksPerPiece != 0)
                continue;
            const double now = monotonicSeconds();
            if (progress.doneBlocks > blocksPerPiece) // the first piece is the warm-up
                pass.gigabytesPerSecond.add(double(blocksPerPiece * blockBytes) * 1e-9 / (now - progress.pieceStart));
            progress.pieceStart = now;
        }
    };
    {
        std::vector<std::jthread> threads;
        for (unsigned worker = 0; worker < job.depth; ++worker)
            threads.emplace_back(work, worker);
    }
    progress.pass.bytes = progress.doneBlocks * blockBytes;
    progress.pass.seconds = monotonicSeconds() - start;
    return progress.pass;
}

DiskPass DiskRun::write(const DiskJob &job) const
{
    const double start = monotonicSeconds();
    auto result = pass(job, [&](std::uint64_t offset, std::span<std::uint64_t> words, std::string &) -> std::string {
        m_pattern.fill(words, offset);
        const auto *bytes = reinterpret_cast<const char *>(words.data());
        const bool done = wholly([&](std::uint64_t at, std::uint64_t left) { return pwrite(m_file.data(), bytes + at, left, off_t(offset + at)); },
                                 blockBytes);
        return done ? std::string() : refused("writing", offset);
    });
    if (fdatasync(m_file.data()) != 0 && result.problem.empty())
        result.problem = refused("making the file durable", 0);
    posix_fadvise(m_file.data(), 0, 0, POSIX_FADV_DONTNEED); // so that reading reaches the disk
    result.seconds = monotonicSeconds() - start;
    return result;
}

DiskPass DiskRun::read(const DiskJob &job) const
{
    return pass(job, [&](std::uint64_t offset, std::span<std::uint64_t> words, std::string &miscompare) -> std::string {
        auto *bytes = reinterpret_cast<char *>(words.data());
        const bool done = wholly([&](std::uint64_t at, std::uint64_t left) { return pread(m_file.data(), bytes + at, left, off_t(offset + at)); },
                                 blockBytes);
        if (!done)
            return refused("reading", offset);
        if (job.tamper)
            job.tamper(offset, words);
        if (const auto wrong = m_pattern.check(words, offset))
            miscompare = "the file holds 0x" + hexText(wrong->got) + " instead of 0x" + hexText(wrong->expected)
                + " at byte offset " + std::to_string(wrong->offset);
        return {};
    });
}

SyncLatency DiskRun::syncWrites(std::uint64_t fileBytes, std::uint64_t count, double seconds, const std::atomic<bool> *stop) const
{
    SyncLatency result;
    const auto buffer = makePageBuffer(pageBytes);
    const std::span words(buffer.get(), pageBytes / sizeof(std::uint64_t));
    const auto pages = fileBytes / pageBytes;
    const double start = monotonicSeconds();
    result.stoppedBy = "repetitions";
    for (std::uint64_t i = 0; pages > 0 && i < count; ++i) {
        const auto offset = i * 7919 % pages * pageBytes; // a prime step: spread, and the same on every node
        m_pattern.fill(words, offset);
        const double before = monotonicSeconds();
        if (pwrite(m_file.sync(), words.data(), pageBytes, off_t(offset)) != ssize_t(pageBytes)) {
            result.problem = refused("a durable write of 4 KiB", offset);
            return result;
        }
        const double now = monotonicSeconds();
        if (i > 0) // the first is the warm-up
            result.microseconds.add((now - before) * 1e6);
        if (stopRequested(stop) || now - start > seconds) {
            result.stoppedBy = stopRequested(stop) ? "request" : "time";
            break;
        }
    }
    return result;
}

} // namespace seatrial::engine
