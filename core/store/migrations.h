// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <span>

namespace seatrial::store {

/// Marks a file as a store of this program ("SEAT").
inline constexpr int kApplicationId = 0x53454154;

/// SQL that leads from version n to n + 1, the first one from an empty file. Never edit one that was published: add one.
std::span<const char *const> migrations();

inline int latestVersion() { return static_cast<int>(migrations().size()); }

/// Brings @p database to the latest version, one transaction a version. Throws.
void migrate(SQLite::Database &database);

} // namespace seatrial::store
