// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/record_tables.h"

#include "core/protocol/codec.h"
#include "core/store/json_columns.h"

#include <optional>

namespace seatrial::store {

using namespace protocol;

RecordTables::RecordTables(SQLite::Database &database, NameWriter &names)
    : m_names(names),
      m_hello(database, "INSERT INTO hellos VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      m_started(database, "INSERT INTO starts VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
      m_measurement(database, "INSERT INTO measurements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      m_finished(database, "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      m_event(database, "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      m_sighting(database, "INSERT INTO sightings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      m_placeInsert(database, "INSERT OR IGNORE INTO places (rack, unit, node, place) VALUES (?, ?, ?, ?)"),
      m_place(database, "SELECT id FROM places WHERE rack = ? AND unit = ? AND node = ? AND place = ?"),
      m_partInsert(database, "INSERT OR IGNORE INTO parts (kind, identity) VALUES (?, ?)"),
      m_part(database, "SELECT id FROM parts WHERE kind = ? AND identity = ?")
{
}

void RecordTables::insert(std::int64_t stream, const NodePlace &place, const Record &record)
{
    std::visit(
        [&](const auto &body) {
            using Kind = std::decay_t<decltype(body)>;
            if constexpr (std::is_same_v<Kind, Event>)
                insertNote(stream, record.stamp, 0, body);
            else if constexpr (std::is_same_v<Kind, Part>)
                insertSighting(stream, record.stamp, place, body);
            else if constexpr (!std::is_same_v<Kind, Heartbeat> && !std::is_same_v<Kind, Goodbye>)
                insertBody(stream, record.stamp, body); // heartbeats say nothing, a goodbye is kept with its stream
        },
        record.body);
}

void RecordTables::insertNote(std::int64_t stream, const Stamp &stamp, std::int64_t note, const Event &event)
{
    execute(m_event, stream, stamp.sequence, note, stamp.wallSeconds, stamp.monotonicSeconds, m_names.id(stamp.bootId),
            m_names.id(severityText(event.severity)), m_names.id(event.code), m_names.id(event.step), m_names.id(event.subject), event.text,
            parameters(event.parameters));
}

void RecordTables::insertBody(std::int64_t stream, const Stamp &stamp, const Hello &hello)
{
    execute(m_hello, stream, stamp.sequence, stamp.wallSeconds, stamp.monotonicSeconds, m_names.id(stamp.bootId), hello.protocol,
            hello.engineVersion, hello.run, hello.node, hello.hostname, hello.machine, hello.kernel, hello.libc, hello.simulated);
}

void RecordTables::insertBody(std::int64_t stream, const Stamp &stamp, const StepStarted &started)
{
    execute(m_started, stream, stamp.sequence, stamp.wallSeconds, stamp.monotonicSeconds, m_names.id(stamp.bootId), m_names.id(started.step),
            m_names.id(started.check), parameters(started.parameters));
}

void RecordTables::insertBody(std::int64_t stream, const Stamp &stamp, const Measurement &measurement)
{
    execute(m_measurement, stream, stamp.sequence, stamp.wallSeconds, stamp.monotonicSeconds, m_names.id(stamp.bootId),
            m_names.id(measurement.step), m_names.id(measurement.check), m_names.id(measurement.metric), m_names.id(unitText(measurement.unit)),
            m_names.id(measurement.subject), measurement.value, measurement.samples, measurement.spread.minimum, measurement.spread.maximum,
            measurement.spread.cv, parameters(measurement.parameters));
}

void RecordTables::insertBody(std::int64_t stream, const Stamp &stamp, const StepFinished &finished)
{
    execute(m_finished, stream, stamp.sequence, stamp.wallSeconds, stamp.monotonicSeconds, m_names.id(stamp.bootId), m_names.id(finished.step),
            m_names.id(finished.check), m_names.id(statusText(finished.status)), m_names.id(waiverText(finished.waiver)), finished.reason,
            finished.seconds);
}

void RecordTables::insertSighting(std::int64_t stream, const Stamp &stamp, const NodePlace &place, const Part &part)
{
    const auto identified = part.identity.empty() ? std::nullopt : std::optional(partId(part));
    execute(m_sighting, stream, stamp.sequence, stamp.wallSeconds, stamp.monotonicSeconds, m_names.id(stamp.bootId), m_names.id(part.kind),
            identified, placeId(place, part.place), m_names.id(part.model), m_names.id(part.firmware), parameters(part.attributes));
}

std::int64_t RecordTables::placeId(const NodePlace &place, const std::string &where)
{
    execute(m_placeInsert, place.rack, place.unit, place.node, where);
    prepare(m_place, place.rack, place.unit, place.node, where);
    m_place.executeStep();
    const std::int64_t id = Row(m_place).integer();
    m_place.reset();
    return id;
}

std::int64_t RecordTables::partId(const Part &part)
{
    execute(m_partInsert, part.kind, part.identity);
    prepare(m_part, part.kind, part.identity);
    m_part.executeStep();
    const std::int64_t id = Row(m_part).integer();
    m_part.reset();
    return id;
}

const std::string &RecordTables::parameters(const Parameters &parameters)
{
    if (parameters != m_lastParameters) {
        m_lastJson = parametersToJson(parameters);
        m_lastParameters = parameters;
    }
    return m_lastJson;
}

} // namespace seatrial::store
