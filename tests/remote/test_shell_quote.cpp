// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/shell_quote.h"

#include <QProcess>
#include <QStandardPaths>
#include <QTest>

using namespace seatrial::remote;

class TestShellQuote : public QObject
{
    Q_OBJECT

private slots:
    void wordSurvivesSh_data();
    void wordSurvivesSh();
    void nulBecomesVisible();
    void scriptSurvivesLoginShell_data();
    void scriptSurvivesLoginShell();
    void refusesWhatCannotTravel();

private:
    static QByteArray output(const QString &shell, const QStringList &arguments, const QByteArray &input = {})
    {
        QProcess process;
        process.start(shell, arguments);
        process.write(input);
        process.closeWriteChannel();
        process.waitForFinished(20'000);
        return process.readAllStandardOutput();
    }
};

void TestShellQuote::wordSurvivesSh_data()
{
    QTest::addColumn<QByteArray>("word");
    QTest::newRow("plain") << QByteArray("plain");
    QTest::newRow("empty") << QByteArray("");
    QTest::newRow("blanks") << QByteArray("  two  words ");
    QTest::newRow("single quote") << QByteArray("it's");
    QTest::newRow("only quotes") << QByteArray("''''");
    QTest::newRow("double quotes") << QByteArray("\"$(id)\"");
    QTest::newRow("substitution") << QByteArray("$(touch /tmp/hole) `touch /tmp/hole` ${HOME}");
    QTest::newRow("end of command") << QByteArray("; rm -rf / #");
    QTest::newRow("newline") << QByteArray("one\ntwo\n\nthree");
    QTest::newRow("backslash") << QByteArray("a\\b\\\\c\\'d\\");
    QTest::newRow("history") << QByteArray("!! !$ !1");
    QTest::newRow("option") << QByteArray("-rf");
    QTest::newRow("globs") << QByteArray("* ? [a-z] ~root");
    QTest::newRow("control") << QByteArray("\x01\x1b[31m\x7f\t\r");
    QTest::newRow("utf-8") << QByteArray("Zürich 東京");
    QTest::newRow("not utf-8") << QByteArray("\xff\xfe\x80");
    QByteArray all;
    for (int code = 1; code < 256; ++code)
        all += static_cast<char>(code);
    QTest::newRow("every byte") << all;
}

void TestShellQuote::wordSurvivesSh()
{
    QFETCH(QByteArray, word);
    const std::string quoted = shellQuote({word.constData(), static_cast<std::size_t>(word.size())});
    const QByteArray script = "printf %s " + QByteArray::fromStdString(quoted);
    QCOMPARE(output("/bin/sh", {"-s"}, script), word);
}

void TestShellQuote::nulBecomesVisible()
{
    QCOMPARE(shellQuote(std::string_view("a\0b", 3)), std::string("'a\xEF\xBF\xBD"
                                                                  "b'"));
}

void TestShellQuote::scriptSurvivesLoginShell_data()
{
    QTest::addColumn<QString>("shell");
    for (const char *shell : {"sh", "dash", "bash", "csh", "tcsh", "zsh", "ksh", "fish"})
        QTest::newRow(shell) << QString(shell);
}

void TestShellQuote::scriptSurvivesLoginShell()
{
    QFETCH(QString, shell);
    const QString program = QStandardPaths::findExecutable(shell);
    if (program.isEmpty())
        QSKIP("this shell is not installed");
    const std::string word = "it's $HOME `id` !x \\n \"q\" %s * ~ ; & |";
    const std::string script = "word=" + shellQuote(word)
        + "\nprintf '%s\\n' \"$word\" \"$LC_ALL\" 'tab\there'\nif true; then\n\tcat # what comes on standard input\nfi\n";
    const auto command = loginShellCommand(script);
    QVERIFY(command);
    const QByteArray expected = QByteArray::fromStdString(word) + "\nC\ntab\there\nfrom 'outside'\n";
    QCOMPARE(output(program, {"-c", QString::fromStdString(*command)}, "from 'outside'\n"), expected);
}

void TestShellQuote::refusesWhatCannotTravel()
{
    QVERIFY(!loginShellCommand(std::string_view("echo\0x", 6)));
    QVERIFY(!loginShellCommand(std::string(kMaxCommandBytes, 'x')));
    QVERIFY(loginShellCommand(std::string(kMaxCommandBytes / 2, 'x')));
}

QTEST_GUILESS_MAIN(TestShellQuote)
#include "test_shell_quote.moc"
