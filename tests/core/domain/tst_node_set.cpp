// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/node_set.h"

#include <QTest>

#include <algorithm>
#include <random>
#include <set>

using namespace seatrial::domain;

namespace {

QString joined(const std::vector<std::string> &names)
{
    QStringList list;
    for (const std::string &name : names)
        list << QString::fromStdString(name);
    return list.join(' ');
}

} // namespace

class NodeSetTest : public QObject
{
    Q_OBJECT

private slots:
    void expands_data();
    void expands();
    void refuses_data();
    void refuses();
    void bombsAreRefusedBeforeAllocation_data();
    void bombsAreRefusedBeforeAllocation();
    void largestIsAccepted();
    void folds_data();
    void folds();
    void foldingLosesNothing();
    void naturalOrder();
};

void NodeSetTest::expands_data()
{
    QTest::addColumn<QString>("expression");
    QTest::addColumn<QString>("names");
    const auto row = [](const char *expression, const char *names) { QTest::newRow(expression) << expression << names; };
    // What the three dialects agree upon, and what only some of them read.
    row("n[09-10]", "n09 n10");
    row("n[001-3]", "n001 n002 n003");
    row("n[1-10/3]", "n1 n4 n7 n10");
    row("r[1-2]n[1-2]", "r1n1 r1n2 r2n1 r2n2");
    row("n[1-2][1-2]", "n11 n12 n21 n22");
    row("n[1-3]-ib", "n1-ib n2-ib n3-ib");
    row("a[1-4]!a2", "a1 a3 a4");
    row("n1,n1", "n1");
    row("n[3,1]", "n3 n1");
    row("n1 n2\tn3\nn4", "n1 n2 n3 n4");
    row("  n1 , n2  ", "n1 n2");
    row("a[1-4] ! a[2-3], a2", "a1 a4 a2");
    row("n[5-5]", "n5");
    row("n[08-011]", "n08 n09 n10 n11");
    row("10.77.0.[15-17]", "10.77.0.15 10.77.0.16 10.77.0.17");
    row("fe80::[1-2]%eth0", "fe80::1%eth0 fe80::2%eth0");
    row("login.example.org", "login.example.org");
    row("a1!a1", "");
}

void NodeSetTest::expands()
{
    QFETCH(QString, expression);
    QFETCH(QString, names);
    const auto expanded = expandNodeSet(expression.toStdString());
    QVERIFY2(expanded, expanded ? "" : expanded.error().what.c_str());
    QCOMPARE(joined(*expanded), names);
}

void NodeSetTest::refuses_data()
{
    QTest::addColumn<QString>("expression");
    QTest::addColumn<QString>("problem");
    const auto row = [](const char *expression, const char *problem) { QTest::newRow(expression) << expression << problem; };
    row("", "column 1: found nothing, expected a name like n01 or n[01-16]");
    row("   ", "column 4: found nothing, expected a name like n01 or n[01-16]");
    row("n[3-1]", "column 3: the range runs backwards, expected the smaller number first");
    row("n[1-3,]", "column 7: found ']', expected a number");
    row("x[a-c]", "column 3: found 'a', expected a number");
    row("n[1-3", "column 6: found the end, expected ',' or ']'");
    row("n[]", "column 3: found ']', expected a number");
    row("n[1-]", "column 5: found ']', expected a number");
    row("n[1-4/0]", "column 7: found a step of 0, expected 1 or more");
    row("n[1[2]]", "column 4: found '[', expected ',' or ']'");
    row("n1]", "column 3: found ']', expected a letter, a digit, one of . _ - : %, a bracket, a comma or the end");
    row("n1,,n2", "column 4: found ',', expected a name");
    row("n1,", "column 4: found the end, expected a name");
    row("!n1", "column 1: found '!', expected a name");
    row("n1!", "column 4: found the end, expected a name");
    row("@rack1", "column 1: found '@', but groups are not known here; expected names of nodes");
    row("n1;reboot", "column 3: found ';', expected a letter, a digit, one of . _ - : %, a bracket, a comma or the end");
    row("n\x01", "column 2: found a character that no host name has, expected a letter, a digit, one of . _ - : %, a bracket, a comma or the end");
    row("n[1234567890123456789]", "column 3: the number has 19 digits, expected at most 18");
}

void NodeSetTest::refuses()
{
    QFETCH(QString, expression);
    QFETCH(QString, problem);
    const auto expanded = expandNodeSet(expression.toStdString());
    QVERIFY(!expanded);
    QCOMPARE(QString::fromStdString(expanded.error().what), problem);
    QCOMPARE(expanded.error().stage, Stage::Input);
    QCOMPARE(expanded.error().kind, FailureKind::Invalid);
}

void NodeSetTest::bombsAreRefusedBeforeAllocation_data()
{
    QTest::addColumn<QString>("expression");
    QTest::newRow("one range") << "n[1-999999999999999999]";
    QTest::newRow("one too many") << "n[1-100001]";
    QTest::newRow("product") << "a[1-1000]b[1-1000]c[1-1000]d[1-1000]e[1-1000]f[1-1000]g[1-1000]";
    QTest::newRow("product that wraps around 64 bits") << "a[1-65536]b[1-65536]c[1-65536]d[1-65536]";
    QTest::newRow("sum that wraps around") << QString("n[%1]").arg(QStringList(40, "0-999999999999999999").join(','));
    QTest::newRow("sum of many") << QStringList(20, "n[1-10000]").join(',');
    QTest::newRow("taken away over and over") << "n1" + QStringList(20, "!n[1-10000]").join(QString());
    QTest::newRow("long name") << QString(300, 'n') + "[1-100000]";
    QTest::newRow("many brackets") << QString("[1]").repeated(100'000);
    QTest::newRow("too long") << QString(5'000'000, 'n');
}

void NodeSetTest::bombsAreRefusedBeforeAllocation()
{
    QFETCH(QString, expression);
    const auto expanded = expandNodeSet(expression.toStdString());
    QVERIFY(!expanded);
    QVERIFY(expanded.error().what.starts_with("column "));
}

void NodeSetTest::largestIsAccepted()
{
    const auto expanded = expandNodeSet("n[1-100000]");
    QVERIFY(expanded);
    QCOMPARE(expanded->size(), std::size_t{100'000});
}

void NodeSetTest::folds_data()
{
    QTest::addColumn<QString>("names");
    QTest::addColumn<QString>("folded");
    const auto row = [](const char *names, const char *folded) { QTest::newRow(names) << names << folded; };
    row("n01 n02 n03 n07 login1", "login1,n[01-03,07]");
    row("n1 n02 n3 n03", "n[1,3],n[02-03]");
    row("n9 n10 n11", "n[9-11]");
    row("n09 n10 n100", "n[09-10],n100");
    row("n1-ib n2-ib", "n1-ib,n2-ib");
    row("n5", "n5");
    row("n2 n1 n2", "n[1-2]");
    row("r1n1 r1n2 r2n1", "r1n[1-2],r2n1");
    row("n0 n1", "n[0-1]");
    row("n00 n1", "n00,n1");
    row("a1234567890123456789012", "a1234567890123456789012");
    row("", "");
}

void NodeSetTest::folds()
{
    QFETCH(QString, names);
    QFETCH(QString, folded);
    std::vector<std::string> list;
    for (const QString &name : names.split(' ', Qt::SkipEmptyParts))
        list.push_back(name.toStdString());
    QCOMPARE(QString::fromStdString(foldNodeSet(list)), folded);
}

void NodeSetTest::foldingLosesNothing()
{
    std::mt19937 random(20);
    const auto below = [&](int bound) { return static_cast<int>(random() % static_cast<unsigned>(bound)); };
    const std::vector<std::string> prefixes{"n", "r1n", "r2n", "gpu-", "x.y", ""};
    for (int trial = 0; trial < 500; ++trial) {
        std::vector<std::string> names;
        const int count = 1 + below(60);
        for (int index = 0; index < count; ++index) {
            std::string digits = std::to_string(below(trial % 2 ? 15 : 2000));
            digits.insert(0, static_cast<std::size_t>(below(3)), '0');
            const std::string suffix = below(5) == 0 ? "-ib" : "";
            names.push_back(prefixes[static_cast<std::size_t>(below(static_cast<int>(prefixes.size())))] + digits + suffix);
        }
        const std::string folded = foldNodeSet(names);
        const auto expanded = expandNodeSet(folded);
        QVERIFY2(expanded, folded.c_str());
        QCOMPARE(std::set(expanded->begin(), expanded->end()), std::set(names.begin(), names.end()));
        QCOMPARE(expanded->size(), std::set(names.begin(), names.end()).size());
        // Only the plain subset: no step, no operator, nothing behind a bracket.
        QVERIFY(folded.find_first_of("/!@ ") == std::string::npos);
        for (std::size_t at = folded.find(']'); at != std::string::npos; at = folded.find(']', at + 1))
            QVERIFY(at + 1 == folded.size() || folded[at + 1] == ',');
    }
}

void NodeSetTest::naturalOrder()
{
    const std::vector<std::string> ordered{"a", "n", "n0", "n1", "n01", "n001", "n1a", "n1-ib", "n2", "n02", "n10", "n010", "n10b", "o1"};
    for (std::size_t i = 0; i < ordered.size(); ++i) {
        QVERIFY(!naturalLess(ordered[i], ordered[i]));
        for (std::size_t j = i + 1; j < ordered.size(); ++j) {
            // '-' sorts before letters: the pair in question is listed in the order of people, not of bytes.
            if (ordered[i] == "n1a" && ordered[j] == "n1-ib")
                continue;
            QVERIFY2(naturalLess(ordered[i], ordered[j]) != naturalLess(ordered[j], ordered[i]), (ordered[i] + " " + ordered[j]).c_str());
        }
    }
    QVERIFY(naturalLess("n2", "n10"));
    QVERIFY(naturalLess("n3", "n03"));
    QVERIFY(naturalLess("r1n9", "r1n10"));
}

QTEST_GUILESS_MAIN(NodeSetTest)
#include "tst_node_set.moc"
