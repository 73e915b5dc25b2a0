// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/engine/supervise/engine_run.h"

#include <QDir>
#include <QTest>

#include <csignal>

using namespace seatrial::protocol;
using namespace seatrial::tests;

namespace {

struct Answer {
    int exitCode = -1;
    QByteArray output;
    QByteArray errors;
};

Answer ask(const QStringList &arguments, const QByteArray &input = {})
{
    QProcess engine;
    engine.start(QStringLiteral(TEST_ENGINE), arguments);
    engine.waitForStarted();
    engine.write(input);
    engine.closeWriteChannel();
    engine.waitForFinished(20'000);
    return {engine.exitStatus() == QProcess::NormalExit ? engine.exitCode() : -1, engine.readAllStandardOutput(),
            engine.readAllStandardError()};
}

QByteArray linesOf(const std::vector<Control> &controls)
{
    QByteArray lines;
    for (const Control &control : controls)
        lines += QByteArray::fromStdString(encode(control));
    return lines;
}

Gathered gather(const QByteArray &stream)
{
    Gathered gathered;
    StreamReader reader;
    for (StreamLine &line : reader.feed(stream.toStdString())) {
        if (auto *record = std::get_if<Record>(&line.content))
            gathered.records.emplace(record->stamp.sequence, std::move(*record));
        else
            ++gathered.malformed;
    }
    return gathered;
}

} // namespace

/// The program as a person calls it.
class TestCommands : public QObject
{
    Q_OBJECT

private slots:
    void words()
    {
        QCOMPARE(ask({"--help"}).exitCode, 0);
        QVERIFY(ask({"--help"}).output.contains("attach --dir"));
        QVERIFY(ask({"--version"}).output.startsWith("seatrial-engine 0."));
        QVERIFY(ask({"--list"}).output.contains("test.emit\n"));
        const QByteArray json = ask({"--list", "--json"}).output;
        QVERIFY(json.startsWith("{\"check\":\"test.sleep\",\"summary\":\"only for tests\",\"loads\":false,"
                                "\"parameters\":[\"milliseconds=0\",\"count=10\"]}\n"));
        const Answer selftest = ask({"--selftest"});
        QVERIFY2(selftest.exitCode == 0, selftest.errors.constData());
    }

    /// Nothing is measured: who asks is told what would be refused, and where.
    void aPlanIsJudgedWithoutMeasuring()
    {
        EngineRun run;
        const auto good = ask({"--check-plan", "-"}, linesOf({run.open(), step("a", "test.emit"), NoMoreSteps{}}));
        QCOMPARE(good.exitCode, 0);
        QCOMPARE(good.output, QByteArray());
        auto wrong = step("b", "test.refuses");
        wrong.parameters["colour"] = "green";
        const auto lines = linesOf({run.open(), step("a", "test.emit"), wrong, step("c", "test.telepathy")});
        const auto bad = ask({"--check-plan", "-", "--json"}, lines);
        QCOMPARE(bad.exitCode, 1);
        QCOMPARE(bad.output, QByteArray("{\"step\":\"b\",\"refusal\":\"parameter colour is \\\"green\\\": expected red\"}\n"
                                        "{\"step\":\"c\",\"refusal\":\"this engine has no check \\\"test.telepathy\\\"\"}\n"));
        QVERIFY(ask({"--check-plan", "-"}, lines).output.startsWith("b: parameter colour is "));
        const auto damaged = ask({"--check-plan", "-"}, linesOf({run.open()}) + "{\"type\":\n");
        QCOMPARE(damaged.exitCode, 2);
        QVERIFY2(damaged.errors.contains("line 2 of the plan: "), damaged.errors.constData());
        const auto none = ask({"--check-plan", "/nowhere/plan"});
        QCOMPARE(none.exitCode, 2);
        QVERIFY2(none.errors.contains("/nowhere/plan: No such file"), none.errors.constData());
        QCOMPARE(ask({"--check-plan", "/"}).exitCode, 2);
    }

    void usage_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("sentence");
        QTest::newRow("nothing") << QStringList() << QByteArray("what is to be done?");
        QTest::newRow("unknown") << QStringList{"--frobnicate"} << QByteArray("is not known");
        QTest::newRow("attach without folder") << QStringList{"attach"} << QByteArray("attach needs --dir");
        QTest::newRow("attach from nowhere") << QStringList{"attach", "--dir", "/x", "--from", "-1"} << QByteArray("--from needs");
        QTest::newRow("option of another") << QStringList{"quit", "--sysroot", "/"} << QByteArray("not known after \"quit\"");
        QTest::newRow("option without value") << QStringList{"attach", "--dir"} << QByteArray("--dir needs a value");
        QTest::newRow("plan of nothing") << QStringList{"--plan"} << QByteArray("--plan needs");
        QTest::newRow("plan that is not there") << QStringList{"--plan", "/nowhere/plan"} << QByteArray("/nowhere/plan: No such file");
        QTest::newRow("worker by hand") << QStringList{"worker", "--work", "/tmp"} << QByteArray("nobody else can");
    }

    void usage()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, sentence);
        const Answer answer = ask(arguments);
        QCOMPARE(answer.exitCode, 2);
        QVERIFY2(answer.errors.contains(sentence), answer.errors.constData());
        QCOMPARE(answer.errors.count('\n'), 1);
    }

    void aPlanInTheForeground()
    {
        EngineRun run;
        // The end of input stands for "no more steps".
        const Answer answer = ask({"--plan", "-", "--work", run.base()}, linesOf({run.open(), step("a", "test.emit"), step("b", "test.work")}));
        QVERIFY2(answer.exitCode == 0, answer.errors.constData());
        const Gathered gathered = gather(answer.output);
        QVERIFY(gathered.malformed == 0 && !gathered.hasGap());
        QCOMPARE(gathered.finished("a").status, StepStatus::Completed);
        QVERIFY(gathered.events("test.path").front().text.starts_with(run.base().toStdString()));
        QCOMPARE(gathered.goodbye().outcome, Outcome::Finished);
        QVERIFY(QDir(run.base()).isEmpty()); // nothing is left
    }

    void aRecordedTreeSaysSo()
    {
        EngineRun run;
        const Answer answer = ask({"--plan", "-", "--sysroot", run.base(), "--work", run.base()}, linesOf({run.open(), step("a", "test.work")}));
        const Gathered gathered = gather(answer.output);
        QVERIFY(gathered.all<Hello>().front().simulated);
        QCOMPARE(gathered.events("test.path").front().parameters.at("sysroot"), run.base().toStdString());
    }

    void aBadPlanIsRefusedWithItsLine()
    {
        EngineRun run;
        const Answer answer = ask({"--plan", "-", "--work", run.base()},
                                  linesOf({run.open(), step("a", "test.sleep", {{"milliseconds", "10000"}})}) + "{\"type\":\"jump\"}\n");
        QCOMPARE(answer.exitCode, 2);
        QVERIFY2(answer.errors.contains("line 3 of the plan"), answer.errors.constData());
        QCOMPARE(gather(answer.output).goodbye().outcome, Outcome::Cancelled);
    }

    void interruptCancelsAPlan_data()
    {
        QTest::addColumn<int>("signal");
        QTest::newRow("SIGINT") << SIGINT;
        QTest::newRow("SIGTERM") << SIGTERM;
        QTest::newRow("SIGKILL") << SIGKILL; // then nobody hears the goodbye, but all ends the same
    }

    void interruptCancelsAPlan()
    {
        QFETCH(int, signal);
        EngineRun run;
        Gathered gathered;
        Attached plan({}, gathered, {"--plan", "-", "--work", run.base()});
        plan.say({run.open(), step("a", "test.sleep", {{"milliseconds", "20000"}})});
        QVERIFY(plan.readUntil([&] { return !gathered.processes().empty(); }));
        ::kill(int(plan.process().processId()), signal);
        const int exitCode = plan.toTheEnd();
        QVERIFY(allDead(gathered.processes()));
        if (signal == SIGKILL)
            return;
        QCOMPARE(exitCode, 0);
        QCOMPARE(gathered.goodbye().outcome, Outcome::Cancelled);
    }

    void quitEndsEveryRun()
    {
        EngineRun run;
        Gathered one;
        Gathered two;
        Attached first(run.folder("one"), one);
        Attached second(run.folder("two"), two);
        for (Attached *desktop : {&first, &second})
            desktop->say({run.open(), step("a", "test.sleep", {{"milliseconds", "20000"}})});
        QVERIFY(first.readUntil([&] { return !one.processes().empty(); }));
        QVERIFY(second.readUntil([&] { return !two.processes().empty(); }));
        const Answer answer = ask({"quit", "--base", run.base()});
        QCOMPARE(answer.exitCode, 0);
        QVERIFY2(answer.output.contains("one: cancelled") && answer.output.contains("two: cancelled"), answer.output.constData());
        QCOMPARE(first.toTheEnd(), 0);
        QCOMPARE(one.goodbye().outcome, Outcome::Cancelled);
        QVERIFY(one.events("lease.started").empty());
        QVERIFY(allDead({run.supervisor("one"), run.supervisor("two"), one.processes().front(), two.processes().front()}));
        QVERIFY(ask({"quit", "--base", run.base()}).output.contains("0 runs were alive"));
    }
};

QTEST_GUILESS_MAIN(TestCommands)
#include "test_commands.moc"
