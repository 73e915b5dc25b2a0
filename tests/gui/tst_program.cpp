// SPDX-License-Identifier: GPL-3.0-or-later
// The program itself: its words need no display, and a wrong one ends with 2.
#include "tests/support/lab.h"

#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTest>

using namespace seatrial::tests;

class TestProgram : public QObject {
    Q_OBJECT

private slots:
    void wordsNeedNoDisplay_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<int>("code");
        QTest::addColumn<QByteArray>("said");
        const auto row = [](const QStringList& words, int code, const char* said) { QTest::newRow(qPrintable(words.join(QLatin1Char(' ')))) << words << code << QByteArray(said); };
        for (const char* word : {"--help", "-h", "--help-all"})
            row({QString::fromLatin1(word)}, 0, "--fresh");
        for (const char* word : {"--version", "-v"})
            row({QString::fromLatin1(word)}, 0, "seatrial ");
        row({QStringLiteral("--turbo")}, 2, "turbo");
        row({QStringLiteral("--store")}, 2, "store");
        row({QStringLiteral("hall.yaml")}, 2, "\"hall.yaml\" is not understood");
        row({QStringLiteral("--page"), QStringLiteral("moon")}, 2, "there is no page \"moon\"");
        row({QStringLiteral("--size"), QStringLiteral("huge")}, 2, "is no size");
        row({}, 2, "there is no display");
    }
    void wordsNeedNoDisplay()
    {
        QFETCH(QStringList, words);
        QFETCH(int, code);
        QFETCH(QByteArray, said);
        QProcess program;
        auto environment = QProcessEnvironment::systemEnvironment();
        for (const char* name : {"QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"})
            environment.remove(QString::fromLatin1(name));
        environment.insert(QStringLiteral("XDG_RUNTIME_DIR"), QStringLiteral("/tmp")); // Qt speaks of a missing one
        program.setProcessEnvironment(environment);
        program.start(programPath(QStringLiteral("seatrial")), words);
        QVERIFY(program.waitForFinished(30'000));
        const QByteArray output = program.readAllStandardOutput();
        const QByteArray errors = program.readAllStandardError();
        QCOMPARE(program.exitStatus(), QProcess::NormalExit);
        QVERIFY2(program.exitCode() == code, errors.constData());
        QVERIFY2((code ? errors : output).contains(said), (output + errors).constData());
        QVERIFY2(code == 0 || errors.contains("seatrial: "), errors.constData());
    }

    // A screen that cannot be reached is no reason not to answer a question.
    void helpWithADisplayThatIsNotThere()
    {
        QProcess program;
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.remove(QStringLiteral("QT_QPA_PLATFORM"));
        environment.insert(QStringLiteral("DISPLAY"), QStringLiteral(":4711"));
        program.setProcessEnvironment(environment);
        program.start(programPath(QStringLiteral("seatrial")), {QStringLiteral("--help")});
        QVERIFY(program.waitForFinished(30'000));
        QCOMPARE(program.exitStatus(), QProcess::NormalExit);
        QCOMPARE(program.exitCode(), 0);
    }

    void everyOptionStandsInItsManual()
    {
        QFile manual(QStringLiteral(SEATRIAL_SOURCE_DIR "/docs/window.md"));
        QVERIFY(manual.open(QIODevice::ReadOnly));
        const QByteArray text = manual.readAll();
        const Ended help = runProgram(QStringLiteral("seatrial"), {QStringLiteral("--help")}, 30);
        static const QRegularExpression option(QStringLiteral("^  .*(--[a-z-]+)"), QRegularExpression::MultilineOption);
        int seen = 0;
        for (auto found = option.globalMatch(QString::fromUtf8(help.output)); found.hasNext(); ++seen) {
            const QByteArray name = found.next().captured(1).toUtf8();
            QVERIFY2(text.contains("`" + name) || text.contains(name + "`") || text.contains(name + " "), name.constData());
        }
        QVERIFY(seen >= 10);
    }
};

QTEST_GUILESS_MAIN(TestProgram)
#include "tst_program.moc"
