// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/architecture/include_tables.h"
#include "tests/architecture/source_tree.h"

namespace seatrial::tests {

/// Findings are lines to read: file:line: what is wrong, and the rule it breaks.
QStringList checkIncludes(const QList<SourceFile> &files, const IncludeTables &tables);
QStringList checkLibraries(const QList<SourceFile> &files, const IncludeTables &tables);
/// Rows about folders and files that do not exist any more.
QStringList checkRows(const QList<SourceFile> &files, const IncludeTables &tables);
QStringList checkLicences(const QList<SourceFile> &files);
QStringList checkLengths(const QList<SourceFile> &files);
QStringList checkWords(const QList<SourceFile> &files);
/// Tests that the last column of docs/reliability.md names and nobody has.
QStringList checkNamedTests(const QList<SourceFile> &files, const QStringList &page);

} // namespace seatrial::tests
