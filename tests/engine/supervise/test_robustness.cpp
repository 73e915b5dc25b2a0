// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/engine/supervise/engine_run.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTest>

#include <csignal>

using namespace seatrial::protocol;
using namespace seatrial::tests;

/// Supervisors killed, journals torn, disks full.
class TestRobustness : public QObject
{
    Q_OBJECT

private slots:
    void aKilledSupervisorIsRevived()
    {
        EngineRun run;
        Gathered gathered;
        const std::vector<Control> orders = {run.open(), step("done", "test.emit"), step("killed", "test.children", {{"milliseconds", "20000"}}),
                                             step("later", "test.emit")};
        {
            Attached desktop(run.folder(), gathered);
            desktop.say(orders);
            QVERIFY(desktop.readUntil([&] { return gathered.processes().size() == 2; }));
            ::kill(run.supervisor(), SIGKILL);
            QCOMPARE(desktop.toTheEnd(), 3);
            QVERIFY(desktop.errors().find("without a goodbye") != std::string::npos);
        }
        Attached desktop(run.folder(), gathered);
        desktop.say(orders);
        desktop.say(NoMoreSteps{});
        QCOMPARE(desktop.toTheEnd(), 0);
        QVERIFY(!gathered.hasGap() && gathered.doubles == 0 && gathered.malformed == 0);
        QCOMPARE(gathered.all<Hello>().size(), std::size_t(1));
        QCOMPARE(gathered.all<StepStarted>().size(), std::size_t(3));
        QCOMPARE(gathered.finished("done").status, StepStatus::Completed);
        QCOMPARE(gathered.finished("killed").status, StepStatus::Abandoned);
        QCOMPARE(gathered.finished("killed").reason,
                 std::string("the supervisor was killed while this step ran"));
        QCOMPARE(gathered.finished("later").status, StepStatus::Completed);
        const auto restarted = gathered.events("supervisor.restarted");
        QCOMPARE(restarted.size(), std::size_t(1));
        QCOMPARE(restarted.front().parameters.at("reason"), std::string("the supervisor was killed"));
        QCOMPARE(restarted.front().parameters.at("boot"), restarted.front().parameters.at("previous_boot"));
        QCOMPARE(restarted.front().parameters.at("in_work"), std::string("killed"));
        QVERIFY(allDead(gathered.processes())); // nobody of the killed step is left
    }

    void tornJournals_data()
    {
        QTest::addColumn<int>("cut");        ///< bytes taken from the end
        QTest::addColumn<QByteArray>("tail"); ///< put there instead
        QTest::newRow("in the last line") << 17 << QByteArray();
        QTest::newRow("the line end alone") << 1 << QByteArray();
        QTest::newRow("zeros after a power cut") << 30 << QByteArray(5000, '\0');
        QTest::newRow("rubbish") << 0 << QByteArray("rubbish\nmore rubbish\n");
    }

    /// As it would be found after the node lost power.
    void tornJournals()
    {
        QFETCH(int, cut);
        QFETCH(QByteArray, tail);
        EngineRun run;
        Gathered before;
        {
            Attached desktop(run.folder(), before);
            desktop.say({run.open(), step("a", "test.emit", {{"count", "5"}})});
            QVERIFY(desktop.readUntil([&] { return !before.all<StepFinished>().empty(); }));
            ::kill(run.supervisor(), SIGKILL);
            QCOMPARE(desktop.toTheEnd(), 3);
        }
        QFile journal(run.folder() + "/journal.jsonl");
        QVERIFY(journal.resize(journal.size() - cut));
        QVERIFY(journal.open(QIODevice::Append));
        journal.write(tail);
        journal.close();

        // A desktop that has seen nothing, and one that has seen more than the disk has kept.
        for (Gathered gathered : {Gathered(), before}) {
            const bool knewMore = !gathered.records.empty();
            Attached desktop(run.folder(), gathered);
            desktop.say({run.open(), step("b", "test.emit")});
            if (knewMore)
                desktop.say(NoMoreSteps{});
            else
                QVERIFY(desktop.readUntil([&] { return gathered.finished("b").status == StepStatus::Completed; }));
            if (knewMore)
                QCOMPARE(desktop.toTheEnd(), 0);
            QCOMPARE(gathered.doubles, 0);
            QCOMPARE(gathered.malformed, 0);
            QVERIFY(!gathered.hasGap());
            QCOMPARE(gathered.all<Hello>().size(), std::size_t(1));
        }
    }

    /// The first to come back knows records that the node's disk has lost: their numbers are not given again.
    void lostNumbersAreNotGivenAgain()
    {
        EngineRun run;
        Gathered gathered;
        {
            Attached desktop(run.folder(), gathered);
            desktop.say({run.open(), step("a", "test.emit", {{"count", "5"}})});
            QVERIFY(desktop.readUntil([&] { return !gathered.all<StepFinished>().empty(); }));
            ::kill(run.supervisor(), SIGKILL);
            QCOMPARE(desktop.toTheEnd(), 3);
        }
        QFile journal(run.folder() + "/journal.jsonl");
        QVERIFY(journal.resize(journal.size() / 2));
        const Gathered before = gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say({run.open(), NoMoreSteps{}});
        QCOMPARE(desktop.toTheEnd(), 0);
        QVERIFY(!gathered.hasGap());
        for (const auto &[sequence, record] : before.records)
            QVERIFY(gathered.records.at(sequence) == record);
        QCOMPARE(gathered.goodbye().outcome, Outcome::Finished);
    }

    void aFullDiskEndsTheRunAndIsSaid()
    {
        EngineRun run;
        QVERIFY(QDir().mkpath(run.folder()));
        // A file size limit of 32 KiB stands for the full disk: the journal cannot grow beyond it.
        Gathered gathered;
        Attached desktop(run.folder(), gathered, {});
        desktop.process().kill();
        desktop.process().waitForFinished();
        QProcess limited;
        limited.start("/bin/sh", {"-c", "ulimit -f 64; exec \"$0\" attach --dir \"$1\"", QStringLiteral(TEST_ENGINE), run.folder()});
        QVERIFY(limited.waitForStarted());
        for (const Control &control : {Control(run.open()), Control(step("a", "test.emit", {{"count", "1000"}})), Control(step("b", "test.emit"))})
            limited.write(QByteArray::fromStdString(encode(control)));
        QVERIFY(limited.waitForFinished(30'000));
        QCOMPARE(limited.exitCode(), 0);
        StreamReader reader;
        const QByteArray stream = limited.readAllStandardOutput();
        std::uint64_t sequence = 0;
        for (StreamLine &line : reader.feed(stream.toStdString())) {
            QVERIFY(std::holds_alternative<Record>(line.content));
            auto &record = std::get<Record>(line.content);
            QCOMPARE(record.stamp.sequence, ++sequence);
            gathered.records.emplace(sequence, record);
        }
        QCOMPARE(gathered.events("journal.trouble").size(), std::size_t(1));
        QCOMPARE(gathered.goodbye().outcome, Outcome::Broken);
        QVERIFY2(gathered.goodbye().reason.find("File too large") != std::string::npos, gathered.goodbye().reason.c_str());
        QVERIFY(gathered.all<StepFinished>().size() == 2);

        // What the disk has is whole lines and a torn one at most.
        QFile journal(run.folder() + "/journal.jsonl");
        QVERIFY(journal.open(QIODevice::ReadOnly));
        QVERIFY(stream.startsWith(journal.readAll()));
    }

    void aFullDiskKeepsRoomForTheEnd()
    {
        EngineRun run;
        const QString disk = run.base() + "/disk";
        QVERIFY(QDir().mkpath(disk));
        // Own mount namespace: nothing of it is seen or left outside.
        QProcess inside;
        inside.start("/usr/bin/unshare", {"-rm", "/bin/sh", "-c",
                                          "mount -t tmpfs -o size=256k none \"$1\" || exit 77; "
                                          "\"$0\" attach --dir \"$1/run\"; code=$?; tail -n 1 \"$1/run/journal.jsonl\" >&2; exit $code",
                                          QStringLiteral(TEST_ENGINE), disk});
        QVERIFY(inside.waitForStarted());
        for (const Control &control : {Control(run.open()), Control(step("a", "test.emit", {{"count", "3000"}}))})
            inside.write(QByteArray::fromStdString(encode(control)));
        QVERIFY(inside.waitForFinished(30'000));
        const QByteArray lastLine = inside.readAllStandardError();
        if (inside.exitCode() == 77 || inside.exitCode() == 1)
            QSKIP("this user cannot mount a small disk here");
        QCOMPARE(inside.exitCode(), 0);
        const auto last = decodeRecord(lastLine.toStdString());
        QVERIFY2(std::holds_alternative<Record>(last), lastLine.constData());
        const auto *goodbye = std::get_if<Goodbye>(&std::get<Record>(last).body);
        QVERIFY(goodbye && goodbye->outcome == Outcome::Broken);
        QVERIFY2(goodbye->reason.find("No space left") != std::string::npos, goodbye->reason.c_str());
    }
};

QTEST_GUILESS_MAIN(TestRobustness)
#include "test_robustness.moc"
