// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/architecture/house_rules.h"

#include <QFileInfo>
#include <QSet>

#include <algorithm>

namespace seatrial::tests {

namespace {

constexpr int kLongestFile = 600; // lines
const QStringList kPermissive = {"core/protocol", "engine"};

QString finding(const QString &path, int line, const QString &what, const QString &rule)
{
    return QString("%1:%2: %3\n    %4").arg(path).arg(line).arg(what, rule);
}

/// The path an include means: from the root of the project, or in tests also from the file's own folder.
QString resolve(const Include &include, const SourceFile &file, const QSet<QString> &paths)
{
    if (paths.contains(include.header))
        return include.header;
    const QString beside = QFileInfo(file.path).path() + '/' + include.header;
    return liesIn(file.path, "tests") && paths.contains(beside) ? beside : QString();
}

QString checkInclude(const Include &include, const SourceFile &file, const IncludeRule &rule, const QSet<QString> &paths)
{
    const QString target = resolve(include, file, paths);
    if (target.isEmpty()) {
        return finding(file.path, include.line, "includes \"" + include.header + "\", which is no file of the project",
                       "own headers are named from the root of the project, all others stand in <>");
    }
    const auto covers = [&](const QString &place) { return liesIn(target, place); };
    if (rule.everything || covers(rule.place) || std::ranges::any_of(rule.allowed, covers))
        return {};
    return finding(file.path, include.line, "includes \"" + target + "\", which " + rule.place + " may not", rule.source);
}

bool isOneOf(const QString &path, const QStringList &places)
{
    return std::ranges::any_of(places, [&](const QString &place) { return liesIn(path, place); });
}

} // namespace

QStringList checkIncludes(const QList<SourceFile> &files, const IncludeTables &tables)
{
    QSet<QString> paths;
    for (const SourceFile &file : files)
        paths.insert(file.path);
    QStringList findings;
    for (const SourceFile &file : files) {
        if (!file.isCode())
            continue;
        const IncludeRule *rule = tables.ruleFor(file.path);
        if (!rule) {
            findings.append(finding(file.path, 1, "is in a folder without a row", "ARCHITECTURE.md: 'Who may include whom' names every folder of code"));
            continue;
        }
        for (const Include &include : includesOf(file)) {
            if (!include.quoted || include.header.endsWith(".moc"))
                continue;
            if (const QString broken = checkInclude(include, file, *rule, paths); !broken.isEmpty())
                findings.append(broken);
        }
    }
    return findings;
}

QStringList checkLibraries(const QList<SourceFile> &files, const IncludeTables &tables)
{
    QStringList findings;
    for (const SourceFile &file : files) {
        if (!file.isCode() || liesIn(file.path, "tests"))
            continue;
        for (const Include &include : includesOf(file)) {
            for (const LibraryRule &rule : tables.libraries) {
                const bool meant = std::ranges::any_of(rule.headers, [&](const auto &header) { return header.match(include.header).hasMatch(); });
                if (meant && !isOneOf(file.path, rule.places))
                    findings.append(finding(file.path, include.line, "includes <" + include.header + ">: " + rule.library + " does not belong here", rule.source));
            }
        }
    }
    return findings;
}

QStringList checkRows(const QList<SourceFile> &files, const IncludeTables &tables)
{
    QStringList findings;
    const auto exists = [&](const QString &place) { return std::ranges::any_of(files, [&](const auto &file) { return liesIn(file.path, place); }); };
    const auto check = [&](const QStringList &places, const QString &source) {
        for (const QString &place : places) {
            if (!exists(place))
                findings.append(source + "\n    names " + place + ", which does not exist");
        }
    };
    for (const IncludeRule &rule : tables.includes)
        check(rule.allowed + QStringList(rule.place), rule.source);
    for (const LibraryRule &rule : tables.libraries)
        check(rule.places, rule.source);
    return findings;
}

QStringList checkLicences(const QList<SourceFile> &files)
{
    QStringList findings;
    for (const SourceFile &file : files) {
        const QString licence = isOneOf(file.path, kPermissive) ? "Apache-2.0" : "GPL-3.0-or-later";
        // The first line, or the one after the interpreter of a script.
        const QString head = file.lines.value(0).startsWith("#!") ? file.lines.value(1) : file.lines.value(0);
        // Tests may carry the licence of what they test.
        const bool fits = head.endsWith("SPDX-License-Identifier: " + licence) || (liesIn(file.path, "tests") && head.endsWith("SPDX-License-Identifier: Apache-2.0"));
        if (!fits)
            findings.append(finding(file.path, 1, "does not start with its licence", "SPDX-License-Identifier: " + licence));
    }
    return findings;
}

QStringList checkLengths(const QList<SourceFile> &files)
{
    QStringList findings;
    for (const SourceFile &file : files) {
        if (file.lines.size() > kLongestFile && !file.path.endsWith(".yaml"))
            findings.append(finding(file.path, static_cast<int>(file.lines.size()), "is too long to be about one thing", QString("at most %1 lines").arg(kLongestFile)));
    }
    return findings;
}

QStringList checkWords(const QList<SourceFile> &files)
{
    // In two halves, so that this file passes its own check.
    static const QRegularExpression unfinished("\\b(TO" "DO|FIX" "ME)\\b");
    QStringList findings;
    for (const SourceFile &file : files) {
        for (int i = 0; i < file.lines.size(); ++i) {
            if (const auto match = unfinished.match(file.lines[i]); match.hasMatch())
                findings.append(finding(file.path, i + 1, "says " + match.captured(1), "what is not finished is finished, or written down as a task outside of the code"));
        }
    }
    return findings;
}

QStringList checkNamedTests(const QList<SourceFile> &files, const QStringList &page)
{
    static const QRegularExpression functionName("`([a-z]+[A-Z][A-Za-z]*)`"); // programs have no capitals
    QString tests;
    for (const SourceFile &file : files) {
        if (liesIn(file.path, "tests") && file.isCode())
            tests += file.lines.join('\n');
    }
    QStringList findings;
    for (int i = 0; i < page.size(); ++i) {
        for (auto matches = functionName.globalMatch(page[i].section('|', -2)); matches.hasNext();) {
            const QString name = matches.next().captured(1);
            if (!tests.contains("void " + name + "("))
                findings.append(finding("docs/reliability.md", i + 1, "names the test " + name, "there is no test of that name"));
        }
    }
    return findings;
}

} // namespace seatrial::tests
