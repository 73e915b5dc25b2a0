// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QRegularExpression>
#include <QString>
#include <QStringList>

namespace seatrial::tests {

/// A row of "Who may include whom": the folder or file of the longest matching row decides.
struct IncludeRule {
    QString place;
    QStringList allowed; ///< folders and files; what lies in the place itself is always allowed
    bool everything = false;
    QString source; ///< the row, for who breaks it
};

/// A row of "Which library is used where".
struct LibraryRule {
    QString library;
    QList<QRegularExpression> headers;
    QStringList places;
    QString source;
};

/// The two tables of ARCHITECTURE.md. What the page says is what is enforced.
struct IncludeTables {
    QList<IncludeRule> includes;
    QList<LibraryRule> libraries;

    const IncludeRule *ruleFor(const QString &path) const;
};

IncludeTables readIncludeTables(const QStringList &markdown);

} // namespace seatrial::tests
