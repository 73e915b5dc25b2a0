// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/protocol/record.h"
#include "core/store/name_table.h"
#include "core/store/sql.h"

#include <string>
#include <tuple>

namespace seatrial::store {

/// Where a node stands, as its fleet says.
struct NodePlace {
    std::string node;
    std::string rack;
    double unit = 0;
};

/// A row for each record that says something, in the table of its kind.
class RecordTables
{
public:
    RecordTables(SQLite::Database &database, NameWriter &names);

    void insert(std::int64_t stream, const NodePlace &place, const protocol::Record &record);
    /// An event that the store itself noticed; @p note tells those at the same record apart.
    void insertNote(std::int64_t stream, const protocol::Stamp &stamp, std::int64_t note, const protocol::Event &event);

private:
    using Stamp = protocol::Stamp;
    void insertBody(std::int64_t stream, const Stamp &stamp, const protocol::Hello &hello);
    void insertBody(std::int64_t stream, const Stamp &stamp, const protocol::StepStarted &started);
    void insertBody(std::int64_t stream, const Stamp &stamp, const protocol::Measurement &measurement);
    void insertBody(std::int64_t stream, const Stamp &stamp, const protocol::StepFinished &finished);
    void insertSighting(std::int64_t stream, const Stamp &stamp, const NodePlace &place, const protocol::Part &part);
    std::int64_t placeId(const NodePlace &place, const std::string &where);
    std::int64_t partId(const protocol::Part &part);
    const std::string &parameters(const protocol::Parameters &parameters);

    NameWriter &m_names;
    SQLite::Statement m_hello;
    SQLite::Statement m_started;
    SQLite::Statement m_measurement;
    SQLite::Statement m_finished;
    SQLite::Statement m_event;
    SQLite::Statement m_sighting;
    SQLite::Statement m_placeInsert;
    SQLite::Statement m_place;
    SQLite::Statement m_partInsert;
    SQLite::Statement m_part;
    protocol::Parameters m_lastParameters; ///< neighbours mostly have the same
    std::string m_lastJson;
};

} // namespace seatrial::store
