// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/run_reader.h"

#include "core/protocol/unit.h"
#include "core/protocol/words.h"
#include "core/store/database.h"
#include "core/store/json_columns.h"
#include "core/store/phrase.h"
#include "core/store/plan_fleet_json.h"
#include "core/store/record_writer.h"
#include "core/store/sql.h"
#include "core/store/words.h"


namespace seatrial::store {

using namespace domain;

namespace {

/// The value of a word in a column; a word that no writer writes is damage.
template<typename Value>
Value known(std::optional<Value> value, const std::string &word)
{
    if (!value)
        throw DamagedStore(phrase("\"{}\" is no word that is known here", word));
    return *value;
}

std::map<std::int64_t, RunSummary> summariesWithoutVerdicts(SQLite::Database &database)
{
    SQLite::Statement rows(database, "SELECT id, plan_name, fleet_name, node_count, state, started, finished, "
                                     "EXISTS (SELECT 1 FROM streams WHERE run = runs.id AND simulated = 1) FROM runs");
    std::map<std::int64_t, RunSummary> summaries;
    while (rows.executeStep()) {
        Row row(rows);
        const std::int64_t id = row.integer();
        RunSummary &summary = summaries[id];
        summary.id = RunId(std::to_string(id));
        summary.plan = row.text();
        summary.fleet = row.text();
        summary.nodes = static_cast<int>(row.integer());
        const std::string state = row.text();
        summary.state = known(stateFromText(state), state);
        summary.startedWall = row.real();
        summary.finishedWall = row.real();
        summary.simulated = row.boolean();
    }
    return summaries;
}

} // namespace

std::vector<RunSummary> readSummaries(SQLite::Database &database)
{
    auto summaries = summariesWithoutVerdicts(database);
    SQLite::Statement verdicts(database, "SELECT run, verdict, count(*) FROM verdicts GROUP BY run, verdict");
    while (verdicts.executeStep()) {
        Row row(verdicts);
        const auto summary = summaries.find(row.integer());
        const std::string word = row.text();
        if (summary != summaries.end())
            summary->second.verdicts[known(verdictFromText(word), word)] = static_cast<int>(row.integer());
    }
    std::vector<RunSummary> newestFirst;
    for (auto summary = summaries.rbegin(); summary != summaries.rend(); ++summary)
        newestFirst.push_back(std::move(summary->second));
    return newestFirst;
}

std::map<NodeId, StreamPosition> readPositions(SQLite::Database &database, std::int64_t run)
{
    SQLite::Statement rows(database, "SELECT names.text, last_seq, boot, goodbye_seq FROM streams JOIN names ON names.id = node WHERE run = ?");
    prepare(rows, run);
    std::map<NodeId, StreamPosition> positions;
    while (rows.executeStep()) {
        Row row(rows);
        StreamPosition &position = positions[NodeId(row.text())];
        position.lastSequence = row.sequence();
        position.bootId = row.text();
        position.goodbye = position.lastSequence != 0 && row.sequence() == position.lastSequence;
    }
    return positions;
}

std::optional<std::int64_t> newestRun(SQLite::Database &database)
{
    SQLite::Statement newest(database, "SELECT max(id) FROM runs");
    newest.executeStep();
    return Row(newest).optionalInteger();
}

std::optional<std::int64_t> findStream(SQLite::Database &database, std::int64_t run, const NodeId &node)
{
    SQLite::Statement find(database, "SELECT streams.id FROM streams JOIN names ON names.id = node WHERE run = ? AND names.text = ?");
    prepare(find, run, node.text());
    if (!find.executeStep())
        return std::nullopt;
    return Row(find).integer();
}

RunReader::RunReader(SQLite::Database &database, std::int64_t run) : m_database(database), m_run(run), m_names(database) {}

RunData RunReader::read()
{
    RunData data;
    data.info = readInfo();
    readStreams(data);
    readObservations(data);
    readResults(data);
    readEvents(data);
    readParts(data);
    readFailures(data);
    return data;
}

RunInfo RunReader::readInfo()
{
    SQLite::Statement find(m_database, "SELECT token, state, operator, load_allowed_by, started, finished, plan, fleet, nodes FROM runs WHERE id = ?");
    prepare(find, m_run);
    if (!find.executeStep())
        throw DamagedStore(phrase("run {} is missing", m_run));
    Row row(find);
    RunInfo info;
    info.id = RunId(std::to_string(m_run));
    info.token = row.text();
    const std::string state = row.text();
    info.state = known(stateFromText(state), state);
    info.operatorName = row.text();
    info.loadAllowedBy = row.text();
    info.startedWall = row.real();
    info.finishedWall = row.real();
    info.plan = planFromJson(row.text());
    info.fleet = fleetFromJson(row.text());
    for (std::string &node : textsFromJson(row.text()))
        info.nodes.emplace_back(std::move(node));
    return info;
}

void RunReader::readStreams(RunData &data)
{
    SQLite::Statement rows(m_database, "SELECT id, node, simulated, last_seq, goodbye_seq, outcome, malformed FROM streams WHERE run = ? ORDER BY id");
    prepare(rows, m_run);
    while (rows.executeStep()) {
        Row row(rows);
        const std::int64_t id = row.integer();
        const NodeId node(m_names.text(row.integer()));
        m_streams[id] = {node, row.boolean()};
        const std::uint64_t last = row.sequence();
        const bool ended = row.sequence() == last && last != 0;
        if (row.text() == protocol::outcomeText(protocol::Outcome::Finished) && ended)
            data.goodbyes.push_back(node);
        const std::int64_t further = row.integer() - RecordWriter::kMalformedEvents;
        if (further <= 0)
            continue;
        m_countedEvents.push_back({node,
                                   {protocol::Severity::Warning, "stream.malformed.further", "", "node",
                                    phrase("{} further lines of {} could not be read; they are in its raw stream", further, node.text()),
                                    {{"lines", std::to_string(further)}}},
                                   0, 0});
    }
}

void RunReader::readObservations(RunData &data)
{
    SQLite::Statement rows(m_database, "SELECT m.stream, seq, wall, step, \"check\", metric, unit, subject, value, samples, minimum, maximum, cv, "
                                       "parameters FROM streams s JOIN measurements m ON m.stream = s.id WHERE s.run = ? ORDER BY m.stream, seq");
    prepare(rows, m_run);
    while (rows.executeStep()) {
        Row row(rows);
        Observation &observation = data.observations.emplace_back();
        const Stream &stream = streamOf(row.integer());
        observation.node = stream.node;
        observation.simulated = stream.simulated;
        observation.sequence = row.sequence();
        observation.wallSeconds = row.real();
        const std::int64_t step = row.integer();
        observation.key = keyOf(step);
        protocol::Measurement &measurement = observation.measurement;
        measurement.step = m_names.text(step);
        measurement.check = m_names.text(row.integer());
        measurement.metric = m_names.text(row.integer());
        const std::string &unit = m_names.text(row.integer());
        measurement.unit = known(protocol::unitFromText(unit), unit);
        measurement.subject = m_names.text(row.integer());
        measurement.value = row.real();
        measurement.samples = static_cast<std::uint32_t>(row.integer());
        measurement.spread.minimum = row.real();
        measurement.spread.maximum = row.real();
        measurement.spread.cv = row.real();
        measurement.parameters = parametersOf(row.text());
    }
}

void RunReader::readResults(RunData &data)
{
    SQLite::Statement rows(m_database, "SELECT t.stream, step, \"check\", status, waiver, t.reason, seconds "
                                       "FROM streams s JOIN steps t ON t.stream = s.id WHERE s.run = ? ORDER BY t.stream, seq");
    prepare(rows, m_run);
    while (rows.executeStep()) {
        Row row(rows);
        StepResult &result = data.results.emplace_back();
        result.node = streamOf(row.integer()).node;
        const std::int64_t step = row.integer();
        result.key = keyOf(step);
        result.finished.step = m_names.text(step);
        result.finished.check = m_names.text(row.integer());
        const std::string &status = m_names.text(row.integer());
        result.finished.status = known(protocol::statusFromText(status), status);
        const std::string &waiver = m_names.text(row.integer());
        result.finished.waiver = known(protocol::waiverFromText(waiver), waiver);
        result.finished.reason = row.text();
        result.finished.seconds = row.real();
    }
}

void RunReader::readEvents(RunData &data)
{
    SQLite::Statement rows(m_database, "SELECT e.stream, seq, note, wall, severity, code, step, subject, text, parameters "
                                       "FROM streams s JOIN events e ON e.stream = s.id WHERE s.run = ? ORDER BY e.stream, seq, note");
    prepare(rows, m_run);
    while (rows.executeStep()) {
        Row row(rows);
        NodeEvent &event = data.events.emplace_back();
        event.node = streamOf(row.integer()).node;
        event.sequence = row.sequence();
        if (row.integer() != 0)
            event.sequence = 0; // noticed by the store, so in no journal
        event.wallSeconds = row.real();
        const std::string &severity = m_names.text(row.integer());
        event.event.severity = known(protocol::severityFromText(severity), severity);
        event.event.code = m_names.text(row.integer());
        event.event.step = m_names.text(row.integer());
        event.event.subject = m_names.text(row.integer());
        event.event.text = row.text();
        event.event.parameters = parametersOf(row.text());
    }
    for (NodeEvent &counted : m_countedEvents) {
        // As old as the last of its kind that was kept in full.
        for (const NodeEvent &event : data.events) {
            if (event.node == counted.node && event.event.code == "stream.malformed")
                counted.wallSeconds = event.wallSeconds;
        }
        data.events.push_back(counted);
    }
}

void RunReader::readParts(RunData &data)
{
    SQLite::Statement rows(m_database, "SELECT g.stream, g.kind, places.place, coalesce(parts.identity, ''), model, firmware, attributes "
                                       "FROM streams s JOIN sightings g ON g.stream = s.id JOIN places ON places.id = g.place "
                                       "LEFT JOIN parts ON parts.id = g.part WHERE s.run = ? ORDER BY g.stream, g.seq");
    prepare(rows, m_run);
    while (rows.executeStep()) {
        Row row(rows);
        NodePart &part = data.parts.emplace_back();
        part.node = streamOf(row.integer()).node;
        part.part.kind = m_names.text(row.integer());
        part.part.place = row.text();
        part.part.identity = row.text();
        part.part.model = m_names.text(row.integer());
        part.part.firmware = m_names.text(row.integer());
        part.part.attributes = parametersOf(row.text());
    }
}

void RunReader::readFailures(RunData &data)
{
    SQLite::Statement rows(m_database, "SELECT node, wall, stage, kind, what, attempted, advice FROM failures WHERE run = ? ORDER BY id");
    prepare(rows, m_run);
    while (rows.executeStep()) {
        Row row(rows);
        NodeFailure &failure = data.failures.emplace_back();
        failure.node = NodeId(m_names.text(row.integer()));
        failure.wallSeconds = row.real();
        const std::string stage = row.text();
        failure.failure.stage = known(stageFromText(stage), stage);
        const std::string kind = row.text();
        failure.failure.kind = known(kindFromText(kind), kind);
        failure.failure.what = row.text();
        failure.failure.attempted = row.text();
        failure.failure.advice = row.text();
    }
}

const StepKey &RunReader::keyOf(std::int64_t name)
{
    const auto found = m_keys.find(name);
    if (found != m_keys.end())
        return found->second;
    // A node may name a step as no plan does; it then is a step of that name, which no plan asked for.
    const std::string &text = m_names.text(name);
    StepKey key = StepKey::fromText(text).value_or(StepKey{.step = StepId(text), .peer = {}});
    return m_keys.emplace(name, std::move(key)).first->second;
}

const protocol::Parameters &RunReader::parametersOf(const std::string &json)
{
    if (json != m_lastJson) {
        m_lastParameters = parametersFromJson(json);
        m_lastJson = json;
    }
    return m_lastParameters;
}

} // namespace seatrial::store
