// SPDX-License-Identifier: GPL-3.0-or-later
// Is the code what ARCHITECTURE.md says it is? And would these checks notice if it were not?
#include "tests/architecture/house_rules.h"

#include <QFile>
#include <QTest>

using namespace seatrial::tests;

namespace {

const QString kRoot = QStringLiteral(SEATRIAL_SOURCE_DIR);

QStringList readPage(const QString &name)
{
    QFile page(kRoot + '/' + name);
    return page.open(QIODevice::ReadOnly) ? QString::fromUtf8(page.readAll()).split('\n') : QStringList();
}

/// A small page of its own, for a small tree of its own.
const QStringList kSmallPage = {
    "## Who may include whom", "", "| folder | may include |", "|---|---|", "| `low` | nothing |", "| `high`, `side` | `low` |",
    "| `high/main.cpp` | everything |", "| `tests` | everything |", "", "## Which library is used where", "",
    "| library | headers | only in |", "|---|---|---|", "| Qt | `Q[A-Z]*`, `Qt*/*` | `high` |",
};

SourceFile file(const QString &path, const QString &text)
{
    return {path, text.split('\n')};
}

void expectNone(const QStringList &findings)
{
    if (!findings.isEmpty())
        QFAIL(qPrintable(QString::number(findings.size()) + " findings\n" + findings.join('\n')));
}

} // namespace

class TestArchitecture : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();

    void includesFollowTheTable() { expectNone(checkIncludes(m_files, m_tables)); }
    void librariesStayWhereTheyBelong() { expectNone(checkLibraries(m_files, m_tables)); }
    void theTablesAreUpToDate() { expectNone(checkRows(m_files, m_tables)); }
    void everyFileNamesItsLicence() { expectNone(checkLicences(m_files)); }
    void noFileIsTooLong() { expectNone(checkLengths(m_files)); }
    void nothingIsMarkedUnfinished() { expectNone(checkWords(m_files)); }
    void namedTestsExist() { expectNone(checkNamedTests(m_files, readPage("docs/reliability.md"))); }

    void brokenIncludesAreFound_data();
    void brokenIncludesAreFound();
    void otherBrokenRulesAreFound();
    void rowsOfMissingFoldersAreFound();

private:
    QList<SourceFile> m_files;
    IncludeTables m_tables;
};

void TestArchitecture::initTestCase()
{
    m_files = readSourceTree(kRoot);
    m_tables = readIncludeTables(readPage("ARCHITECTURE.md"));
    // An empty tree or table would pass everything.
    QVERIFY2(m_files.size() > 100, qPrintable("only " + QString::number(m_files.size()) + " files found in " + kRoot));
    QVERIFY2(m_tables.ruleFor("core/protocol/record.h"), "ARCHITECTURE.md has no row for core/protocol in 'Who may include whom'");
    QVERIFY2(!m_tables.libraries.isEmpty(), "ARCHITECTURE.md has no table 'Which library is used where'");
}

void TestArchitecture::brokenIncludesAreFound_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("found"); // empty: it is allowed

    QTest::newRow("allowed folder") << "high/a.cpp" << "#include \"low/b.h\"" << "";
    QTest::newRow("own folder") << "low/a.cpp" << "#include \"low/b.h\"" << "";
    QTest::newRow("upwards") << "low/a.cpp" << "// first\n#include \"high/c.h\"" << "low/a.cpp:2: includes \"high/c.h\", which low may not";
    QTest::newRow("sideways") << "high/a.cpp" << "#include \"side/d.h\"" << "ARCHITECTURE.md:6: | `high`, `side` | `low` |";
    QTest::newRow("a file's own row wins") << "high/main.cpp" << "#include \"side/d.h\"" << "";
    QTest::newRow("spaces") << "low/a.cpp" << "  #  include \"high/c.h\"" << "low/a.cpp:1:";
    QTest::newRow("not from the root") << "low/a.cpp" << "#include \"b.h\"" << "no file of the project";
    QTest::newRow("beside, in a test") << "tests/low/a.cpp" << "#include \"e.h\"" << "";
    QTest::newRow("no row") << "attic/a.cpp" << "" << "attic/a.cpp:1: is in a folder without a row";
    QTest::newRow("library where it belongs") << "high/a.cpp" << "#include <QWidget>" << "";
    QTest::newRow("library elsewhere") << "low/a.cpp" << "#include <QWidget>" << "low/a.cpp:1: includes <QWidget>: Qt does not belong here";
    QTest::newRow("library by module") << "low/a.cpp" << "#include <QtCore/QString>" << "Qt does not belong here";
    QTest::newRow("standard library") << "low/a.cpp" << "#include <string>" << "";
    QTest::newRow("a name that only starts alike") << "lowest/a.cpp" << "" << "without a row";
}

void TestArchitecture::brokenIncludesAreFound()
{
    QFETCH(QString, path);
    QFETCH(QString, text);
    QFETCH(QString, found);
    const QList<SourceFile> tree = {file("low/b.h", ""), file("high/c.h", ""), file("side/d.h", ""), file("tests/low/e.h", ""), file(path, text)};
    const IncludeTables tables = readIncludeTables(kSmallPage);
    const QString findings = (checkIncludes(tree, tables) + checkLibraries(tree, tables)).join('\n');
    if (found.isEmpty())
        QCOMPARE(findings, QString());
    else
        QVERIFY2(findings.contains(found), qPrintable("found: " + findings));
}

void TestArchitecture::otherBrokenRulesAreFound()
{
    const QString gpl = "// SPDX-License-Identifier: GPL-3.0-or-later";
    const QString apache = "// SPDX-License-Identifier: Apache-2.0";
    QCOMPARE(checkLicences({file("gui/a.cpp", gpl), file("engine/a.cpp", apache), file("tests/a.cpp", apache)}), QStringList());
    QCOMPARE(checkLicences({file("run", "#!/bin/sh\n# SPDX-License-Identifier: GPL-3.0-or-later")}), QStringList());
    QCOMPARE(checkLicences({file("gui/a.cpp", apache), file("engine/a.cpp", gpl), file("core/a.h", "#pragma once"), file("cli/a.h", "")}).size(), 4);

    QCOMPARE(checkLengths({file("a.cpp", QString(599, '\n'))}), QStringList());
    QCOMPARE(checkLengths({file("a.cpp", QString(600, '\n'))}).size(), 1);

    QCOMPARE(checkWords({file("a.cpp", "a day in the life of a to-do list")}), QStringList());
    const QStringList words = checkWords({file("a.cpp", "int a;\n// TO" "DO: write it")});
    QVERIFY2(words.value(0).startsWith("a.cpp:2:"), qPrintable(words.join('\n')));

    const QList<SourceFile> tests = {file("tests/a.cpp", "    void itHolds()")};
    QCOMPARE(checkNamedTests(tests, {"| it breaks | said | `test_a` `itHolds` |"}), QStringList());
    QCOMPARE(checkNamedTests(tests, {"| it breaks | said | `test_a` `itHoldsNot` |"}).size(), 1);
}

void TestArchitecture::rowsOfMissingFoldersAreFound()
{
    const IncludeTables tables = readIncludeTables(kSmallPage);
    const QString findings = checkRows({file("low/b.h", ""), file("high/main.cpp", ""), file("tests/a.cpp", "")}, tables).join('\n');
    QVERIFY2(findings.contains("names side, which does not exist"), qPrintable(findings));
    QVERIFY(!findings.contains("names low"));
}

QTEST_GUILESS_MAIN(TestArchitecture)
#include "test_architecture.moc"
