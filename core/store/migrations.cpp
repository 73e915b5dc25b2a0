// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/migrations.h"

#include "core/store/phrase.h"

#include <array>

namespace seatrial::store {

namespace {

// Columns that stand in many tables: stream = a node in a run; seq, wall, mono = the stamp of the record (Unix time and
// CLOCK_BOOTTIME of the node, in seconds); boot, check, step, … are ids in `names` unless they are TEXT.
constexpr const char *kVersion1 = R"sql(
CREATE TABLE store (uuid TEXT NOT NULL, flushes INTEGER NOT NULL);

CREATE TABLE names (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
    plan_name TEXT NOT NULL, fleet_name TEXT NOT NULL, operator TEXT NOT NULL, load_allowed_by TEXT NOT NULL,
    started REAL NOT NULL, finished REAL NOT NULL,
    plan TEXT NOT NULL, fleet TEXT NOT NULL, nodes TEXT NOT NULL, node_count INTEGER NOT NULL);

CREATE TABLE streams (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs(id), node INTEGER NOT NULL REFERENCES names(id),
    last_seq INTEGER NOT NULL, boot TEXT NOT NULL, simulated INTEGER NOT NULL,
    goodbye_seq INTEGER NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL,
    malformed INTEGER NOT NULL, rewritten INTEGER NOT NULL, too_new INTEGER NOT NULL, notes INTEGER NOT NULL,
    next_chunk INTEGER NOT NULL, tail_chunk INTEGER NOT NULL, changes INTEGER NOT NULL,
    UNIQUE (run, node));

CREATE TABLE hellos (
    stream INTEGER NOT NULL, seq INTEGER NOT NULL, wall REAL, mono REAL, boot INTEGER NOT NULL,
    protocol INTEGER NOT NULL, engine_version TEXT NOT NULL, run TEXT NOT NULL, node TEXT NOT NULL, hostname TEXT NOT NULL,
    machine TEXT NOT NULL, kernel TEXT NOT NULL, libc TEXT NOT NULL, simulated INTEGER NOT NULL,
    PRIMARY KEY (stream, seq)) WITHOUT ROWID;

CREATE TABLE starts (
    stream INTEGER NOT NULL, seq INTEGER NOT NULL, wall REAL, mono REAL, boot INTEGER NOT NULL,
    step INTEGER NOT NULL, "check" INTEGER NOT NULL, parameters TEXT NOT NULL,
    PRIMARY KEY (stream, seq)) WITHOUT ROWID;

CREATE TABLE steps (
    stream INTEGER NOT NULL, seq INTEGER NOT NULL, wall REAL, mono REAL, boot INTEGER NOT NULL,
    step INTEGER NOT NULL, "check" INTEGER NOT NULL, status INTEGER NOT NULL, waiver INTEGER NOT NULL,
    reason TEXT NOT NULL, seconds REAL,
    PRIMARY KEY (stream, seq)) WITHOUT ROWID;

CREATE TABLE measurements (
    stream INTEGER NOT NULL, seq INTEGER NOT NULL, wall REAL, mono REAL, boot INTEGER NOT NULL,
    step INTEGER NOT NULL, "check" INTEGER NOT NULL, metric INTEGER NOT NULL, unit INTEGER NOT NULL, subject INTEGER NOT NULL,
    value REAL, samples INTEGER NOT NULL, minimum REAL, maximum REAL, cv REAL, parameters TEXT NOT NULL,
    PRIMARY KEY (stream, seq)) WITHOUT ROWID;

CREATE TABLE events (
    stream INTEGER NOT NULL, seq INTEGER NOT NULL, note INTEGER NOT NULL, wall REAL, mono REAL, boot INTEGER NOT NULL,
    severity INTEGER NOT NULL, code INTEGER NOT NULL, step INTEGER NOT NULL, subject INTEGER NOT NULL,
    text TEXT NOT NULL, parameters TEXT NOT NULL,
    PRIMARY KEY (stream, seq, note)) WITHOUT ROWID;

CREATE TABLE parts (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, identity TEXT NOT NULL, UNIQUE (kind, identity));

CREATE TABLE places (
    id INTEGER PRIMARY KEY, rack TEXT NOT NULL, unit REAL NOT NULL, node TEXT NOT NULL, place TEXT NOT NULL,
    UNIQUE (rack, unit, node, place));

CREATE TABLE sightings (
    stream INTEGER NOT NULL, seq INTEGER NOT NULL, wall REAL, mono REAL, boot INTEGER NOT NULL,
    kind INTEGER NOT NULL, part INTEGER REFERENCES parts(id), place INTEGER NOT NULL REFERENCES places(id),
    model INTEGER NOT NULL, firmware INTEGER NOT NULL, attributes TEXT NOT NULL,
    PRIMARY KEY (stream, seq)) WITHOUT ROWID;
CREATE INDEX sightings_of_part ON sightings (part, stream);
CREATE INDEX sightings_of_place ON sightings (place, stream);

CREATE TABLE chunks (
    stream INTEGER NOT NULL, number INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
    lines INTEGER NOT NULL, bytes INTEGER NOT NULL, sequences BLOB, data BLOB NOT NULL,
    UNIQUE (stream, number));

CREATE TABLE failures (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs(id), node INTEGER NOT NULL REFERENCES names(id), wall REAL,
    stage TEXT NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL, attempted TEXT NOT NULL, advice TEXT NOT NULL);
CREATE INDEX failures_of_run ON failures (run);

CREATE TABLE judgements (run INTEGER PRIMARY KEY REFERENCES runs(id), wall REAL NOT NULL, notes TEXT NOT NULL);

CREATE TABLE verdicts (
    run INTEGER NOT NULL REFERENCES runs(id), node INTEGER NOT NULL REFERENCES names(id), rack TEXT NOT NULL,
    verdict TEXT NOT NULL, reached INTEGER NOT NULL, planned INTEGER NOT NULL, measured INTEGER NOT NULL, accepted TEXT NOT NULL,
    PRIMARY KEY (run, node)) WITHOUT ROWID;

CREATE TABLE findings (
    run INTEGER NOT NULL REFERENCES runs(id), node INTEGER NOT NULL REFERENCES names(id), reason INTEGER NOT NULL, number INTEGER NOT NULL,
    verdict TEXT NOT NULL, judgement TEXT NOT NULL, "check" INTEGER NOT NULL, metric INTEGER NOT NULL, subject INTEGER NOT NULL,
    value REAL, unit TEXT NOT NULL, "limit" TEXT NOT NULL, limit_value REAL, margin REAL,
    source TEXT NOT NULL, text TEXT NOT NULL, advice TEXT NOT NULL,
    PRIMARY KEY (run, node, reason, number)) WITHOUT ROWID;

CREATE VIEW figures AS
SELECT s.run AS run, n.text AS node, m.seq AS seq, st.text AS step, c.text AS "check", me.text AS metric, su.text AS subject,
       m.value AS value, u.text AS unit, m.samples AS samples, m.minimum AS minimum, m.maximum AS maximum, m.cv AS cv,
       m.wall AS wall, s.simulated AS simulated, m.parameters AS parameters
FROM measurements m JOIN streams s ON s.id = m.stream JOIN names n ON n.id = s.node JOIN names st ON st.id = m.step
     JOIN names c ON c.id = m."check" JOIN names me ON me.id = m.metric JOIN names su ON su.id = m.subject JOIN names u ON u.id = m.unit;

INSERT INTO store VALUES (lower(hex(randomblob(16))), 0);
)sql";

constexpr std::array kMigrations = {kVersion1};

} // namespace

std::span<const char *const> migrations()
{
    return kMigrations;
}

void migrate(SQLite::Database &database)
{
    for (;;) {
        // Looked at again under the lock each time: another program may be migrating the same file.
        SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
        const int version = database.execAndGet("PRAGMA user_version").getInt();
        if (version >= latestVersion())
            return;
        database.exec(kMigrations[static_cast<std::size_t>(version)]);
        database.exec(phrase("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, version + 1));
        transaction.commit();
    }
}

} // namespace seatrial::store
