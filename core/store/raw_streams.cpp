// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/raw_streams.h"

#include "core/store/database.h"
#include "core/store/phrase.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

namespace seatrial::store {

namespace {

constexpr int kCompressionLevel = 1;
constexpr std::size_t kLargestChunk = 1024 * 1024;   // bytes of lines, so that reading back takes little memory
constexpr std::int64_t kWorthwhileChunk = 64 * 1024; // from here on a larger chunk compresses hardly better
constexpr std::int64_t kMostSmallChunks = 64;

/// Sequences that only count up need no column of their own.
std::optional<std::string> packSequences(const std::vector<std::uint64_t> &sequences)
{
    bool countsUp = sequences.front() != 0;
    for (std::size_t at = 1; at < sequences.size() && countsUp; ++at)
        countsUp = sequences[at] == sequences[at - 1] + 1;
    if (countsUp)
        return std::nullopt;
    std::string packed(sequences.size() * sizeof(std::uint64_t), '\0');
    std::memcpy(packed.data(), sequences.data(), packed.size());
    return packed;
}

struct Chunk {
    std::string lines;
    std::vector<std::uint64_t> sequences;
};

std::string decompress(const void *data, std::size_t size, std::int64_t bytes)
{
    if (bytes < 0 || ZSTD_getFrameContentSize(data, size) != static_cast<unsigned long long>(bytes))
        throw DamagedStore("a chunk of a raw stream has another size than it says");
    std::string lines(static_cast<std::size_t>(bytes), '\0');
    const std::size_t got = ZSTD_decompress(lines.data(), lines.size(), data, size);
    if (ZSTD_isError(got) || got != lines.size())
        throw DamagedStore(phrase("a chunk of a raw stream cannot be unpacked ({})", ZSTD_getErrorName(got)));
    return lines;
}

/// Columns: first_seq, lines, bytes, sequences, data.
Chunk chunkOf(SQLite::Statement &row)
{
    const auto count = static_cast<std::size_t>(row.getColumn(1).getInt64());
    const SQLite::Column data = row.getColumn(4);
    Chunk chunk;
    chunk.lines = decompress(data.getBlob(), static_cast<std::size_t>(data.getBytes()), row.getColumn(2).getInt64());
    if (static_cast<std::size_t>(std::ranges::count(chunk.lines, '\n')) != count)
        throw DamagedStore("a chunk of a raw stream holds another number of lines than it says");
    chunk.sequences.resize(count);
    const SQLite::Column packed = row.getColumn(3);
    if (packed.isNull()) {
        for (std::size_t at = 0; at < count; ++at)
            chunk.sequences[at] = static_cast<std::uint64_t>(row.getColumn(0).getInt64()) + at;
        return chunk;
    }
    if (static_cast<std::size_t>(packed.getBytes()) != count * sizeof(std::uint64_t))
        throw DamagedStore("a chunk of a raw stream has too few or too many sequence numbers");
    std::memcpy(chunk.sequences.data(), packed.getBlob(), count * sizeof(std::uint64_t));
    return chunk;
}

std::size_t hashOf(std::string_view line)
{
    return std::hash<std::string_view>{}(line);
}

} // namespace

RawStreams::RawStreams(SQLite::Database &database)
    : m_compressor(ZSTD_createCCtx()),
      m_insert(database, "INSERT INTO chunks (stream, number, first_seq, last_seq, lines, bytes, sequences, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
      m_tailSize(database, "SELECT coalesce(sum(bytes), 0) FROM chunks WHERE stream = ? AND number >= ?"),
      m_tail(database, "SELECT first_seq, lines, bytes, sequences, data FROM chunks WHERE stream = ? AND number >= ? ORDER BY number"),
      m_deleteTail(database, "DELETE FROM chunks WHERE stream = ? AND number >= ?"),
      m_from(database, "SELECT first_seq, lines, bytes, sequences, data FROM chunks WHERE stream = ? AND last_seq >= ?")
{
    if (!m_compressor)
        throw std::bad_alloc();
}

RawStreams::~RawStreams()
{
    ZSTD_freeCCtx(m_compressor);
}

void RawStreams::load(RawStream &stream)
{
    prepare(m_tailSize, stream.stream, stream.tailChunk);
    m_tailSize.executeStep();
    stream.tailBytes = Row(m_tailSize).integer();
    m_tailSize.reset();
}

void RawStreams::add(RawStream &stream, std::uint64_t sequence, const std::string &line)
{
    stream.lines += line;
    stream.lines += '\n';
    stream.sequences.push_back(sequence);
    // Whoever hands over a line end inside of a line must not shift the lines after it.
    stream.sequences.insert(stream.sequences.end(), static_cast<std::size_t>(std::ranges::count(line, '\n')), 0);
    if (sequence >= stream.knownFrom)
        stream.known.emplace(sequence, hashOf(line));
    if (stream.lines.size() >= kLargestChunk)
        flush(stream);
}

void RawStreams::flush(RawStream &stream)
{
    if (stream.sequences.empty())
        return;
    // Their memory goes with them: there are as many streams as nodes.
    insertChunk(stream, std::exchange(stream.lines, {}), std::exchange(stream.sequences, {}));
    meltTail(stream);
}

void RawStreams::insertChunk(RawStream &stream, const std::string &lines, const std::vector<std::uint64_t> &sequences)
{
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    for (const std::uint64_t sequence : sequences) {
        if (sequence == 0)
            continue;
        first = first == 0 ? sequence : std::min(first, sequence);
        last = std::max(last, sequence);
    }
    const std::optional<std::string> packed = packSequences(sequences);
    const std::optional<Blob> column = packed ? std::optional(Blob{*packed}) : std::nullopt;
    const std::string data = compress(lines);
    stream.tailBytes += static_cast<std::int64_t>(lines.size());
    execute(m_insert, stream.stream, stream.nextChunk++, first, last, sequences.size(), lines.size(), column, Blob{data});
}

void RawStreams::meltTail(RawStream &stream)
{
    const std::int64_t chunks = stream.nextChunk - stream.tailChunk;
    if (chunks < kMostSmallChunks && stream.tailBytes < kWorthwhileChunk)
        return;

    if (chunks > 1) {
        Chunk all;
        prepare(m_tail, stream.stream, stream.tailChunk);
        while (m_tail.executeStep()) {
            const Chunk chunk = chunkOf(m_tail);
            all.lines += chunk.lines;
            all.sequences.insert(all.sequences.end(), chunk.sequences.begin(), chunk.sequences.end());
        }
        m_tail.reset();
        execute(m_deleteTail, stream.stream, stream.tailChunk);
        insertChunk(stream, all.lines, all.sequences);
    }
    stream.tailChunk = stream.nextChunk;
    stream.tailBytes = 0;
}

RawStreams::Seen RawStreams::seen(RawStream &stream, std::uint64_t sequence, const std::string &line)
{
    if (sequence < stream.knownFrom)
        learn(stream, sequence);
    const auto known = stream.known.find(sequence);
    if (known == stream.known.end())
        return Seen::Never;
    return known->second == hashOf(line) ? Seen::Same : Seen::Different;
}

void RawStreams::learn(RawStream &stream, std::uint64_t from)
{
    flush(stream);
    // A node that goes back once sends the rest from there; one that does it again may jump about: learn all of it.
    if (stream.knownFrom != std::numeric_limits<std::uint64_t>::max())
        from = 0;
    prepare(m_from, stream.stream, from);
    while (m_from.executeStep()) {
        const Chunk chunk = chunkOf(m_from);
        std::string_view rest = chunk.lines;
        for (const std::uint64_t sequence : chunk.sequences) {
            const std::size_t end = rest.find('\n');
            if (sequence >= from && sequence != 0)
                stream.known.emplace(sequence, hashOf(rest.substr(0, end)));
            rest.remove_prefix(end + 1);
        }
    }
    m_from.reset();
    stream.knownFrom = from;
}

std::string RawStreams::compress(const std::string &lines)
{
    std::string data(ZSTD_compressBound(lines.size()), '\0');
    const std::size_t size = ZSTD_compressCCtx(m_compressor, data.data(), data.size(), lines.data(), lines.size(), kCompressionLevel);
    if (ZSTD_isError(size))
        throw std::runtime_error(phrase("a raw stream cannot be packed ({})", ZSTD_getErrorName(size)));
    data.resize(size);
    return data;
}

std::string RawStreams::read(SQLite::Database &database, std::int64_t stream)
{
    SQLite::Statement chunks(database, "SELECT first_seq, lines, bytes, sequences, data FROM chunks WHERE stream = ? ORDER BY number");
    prepare(chunks, stream);
    std::string all;
    while (chunks.executeStep())
        all += chunkOf(chunks).lines;
    return all;
}

} // namespace seatrial::store
