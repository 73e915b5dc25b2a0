// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/recording.h"

#include "core/campaign/allowance.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <set>

namespace seatrial::cli {

using domain::Failure;
using domain::FailureKind;
using domain::Stage;

namespace {

/// How far a file is read in search of a first record: what has none by then is no stream, however long it is.
constexpr std::size_t kFirstRecordWithin = 1 << 20;
constexpr std::size_t kMostSteps = 1000; // as many as a plan may have
constexpr const char *kNameAStream = "name a stream as seatrialctl stream writes it";

std::unexpected<Failure> refused(FailureKind kind, std::string what, std::string advice = kNameAStream)
{
    return std::unexpected(Failure{Stage::Input, kind, std::move(what), {}, std::move(advice)});
}

/// Lines, and how many bytes of the file were read up to them; answers whether to go on.
using Take = std::function<domain::Result<void>(std::vector<protocol::StreamLine> lines, std::size_t bytes)>;

/// Hands on what comes of @p file, and answers how many bytes it has.
domain::Result<std::size_t> readPieces(const std::string &file, const Take &take)
{
    std::error_code ignored;
    const auto status = std::filesystem::status(file, ignored);
    if (std::filesystem::is_directory(status))
        return refused(FailureKind::Invalid, file + " is a folder");
    if (std::filesystem::is_fifo(status) || std::filesystem::is_socket(status)) // would be waited for, and could be read once only
        return refused(FailureKind::Invalid, file + " is a pipe, expected a file", "write the stream into a file first");
    std::ifstream input(file, std::ios::binary);
    if (!input)
        return refused(FailureKind::NotFound, "cannot read " + file + ": " + std::strerror(errno));
    protocol::StreamReader reader;
    std::string chunk(1 << 16, '\0');
    std::size_t bytes = 0;
    while (input.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || input.gcount() > 0) {
        const auto got = static_cast<std::size_t>(input.gcount());
        bytes += got;
        if (auto taken = take(reader.feed(std::string_view(chunk.data(), got)), bytes); !taken)
            return std::unexpected(std::move(taken.error()));
    }
    if (input.bad())
        return refused(FailureKind::Broken, "reading " + file + " failed: " + std::strerror(errno), "check the disk it lies on");
    if (auto taken = take(reader.finish(), bytes); !taken)
        return std::unexpected(std::move(taken.error()));
    return bytes;
}

/// What one reading leaves of a stream.
class Surveyor
{
public:
    explicit Surveyor(const std::string &file) { m_recording.file = file; }

    domain::Result<void> take(const std::vector<protocol::StreamLine> &lines, std::size_t bytes)
    {
        for (const auto &line : lines) {
            ++m_recording.lines;
            if (auto refusal = look(line))
                return refused(FailureKind::Invalid, fmt::format("{}:{}: {}", m_recording.file, m_recording.lines, *refusal), m_advice);
        }
        if (!m_records && bytes > kFirstRecordWithin)
            return noRecord();
        return {};
    }

    domain::Result<Recording> end(std::size_t bytes)
    {
        if (bytes == 0)
            return refused(FailureKind::Invalid, m_recording.file + " is empty");
        if (!m_records)
            return std::unexpected(noRecord().error());
        if (m_recording.node.empty())
            return refused(FailureKind::Invalid, m_recording.file + ": no hello in it, so nobody knows whose stream it is", "give the whole stream from its first line");
        return std::move(m_recording);
    }

private:
    domain::Result<void> noRecord() const { return refused(FailureKind::Invalid, m_recording.file + " is not a stream: no line of it is a record"); }

    std::optional<std::string> look(const protocol::StreamLine &line)
    {
        if (const auto *newer = std::get_if<protocol::TooNew>(&line.content)) {
            m_advice = "update this program";
            return fmt::format("engine {} speaks protocol {}, which is newer than this program", newer->engineVersion, newer->protocol);
        }
        if (const auto *malformed = std::get_if<protocol::Malformed>(&line.content); malformed && m_recording.unreadable++ == 0) {
            m_recording.firstUnreadable = m_recording.lines;
            m_recording.unreadableReason = malformed->reason;
        }
        const auto *record = std::get_if<protocol::Record>(&line.content);
        m_records |= record != nullptr;
        if (m_records) { // before that it may be any file, and is told as that
            if (auto much = m_allowance.take(line)) {
                m_advice = "a run takes no more from a node either: give the stream of a node, not of many";
                return "it is no stream of an engine: " + *much;
            }
        }
        return record ? look(*record) : std::nullopt;
    }

    std::optional<std::string> look(const protocol::Record &record)
    {
        if (m_recording.startedWall == 0)
            m_recording.startedWall = record.stamp.wallSeconds;
        m_recording.finishedWall = std::max(m_recording.finishedWall, record.stamp.wallSeconds);
        if (const auto *hello = std::get_if<protocol::Hello>(&record.body); hello && m_recording.node.empty())
            m_recording.node = domain::NodeId(hello->node);
        const auto *started = std::get_if<protocol::StepStarted>(&record.body);
        const auto key = started ? domain::StepKey::fromText(started->step) : std::nullopt;
        if (!key || !m_steps.insert(key->step.text()).second)
            return std::nullopt;
        m_recording.steps.push_back({*key, domain::CheckId(started->check)});
        return m_steps.size() > kMostSteps ? std::optional(fmt::format("it is no stream of an engine: more than {} different steps", kMostSteps)) : std::nullopt;
    }

    Recording m_recording;
    campaign::Allowance m_allowance;
    std::set<std::string> m_steps;
    std::string m_advice = kNameAStream;
    bool m_records = false;
};

} // namespace

domain::Result<Recording> surveyRecording(const std::string &file)
{
    Surveyor surveyor(file);
    const auto bytes = readPieces(file, [&](const auto &lines, std::size_t read) { return surveyor.take(lines, read); });
    if (!bytes)
        return std::unexpected(bytes.error());
    return surveyor.end(*bytes);
}

domain::Result<void> readAgain(const Recording &recording, const std::function<void(std::vector<protocol::StreamLine>)> &take)
{
    std::size_t left = recording.lines; // a file that grew meanwhile was looked at up to there
    const auto read = readPieces(recording.file, [&](std::vector<protocol::StreamLine> lines, std::size_t) -> domain::Result<void> {
        lines.resize(std::min(lines.size(), left));
        left -= lines.size();
        if (!lines.empty())
            take(std::move(lines));
        return {};
    });
    if (!read)
        return std::unexpected(read.error());
    return {};
}

} // namespace seatrial::cli
