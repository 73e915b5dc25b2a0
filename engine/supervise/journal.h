// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/record.h"
#include "engine/supervise/posix.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::engine {

/// What a journal told when it was opened.
struct JournalPast {
    std::optional<protocol::Hello> hello;      ///< nothing: the journal is new
    std::optional<protocol::Goodbye> goodbye;
    std::set<std::string> knownSteps;          ///< started or finished
    std::map<std::string, std::string> unfinishedSteps; ///< started, not finished: step to check
    std::string bootId;                        ///< of the last record
    bool letGo = false;                        ///< by the last supervisor, in good order
    std::uint64_t lastSequence = 0;
    std::uint64_t cutBytes = 0;                ///< of a torn end that were removed
    std::uint64_t goneRecords = 0;             ///< that a desktop has, of which nothing is here any more
};

/// The append-only file of a run: stamps records, writes them in batches, reads them back for those who attach.
/// A full disk loses nothing of what was said: what could not be written is kept and can be read all the same.
class Journal
{
public:
    static constexpr const char *kFileName = "journal.jsonl";
    static constexpr std::uint64_t kMaxRecords = 200'000;
    static constexpr std::uint64_t kMaxBytes = 64'000'000;

    /// Opens the journal in @p folder, or begins one whose first record will be @p from. A sequence number below
    /// @p from is not given again: a node that lost power may have lost records that a desktop has.
    static std::optional<Journal> open(const std::filesystem::path &folder, std::uint64_t from, std::string &error);

    const JournalPast &past() const { return m_past; }

    void append(const protocol::Body &body);
    /// Writes what was appended, all in one go. False while the disk does not take it.
    bool flush();
    void sync();
    /// After the last record: gives back what was kept in reserve.
    void close();

    /// Why nothing that a worker says is taken any more, "" if it is. Some room is kept back for the end of the run.
    std::string refusal() const;
    /// Why the disk does not take what is written, "" if it does.
    const std::string &trouble() const { return m_trouble; }
    double lastAppendSeconds() const { return m_lastAppend; }

    std::uint64_t size() const { return m_fileSize + m_buffer.size(); }
    /// Up to @p maximum bytes at @p offset.
    std::string read(std::uint64_t offset, std::size_t maximum) const;
    /// Where the first record with at least @p sequence begins; size() if there is none yet.
    std::uint64_t offsetOf(std::uint64_t sequence) const;

private:
    struct Mark {
        std::uint64_t sequence;
        std::uint64_t offset;
    };

    void readPast();
    void remember(const protocol::Record &record, std::uint64_t offset);
    void freeReserve();

    std::filesystem::path m_folder;
    Fd m_file;
    JournalPast m_past;
    std::string m_bootId;
    std::uint64_t m_next = 1;
    std::uint64_t m_records = 0;
    std::uint64_t m_heldBytes = 0; ///< by a desktop that follows
    std::uint64_t m_fileSize = 0;
    std::string m_buffer;      ///< what follows the file's end
    std::vector<Mark> m_marks; ///< every so many records, so that offsetOf() is quick
    std::string m_trouble;
    double m_lastAppend = 0;
};

/// The sequence number of a line of a journal, 0 if there is none in it.
std::uint64_t sequenceOf(std::string_view line);
/// True for the line that ends a journal.
bool isGoodbye(std::string_view line);

} // namespace seatrial::engine
