// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/verdict.h"
#include "core/store/name_table.h"

#include <SQLiteCpp/SQLiteCpp.h>

namespace seatrial::store {

/// Keeps @p verdict with every finding, instead of what was said of the same run before. Inside of a write transaction.
void replaceVerdict(SQLite::Database &database, NameWriter &names, std::int64_t run, const domain::FleetVerdict &verdict, double wall);

} // namespace seatrial::store
