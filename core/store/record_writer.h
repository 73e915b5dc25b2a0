// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/ids.h"
#include "core/protocol/stream_reader.h"
#include "core/store/name_table.h"
#include "core/store/raw_streams.h"
#include "core/store/record_tables.h"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace seatrial::store {

/// Stores the lines of streams, each record once. Used by the one writer thread, inside of a transaction:
/// begin, any number of writes, finish; forget after a transaction that was rolled back.
class RecordWriter
{
public:
    static constexpr std::int64_t kMalformedEvents = 20; ///< of one node; those after are counted

    RecordWriter(SQLite::Database &database, NameWriter &names);

    void begin();
    void write(const domain::RunId &run, const domain::NodeId &node, const std::vector<protocol::StreamLine> &lines);
    void finish();
    void forget();

private:
    /// A node in a run: a row of `streams` and what else must be known of it to go on.
    struct Stream {
        std::int64_t id = 0;
        NodePlace place;
        protocol::Stamp last; ///< of the record with the highest sequence
        bool simulated = false;
        std::uint64_t goodbyeSequence = 0;
        protocol::Goodbye goodbye;
        std::int64_t malformed = 0;
        bool rewritten = false;
        bool tooNew = false;
        std::int64_t notes = 0;
        std::int64_t changes = 0; ///< counts transactions, so that another program's are noticed
        RawStream raw;
        bool touched = false;
    };
    using Places = std::map<std::string, NodePlace>;

    Stream &streamOf(const domain::RunId &run, const domain::NodeId &node);
    std::unique_ptr<Stream> load(std::int64_t run, const std::string &node);
    bool isCurrent(const Stream &stream);
    const Places &placesOf(std::int64_t run);
    void save(Stream &stream);

    void write(Stream &stream, const protocol::StreamLine &line);
    void writeRecord(Stream &stream, const protocol::Record &record, const std::string &raw);
    void writeMalformed(Stream &stream, const protocol::Malformed &malformed, const std::string &raw);
    void writeTooNew(Stream &stream, const protocol::TooNew &tooNew, const std::string &raw);
    void noteRewritten(Stream &stream, std::uint64_t sequence, const std::string &raw);
    void note(Stream &stream, const protocol::Event &event);

    SQLite::Database &m_database;
    NameWriter &m_names;
    RecordTables m_tables;
    RawStreams m_rawStreams;
    SQLite::Statement m_find;
    SQLite::Statement m_insert;
    SQLite::Statement m_update;
    SQLite::Statement m_changes;
    SQLite::Statement m_fleet;
    SQLite::Statement m_dataVersion;
    std::int64_t m_seenVersion = 0;
    std::map<std::pair<std::string, std::string>, std::unique_ptr<Stream>> m_streams; ///< by run and node
    std::vector<Stream *> m_touched;
    std::map<std::int64_t, Places> m_places;
};

} // namespace seatrial::store
