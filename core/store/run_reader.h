// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/run_data.h"
#include "core/store/name_table.h"
#include "core/store/store.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <unordered_map>
#include <vector>

namespace seatrial::store {

std::vector<RunSummary> readSummaries(SQLite::Database &database);
std::map<domain::NodeId, StreamPosition> readPositions(SQLite::Database &database, std::int64_t run);
/// The number of the newest run, or nothing if there is none.
std::optional<std::int64_t> newestRun(SQLite::Database &database);
std::optional<std::int64_t> findStream(SQLite::Database &database, std::int64_t run, const domain::NodeId &node);

/// Reads one run from its tables. Inside of a read transaction, so that all tables tell of the same moment.
class RunReader
{
public:
    RunReader(SQLite::Database &database, std::int64_t run);

    domain::RunData read();

private:
    struct Stream {
        domain::NodeId node;
        bool simulated = false;
    };

    domain::RunInfo readInfo();
    void readStreams(domain::RunData &data);
    void readObservations(domain::RunData &data);
    void readResults(domain::RunData &data);
    void readEvents(domain::RunData &data);
    void readParts(domain::RunData &data);
    void readFailures(domain::RunData &data);
    const Stream &streamOf(std::int64_t id) const { return m_streams.at(id); }
    const domain::StepKey &keyOf(std::int64_t name);
    const protocol::Parameters &parametersOf(const std::string &json);

    SQLite::Database &m_database;
    std::int64_t m_run;
    NameReader m_names;
    std::map<std::int64_t, Stream> m_streams;
    std::unordered_map<std::int64_t, domain::StepKey> m_keys;
    std::string m_lastJson; ///< neighbours mostly have the same parameters
    protocol::Parameters m_lastParameters;
    std::vector<domain::NodeEvent> m_countedEvents; ///< malformed lines beyond those that are events
};

} // namespace seatrial::store
