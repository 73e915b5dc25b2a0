// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/sql.h"

#include <cstdint>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

struct ZSTD_CCtx_s;

namespace seatrial::store {

/// Where the raw lines of one stream stand.
struct RawStream {
    std::int64_t stream = 0;
    std::int64_t nextChunk = 0;
    std::int64_t tailChunk = 0; ///< the chunks from here on are small and wait to be melted into one
    std::int64_t tailBytes = 0; ///< of lines in them

    std::string lines;                    ///< not in a chunk yet
    std::vector<std::uint64_t> sequences; ///< of these lines; 0 for one that is no record

    /// Hashes of the stored lines from knownFrom on. Only filled once a node sends something again.
    std::unordered_map<std::uint64_t, std::size_t> known;
    std::uint64_t knownFrom = std::numeric_limits<std::uint64_t>::max();
};

/// Keeps the lines of streams as they came, in compressed chunks. What a transaction brings makes a chunk, so that lines
/// and what they say are stored together; a stream's small chunks are melted into one now and then.
class RawStreams
{
public:
    explicit RawStreams(SQLite::Database &database);
    ~RawStreams();
    RawStreams(const RawStreams &) = delete;
    RawStreams &operator=(const RawStreams &) = delete;

    /// Looks up what the stream's own numbers do not say.
    void load(RawStream &stream);
    void add(RawStream &stream, std::uint64_t sequence, const std::string &line);
    /// Puts what was added into a chunk.
    void flush(RawStream &stream);

    enum class Seen { Never, Same, Different };
    Seen seen(RawStream &stream, std::uint64_t sequence, const std::string &line);

    static std::string read(SQLite::Database &database, std::int64_t stream);

private:
    void insertChunk(RawStream &stream, const std::string &lines, const std::vector<std::uint64_t> &sequences);
    void meltTail(RawStream &stream);
    void learn(RawStream &stream, std::uint64_t from);
    std::string compress(const std::string &lines);

    ZSTD_CCtx_s *m_compressor;
    SQLite::Statement m_insert;
    SQLite::Statement m_tailSize;
    SQLite::Statement m_tail;
    SQLite::Statement m_deleteTail;
    SQLite::Statement m_from;
};

} // namespace seatrial::store
