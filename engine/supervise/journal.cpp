// SPDX-License-Identifier: Apache-2.0
#include "engine/supervise/journal.h"

#include "core/protocol/codec.h"
#include "core/protocol/held_bytes.h"
#include "core/protocol/line_cutter.h"
#include "engine/supervise/node_clock.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <tuple>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

constexpr std::uint64_t kRecordsPerMark = 512;
constexpr std::uint64_t kRecordsKeptBack = 20'000; ///< for the ends of steps and of the run
constexpr std::uint64_t kBytesKeptBack = 4'000'000;
constexpr std::uint64_t kHeldBytesKeptBack = 8'000'000;
constexpr std::size_t kBlockBytes = 256 * 1024;
constexpr std::size_t kBatchBytes = 32 * 1024; ///< written at the latest: less than the reserve, which may have to take it
constexpr off_t kReserveBytes = 128 * 1024;
constexpr const char *kReserveName = "reserve";

std::string readAt(int fd, std::uint64_t offset, std::size_t maximum)
{
    std::string bytes(maximum, '\0');
    ssize_t count = -1;
    do {
        count = ::pread(fd, bytes.data(), maximum, static_cast<off_t>(offset));
    } while (count < 0 && errno == EINTR);
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
}

/// Space that is given back when the disk is full, so that the end of the run can still be written.
void keepReserve(const std::filesystem::path &folder)
{
    const Fd reserve(::open((folder / kReserveName).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (reserve.isOpen())
        std::ignore = ::posix_fallocate(reserve.get(), 0, kReserveBytes); // without it the end stays in memory
}

} // namespace

std::uint64_t sequenceOf(std::string_view line)
{
    constexpr std::string_view kKey = "\"seq\":";
    const std::size_t at = line.substr(0, 64).find(kKey); // type and sequence are what a record begins with
    std::uint64_t sequence = 0;
    if (at != std::string_view::npos)
        std::from_chars(line.data() + at + kKey.size(), line.data() + line.size(), sequence);
    return sequence;
}

bool isGoodbye(std::string_view line)
{
    return line.starts_with(R"({"type":"goodbye",)");
}

std::optional<Journal> Journal::open(const std::filesystem::path &folder, std::uint64_t from, std::string &error)
{
    const std::filesystem::path path = folder / kFileName;
    Journal journal;
    journal.m_folder = folder;
    journal.m_file = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!journal.m_file.isOpen()) {
        error = "cannot open the journal " + path.string() + ": " + errnoText(errno);
        return std::nullopt;
    }
    journal.m_bootId = bootId();
    journal.readPast();
    if (journal.m_past.cutBytes > 0 && ::ftruncate(journal.m_file.get(), static_cast<off_t>(journal.m_fileSize)) != 0) {
        error = "cannot remove the torn end of the journal " + path.string() + ": " + errnoText(errno);
        return std::nullopt;
    }
    journal.m_next = std::max(journal.m_past.lastSequence + 1, from);
    if (!journal.m_past.hello && from > 1)
        journal.m_past.goneRecords = from - 1;
    if (!journal.m_past.goodbye)
        keepReserve(folder);
    return journal;
}

void Journal::readPast()
{
    protocol::LineCutter cutter;
    bool damaged = false;
    std::uint64_t offset = 0;
    const auto take = [&](const std::string &line, std::uint64_t discarded) {
        const auto read = protocol::decodeRecord(line);
        const auto *record = std::get_if<protocol::Record>(&read);
        if (damaged || discarded > 0 || !record || record->stamp.sequence <= m_past.lastSequence) {
            damaged = true; // what follows cannot be trusted to be in order
            return;
        }
        remember(*record, m_fileSize);
        m_fileSize += line.size() + 1;
    };
    while (!damaged) {
        const std::string block = readAt(m_file.get(), offset, kBlockBytes);
        if (block.empty())
            break;
        offset += block.size();
        cutter.feed(block, take);
    }
    struct stat status {};
    if (::fstat(m_file.get(), &status) == 0)
        m_past.cutBytes = static_cast<std::uint64_t>(status.st_size) - m_fileSize;
}

void Journal::remember(const protocol::Record &record, std::uint64_t offset)
{
    if (m_records++ % kRecordsPerMark == 0)
        m_marks.push_back({record.stamp.sequence, offset});
    m_heldBytes += protocol::heldBytes(record.body);
    m_past.lastSequence = record.stamp.sequence;
    m_past.bootId = record.stamp.bootId;
    if (const auto *hello = std::get_if<protocol::Hello>(&record.body)) {
        m_past.hello = *hello;
    } else if (const auto *started = std::get_if<protocol::StepStarted>(&record.body)) {
        m_past.knownSteps.insert(started->step);
        m_past.unfinishedSteps[started->step] = started->check;
    } else if (const auto *finished = std::get_if<protocol::StepFinished>(&record.body)) {
        m_past.knownSteps.insert(finished->step);
        m_past.unfinishedSteps.erase(finished->step);
    } else if (const auto *goodbye = std::get_if<protocol::Goodbye>(&record.body)) {
        m_past.goodbye = *goodbye;
    } else if (const auto *event = std::get_if<protocol::Event>(&record.body); event && event->code.starts_with("supervisor.")) {
        m_past.letGo = event->code == "supervisor.let_go";
    }
}

void Journal::append(const protocol::Body &body)
{
    protocol::Record record{{m_next++, bootSeconds(), wallSeconds(), m_bootId}, body};
    if (m_records++ % kRecordsPerMark == 0)
        m_marks.push_back({record.stamp.sequence, size()});
    m_heldBytes += protocol::heldBytes(body);
    m_buffer += protocol::encode(record);
    m_lastAppend = record.stamp.monotonicSeconds;
    if (m_buffer.size() >= kBatchBytes && m_trouble.empty())
        flush();
}

bool Journal::flush()
{
    bool reserveFreed = false;
    while (!m_buffer.empty()) {
        const ssize_t written = ::pwrite(m_file.get(), m_buffer.data(), m_buffer.size(), static_cast<off_t>(m_fileSize));
        if (written > 0) {
            m_fileSize += static_cast<std::uint64_t>(written);
            m_buffer.erase(0, static_cast<std::size_t>(written));
        } else if (written < 0 && errno == EINTR) {
            continue;
        } else {
            const int error = written < 0 ? errno : ENOSPC;
            if (m_trouble.empty())
                m_trouble = (m_folder / kFileName).string() + ": " + errnoText(error);
            if (reserveFreed)
                return false;
            freeReserve();
            reserveFreed = true;
        }
    }
    return true;
}

void Journal::freeReserve()
{
    std::error_code ignored;
    std::filesystem::remove(m_folder / kReserveName, ignored);
}

void Journal::sync()
{
    if (flush())
        ::fdatasync(m_file.get());
}

void Journal::close()
{
    sync();
    freeReserve();
}

std::string Journal::refusal() const
{
    if (!m_trouble.empty())
        return "the journal cannot be written: " + m_trouble;
    if (m_records >= kMaxRecords - kRecordsKeptBack)
        return "the journal has reached its bound of " + std::to_string(kMaxRecords) + " records";
    if (size() >= kMaxBytes - kBytesKeptBack)
        return "the journal has reached its bound of " + std::to_string(kMaxBytes) + " bytes";
    if (m_heldBytes >= protocol::kMaxHeldBytes - kHeldBytesKeptBack)
        return "the journal has reached its bound of " + std::to_string(protocol::kMaxHeldBytes) + " bytes of a desktop's memory";
    return {};
}

std::string Journal::read(std::uint64_t offset, std::size_t maximum) const
{
    if (offset >= m_fileSize)
        return offset - m_fileSize < m_buffer.size() ? m_buffer.substr(offset - m_fileSize, maximum) : std::string();
    return readAt(m_file.get(), offset, std::min<std::uint64_t>(maximum, m_fileSize - offset));
}

std::uint64_t Journal::offsetOf(std::uint64_t sequence) const
{
    const auto after = std::upper_bound(m_marks.begin(), m_marks.end(), sequence,
                                        [](std::uint64_t wanted, const Mark &mark) { return wanted < mark.sequence; });
    if (after == m_marks.begin())
        return 0;
    std::uint64_t offset = std::prev(after)->offset;
    std::uint64_t readTo = offset;
    bool found = false;
    protocol::LineCutter cutter;
    while (!found && readTo < size()) {
        const std::string block = read(readTo, kBlockBytes);
        if (block.empty())
            break;
        readTo += block.size();
        cutter.feed(block, [&](const std::string &line, std::uint64_t) {
            found = found || sequenceOf(line) >= sequence;
            if (!found)
                offset += line.size() + 1;
        });
    }
    return offset;
}

} // namespace seatrial::engine
