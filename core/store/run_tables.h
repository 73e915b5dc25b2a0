// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/run_data.h"
#include "core/store/name_table.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>

namespace seatrial::store {

/// The number of a run in its store, or nothing if @p run cannot be one.
std::optional<std::int64_t> runNumber(const domain::RunId &run);

/// @p info with the id and token it has from now on. Inside of a write transaction, as all here.
domain::RunInfo insertRun(SQLite::Database &database, domain::RunInfo info);
/// False if there is no such run.
bool updateRunState(SQLite::Database &database, std::int64_t run, domain::RunState state, double finishedWall);
void insertFailure(SQLite::Database &database, NameWriter &names, std::int64_t run, const domain::NodeFailure &failure);
bool hasRun(SQLite::Database &database, std::int64_t run);

} // namespace seatrial::store
