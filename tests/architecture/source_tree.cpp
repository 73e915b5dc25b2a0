// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/architecture/source_tree.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>

#include <algorithm>
#include <optional>

namespace seatrial::tests {

namespace {

const QStringList kFolders = {"core", "engine", "remote", "cli", "gui", "resources", "tests", "installer", "cmake", ".ci"};
const QStringList kSuffixes = {"cpp", "h", "cmake", "sh", "yaml"};

std::optional<SourceFile> read(const QDir &root, const QString &path)
{
    const QFileInfo info(root.filePath(path));
    QFile file(info.filePath());
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const bool script = info.suffix().isEmpty() && file.peek(2) == "#!";
    if (!script && info.fileName() != "CMakeLists.txt" && !kSuffixes.contains(info.suffix()))
        return {};
    SourceFile source{path, QString::fromUtf8(file.readAll()).split('\n')};
    if (source.lines.last().isEmpty())
        source.lines.removeLast();
    return source;
}

} // namespace

QList<SourceFile> readSourceTree(const QString &root)
{
    const QDir top(root);
    QStringList paths = top.entryList(QDir::Files);
    for (const QString &folder : kFolders) {
        QDirIterator files(top.filePath(folder), QDir::Files, QDirIterator::Subdirectories);
        while (files.hasNext())
            paths.append(top.relativeFilePath(files.next()));
    }
    paths.sort();
    QList<SourceFile> sources;
    for (const QString &path : std::as_const(paths)) {
        if (auto source = read(top, path))
            sources.append(*std::move(source));
    }
    return sources;
}

QList<Include> includesOf(const SourceFile &file)
{
    static const QRegularExpression pattern(R"re(^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>))re");
    QList<Include> includes;
    for (int i = 0; i < file.lines.size(); ++i) {
        const auto match = pattern.match(file.lines[i]);
        if (!match.hasMatch())
            continue;
        const bool quoted = !match.captured(1).isEmpty();
        includes.append({quoted ? match.captured(1) : match.captured(2), i + 1, quoted});
    }
    return includes;
}

bool liesIn(const QString &path, const QString &place)
{
    return path == place || path.startsWith(place + '/');
}

} // namespace seatrial::tests
