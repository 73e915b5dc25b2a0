// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/record_writer.h"

#include "core/protocol/words.h"
#include "core/store/database.h"
#include "core/store/phrase.h"
#include "core/store/plan_fleet_json.h"
#include "core/store/run_tables.h"

#include <chrono>
#include <limits>

namespace seatrial::store {

using namespace protocol;

namespace {

constexpr std::size_t kExcerptBytes = 200;

double now()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

} // namespace

RecordWriter::RecordWriter(SQLite::Database &database, NameWriter &names)
    : m_database(database), m_names(names), m_tables(database, names), m_rawStreams(database),
      m_find(database, "SELECT id, last_seq, boot, simulated, goodbye_seq, outcome, reason, malformed, rewritten, too_new, notes, next_chunk, "
                       "tail_chunk, changes FROM streams WHERE run = ? AND node = ?"),
      m_insert(database, "INSERT INTO streams (run, node, last_seq, boot, simulated, goodbye_seq, outcome, reason, malformed, rewritten, too_new, "
                         "notes, next_chunk, tail_chunk, changes) VALUES (?, ?, 0, '', 0, 0, '', '', 0, 0, 0, 0, 0, 0, 0) RETURNING id"),
      m_update(database, "UPDATE streams SET last_seq = ?, boot = ?, simulated = ?, goodbye_seq = ?, outcome = ?, reason = ?, malformed = ?, "
                         "rewritten = ?, too_new = ?, notes = ?, next_chunk = ?, tail_chunk = ?, changes = ? WHERE id = ?"),
      m_changes(database, "SELECT changes FROM streams WHERE id = ?"), m_fleet(database, "SELECT fleet FROM runs WHERE id = ?"),
      m_dataVersion(database, "PRAGMA data_version")
{
}

void RecordWriter::begin()
{
    m_dataVersion.reset();
    m_dataVersion.executeStep();
    const std::int64_t version = Row(m_dataVersion).integer();
    m_dataVersion.reset();
    if (version == m_seenVersion)
        return;
    // Another program wrote to the file since: what is remembered of a stream holds only if it left that one alone.
    m_seenVersion = version;
    std::erase_if(m_streams, [this](const auto &entry) { return !isCurrent(*entry.second); });
}

void RecordWriter::write(const domain::RunId &run, const domain::NodeId &node, const std::vector<StreamLine> &lines)
{
    Stream &stream = streamOf(run, node);
    if (!stream.touched) {
        stream.touched = true;
        m_touched.push_back(&stream);
    }
    for (const StreamLine &line : lines)
        write(stream, line);
}

void RecordWriter::finish()
{
    for (Stream *stream : m_touched)
        save(*stream);
    m_touched.clear();
}

void RecordWriter::forget()
{
    m_touched.clear();
    m_streams.clear();
    m_places.clear();
    m_names.forget();
}

RecordWriter::Stream &RecordWriter::streamOf(const domain::RunId &run, const domain::NodeId &node)
{
    const auto key = std::make_pair(run.text(), node.text());
    const auto known = m_streams.find(key);
    if (known != m_streams.end())
        return *known->second;
    const auto number = runNumber(run);
    if (!number)
        throw std::runtime_error(phrase("\"{}\" is no run of this store, so the records of {} cannot be kept", run.text(), node.text()));
    return *m_streams.emplace(key, load(*number, node.text())).first->second;
}

std::unique_ptr<RecordWriter::Stream> RecordWriter::load(std::int64_t run, const std::string &node)
{
    auto stream = std::make_unique<Stream>();
    const Places &places = placesOf(run);
    const auto place = places.find(node);
    stream->place = place != places.end() ? place->second : NodePlace{node, "", 0};

    const std::int64_t name = m_names.id(node);
    prepare(m_find, run, name);
    if (!m_find.executeStep()) {
        m_find.reset();
        prepare(m_insert, run, name);
        m_insert.executeStep();
        stream->id = Row(m_insert).integer();
        m_insert.reset();
        stream->raw.stream = stream->id;
        return stream;
    }
    Row row(m_find);
    stream->id = row.integer();
    stream->last.sequence = row.sequence();
    stream->last.bootId = row.text();
    stream->simulated = row.boolean();
    stream->goodbyeSequence = row.sequence();
    stream->goodbye.outcome = outcomeFromText(row.text()).value_or(Outcome::Broken);
    stream->goodbye.reason = row.text();
    stream->malformed = row.integer();
    stream->rewritten = row.boolean();
    stream->tooNew = row.boolean();
    stream->notes = row.integer();
    stream->raw.nextChunk = row.integer();
    stream->raw.tailChunk = row.integer();
    stream->changes = row.integer();
    m_find.reset();
    stream->raw.stream = stream->id;
    m_rawStreams.load(stream->raw);
    return stream;
}

bool RecordWriter::isCurrent(const Stream &stream)
{
    prepare(m_changes, stream.id);
    const bool current = m_changes.executeStep() && Row(m_changes).integer() == stream.changes;
    m_changes.reset();
    return current;
}

const RecordWriter::Places &RecordWriter::placesOf(std::int64_t run)
{
    const auto known = m_places.find(run);
    if (known != m_places.end())
        return known->second;
    prepare(m_fleet, run);
    if (!m_fleet.executeStep()) {
        m_fleet.reset();
        throw std::runtime_error(phrase("run {} is not in this store", run));
    }
    const domain::Fleet fleet = fleetFromJson(Row(m_fleet).text());
    m_fleet.reset();
    Places &places = m_places[run];
    for (const domain::Node &node : fleet.nodes)
        places[node.id.text()] = {node.id.text(), node.rack.text(), node.unit};
    return places;
}

void RecordWriter::save(Stream &stream)
{
    m_rawStreams.flush(stream.raw);
    ++stream.changes;
    stream.touched = false;
    const std::string outcome = stream.goodbyeSequence == 0 ? std::string() : std::string(outcomeText(stream.goodbye.outcome));
    execute(m_update, stream.last.sequence, stream.last.bootId, stream.simulated, stream.goodbyeSequence, outcome, stream.goodbye.reason,
            stream.malformed, stream.rewritten, stream.tooNew, stream.notes, stream.raw.nextChunk, stream.raw.tailChunk, stream.changes, stream.id);
}

void RecordWriter::write(Stream &stream, const StreamLine &line)
{
    if (const auto *record = std::get_if<Record>(&line.content))
        writeRecord(stream, *record, line.raw);
    else if (const auto *malformed = std::get_if<Malformed>(&line.content))
        writeMalformed(stream, *malformed, line.raw);
    else
        writeTooNew(stream, std::get<TooNew>(line.content), line.raw);
}

void RecordWriter::writeRecord(Stream &stream, const Record &record, const std::string &raw)
{
    const std::uint64_t sequence = record.stamp.sequence;
    if (sequence == 0 || sequence > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        writeMalformed(stream, {phrase("the sequence number {} is out of bounds", sequence), raw.substr(0, kExcerptBytes)}, raw);
        return;
    }
    if (sequence <= stream.last.sequence) {
        switch (m_rawStreams.seen(stream.raw, sequence, raw)) {
        case RawStreams::Seen::Same: return;
        case RawStreams::Seen::Different: noteRewritten(stream, sequence, raw); return;
        case RawStreams::Seen::Never: break;
        }
    }
    m_tables.insert(stream.id, stream.place, record);
    m_rawStreams.add(stream.raw, sequence, raw);
    if (const auto *hello = std::get_if<Hello>(&record.body))
        stream.simulated = stream.simulated || hello->simulated;
    if (const auto *goodbye = std::get_if<Goodbye>(&record.body); goodbye && sequence > stream.goodbyeSequence) {
        stream.goodbye = *goodbye;
        stream.goodbyeSequence = sequence;
    }
    if (sequence > stream.last.sequence)
        stream.last = record.stamp;
}

void RecordWriter::writeMalformed(Stream &stream, const Malformed &malformed, const std::string &raw)
{
    m_rawStreams.add(stream.raw, 0, raw);
    if (++stream.malformed > kMalformedEvents)
        return;
    note(stream, {Severity::Warning, "stream.malformed", "", "node", phrase("a line of {} could not be read: {}", stream.place.node, malformed.reason),
                  {{"excerpt", malformed.excerpt}}});
}

void RecordWriter::writeTooNew(Stream &stream, const TooNew &tooNew, const std::string &raw)
{
    m_rawStreams.add(stream.raw, 0, raw);
    if (std::exchange(stream.tooNew, true))
        return;
    note(stream, {Severity::Error, "stream.too_new", "", "node",
                  phrase("the engine {} on {} speaks protocol {}, which this program does not know", tooNew.engineVersion, stream.place.node,
                              tooNew.protocol),
                  {{"protocol", std::to_string(tooNew.protocol)}, {"engine_version", tooNew.engineVersion}}});
}

void RecordWriter::noteRewritten(Stream &stream, std::uint64_t sequence, const std::string &raw)
{
    if (std::exchange(stream.rewritten, true))
        return;
    note(stream, {Severity::Error, "journal.rewritten", "", "node",
                  phrase("record {} of {} came again with other contents: its journal was rewritten, and what came first is kept", sequence,
                              stream.place.node),
                  {{"sequence", std::to_string(sequence)}, {"excerpt", raw.substr(0, kExcerptBytes)}}});
}

void RecordWriter::note(Stream &stream, const Event &event)
{
    // Stands behind the last record, at the time of this machine: the line it is about has no stamp to trust.
    Stamp stamp = stream.last;
    stamp.wallSeconds = now();
    m_tables.insertNote(stream.id, stamp, ++stream.notes, event);
}

} // namespace seatrial::store
