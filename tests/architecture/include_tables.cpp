// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/architecture/include_tables.h"

#include "tests/architecture/source_tree.h"

namespace seatrial::tests {

namespace {

/// A row of a table: its cells, and where it stands.
struct Row {
    QStringList cells;
    QString source;
};

/// The rows of the first table below a heading, without its head.
QList<Row> tableBelow(const QString &heading, const QStringList &markdown)
{
    QList<Row> rows;
    const int start = static_cast<int>(markdown.indexOf("## " + heading));
    if (start < 0)
        return rows;
    for (int i = start + 1; i < markdown.size() && !markdown[i].startsWith("## "); ++i) {
        const QString line = markdown[i].trimmed();
        if (line.startsWith('|'))
            rows.append({line.mid(1).split('|'), QString("ARCHITECTURE.md:%1: %2").arg(i + 1).arg(line)});
        else if (!rows.isEmpty())
            break;
    }
    return rows.mid(2); // names of the columns, and the line below them
}

/// The words in `backticks`.
QStringList named(const QString &cell)
{
    static const QRegularExpression pattern("`([^`]+)`");
    QStringList names;
    for (auto matches = pattern.globalMatch(cell); matches.hasNext();)
        names.append(matches.next().captured(1));
    return names;
}

} // namespace

const IncludeRule *IncludeTables::ruleFor(const QString &path) const
{
    const IncludeRule *longest = nullptr;
    for (const IncludeRule &rule : includes) {
        if (liesIn(path, rule.place) && (!longest || rule.place.size() > longest->place.size()))
            longest = &rule;
    }
    return longest;
}

IncludeTables readIncludeTables(const QStringList &markdown)
{
    IncludeTables tables;
    for (const Row &row : tableBelow("Who may include whom", markdown)) {
        for (const QString &place : named(row.cells.value(0)))
            tables.includes.append({place, named(row.cells.value(1)), row.cells.value(1).trimmed() == "everything", row.source});
    }
    for (const Row &row : tableBelow("Which library is used where", markdown)) {
        LibraryRule rule{row.cells.value(0).trimmed(), {}, named(row.cells.value(2)), row.source};
        for (const QString &header : named(row.cells.value(1)))
            rule.headers.append(QRegularExpression(QRegularExpression::wildcardToRegularExpression(header)));
        tables.libraries.append(rule);
    }
    return tables;
}

} // namespace seatrial::tests
