// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QStringList>

namespace seatrial::tests {

/// A file of the project, as its rules see it.
struct SourceFile {
    QString path; ///< from the root of the project, with /
    QStringList lines;

    bool isCode() const { return path.endsWith(".cpp") || path.endsWith(".h"); }
};

/// Everything people write by hand: code, CMake, YAML and scripts. Builds and labs beside it are not looked at.
QList<SourceFile> readSourceTree(const QString &root);

/// One #include line.
struct Include {
    QString header;
    int line = 0;
    bool quoted = false;
};

QList<Include> includesOf(const SourceFile &file);

/// Whether @p path is @p place or lies in it.
bool liesIn(const QString &path, const QString &place);

} // namespace seatrial::tests
