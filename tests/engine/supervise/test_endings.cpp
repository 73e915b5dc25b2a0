// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/engine/supervise/engine_run.h"

#include <QDateTime>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QTest>

#include <csignal>

using namespace seatrial::protocol;
using namespace seatrial::tests;

/// How steps and runs end when all is not well.
class TestEndings : public QObject
{
    Q_OBJECT

private slots:
    void workers_data()
    {
        QTest::addColumn<QByteArray>("check");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("reason");
        QTest::newRow("crash") << QByteArray("test.crash") << int(StepStatus::Error) << QByteArray("SIGSEGV");
        QTest::newRow("crash, last words") << QByteArray("test.crash") << int(StepStatus::Error) << QByteArray("about to crash");
        QTest::newRow("exception") << QByteArray("test.throw") << int(StepStatus::Error) << QByteArray("thrown on purpose");
        QTest::newRow("flood") << QByteArray("test.flood") << int(StepStatus::Error) << QByteArray("too many records");
        QTest::newRow("gibberish") << QByteArray("test.gibberish") << int(StepStatus::Completed) << QByteArray();
    }

    /// A worker that goes wrong costs its own step; the next one is done.
    void workers()
    {
        QFETCH(QByteArray, check);
        QFETCH(int, status);
        QFETCH(QByteArray, reason);
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say({run.open(), step("a", check.toStdString()), step("b", "test.emit"), NoMoreSteps{}});
        QCOMPARE(desktop.toTheEnd(), 0);
        const StepFinished finished = gathered.finished("a");
        QCOMPARE(int(finished.status), status);
        QVERIFY2(finished.reason.find(reason.toStdString()) != std::string::npos, finished.reason.c_str());
        QCOMPARE(gathered.finished("b").status, StepStatus::Completed);
        QVERIFY(gathered.malformed == 0 && !gathered.hasGap());
        QVERIFY(gathered.records.size() <= 20'100);
        if (check == "test.gibberish") {
            QCOMPARE(gathered.events("worker.malformed").size(), std::size_t(3));
            QCOMPARE(gathered.all<Goodbye>().size(), std::size_t(1)); // not the one the worker tried to say
        }
    }

    void aDeadlineEndsTheDeaf()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say({run.open(), step("a", "test.deaf", {}, 0.3), step("b", "test.emit"), NoMoreSteps{}});
        QCOMPARE(desktop.toTheEnd(), 0);
        const StepFinished finished = gathered.finished("a");
        QCOMPARE(finished.status, StepStatus::Timeout);
        QVERIFY2(finished.reason.find("deadline of 0.3 s") != std::string::npos, finished.reason.c_str());
        QVERIFY(finished.seconds >= 0.6 && finished.seconds < 3); // deadline and grace
        QCOMPARE(gathered.finished("b").status, StepStatus::Completed);
        QVERIFY(allDead(gathered.processes()));
    }

    void aKilledWorkerIsSaid()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say({run.open(), step("a", "test.sleep", {{"milliseconds", "10000"}}), NoMoreSteps{}});
        QVERIFY(desktop.readUntil([&] { return !gathered.processes().empty(); }));
        ::kill(gathered.processes().front(), SIGKILL);
        QCOMPARE(desktop.toTheEnd(), 0);
        QCOMPARE(gathered.finished("a").status, StepStatus::Error);
        QVERIFY(gathered.finished("a").reason.find("SIGKILL") != std::string::npos);
    }

    /// Also those that ignore TERM, have left the session and lost their parent.
    void cancelEndsChildrenOfChildren()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say({run.open(), step("a", "test.children", {{"milliseconds", "20000"}}), step("b", "test.emit")});
        QVERIFY(desktop.readUntil([&] { return gathered.processes().size() == 2; }));
        desktop.say(Cancel{{}, "enough seen"});
        QCOMPARE(desktop.toTheEnd(), 0);
        QCOMPARE(gathered.finished("a").status, StepStatus::Abandoned);
        QCOMPARE(gathered.finished("a").reason, std::string("cancelled: enough seen"));
        QCOMPARE(gathered.finished("b").reason, std::string("cancelled: enough seen"));
        QCOMPARE(gathered.all<StepStarted>().size(), std::size_t(1));
        QVERIFY((gathered.goodbye() == Goodbye{Outcome::Cancelled, "enough seen"}));
        QVERIFY(allDead(gathered.processes()));
    }

    void aStepLeavesNobodyBehind()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say({run.open(), step("a", "test.children"), NoMoreSteps{}});
        QCOMPARE(desktop.toTheEnd(), 0);
        QCOMPARE(gathered.finished("a").status, StepStatus::Completed);
        QCOMPARE(gathered.processes().size(), std::size_t(2));
        QVERIFY(allDead(gathered.processes()));
    }

    void oneStepIsCancelled()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say({run.open(), step("a", "test.sleep", {{"milliseconds", "20000"}}), step("b", "test.emit"),
                     step("c", "test.emit"), Cancel{"b", "not wanted"}, Cancel{"nobody", ""}, NoMoreSteps{}});
        QVERIFY(desktop.readUntil([&] { return !gathered.processes().empty(); }));
        desktop.say(Cancel{"a", "too slow"});
        QCOMPARE(desktop.toTheEnd(), 0);
        QCOMPARE(gathered.finished("a").reason, std::string("cancelled: too slow"));
        QCOMPARE(gathered.finished("a").status, StepStatus::Abandoned);
        QCOMPARE(gathered.finished("b").reason, std::string("cancelled: not wanted"));
        QCOMPARE(gathered.finished("c").status, StepStatus::Completed);
        QCOMPARE(gathered.goodbye().outcome, Outcome::Finished);
    }

    /// A step that serves others lets the queue go on, and has done its work when it is cancelled.
    void aServerDoesNotBlock()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say({run.open(60, 10), step("server", "test.serve", {{"concurrent", "yes"}}), step("client", "test.emit"), NoMoreSteps{}});
        QVERIFY(desktop.readUntil([&] { return gathered.all<StepFinished>().size() == 1; }));
        QCOMPARE(gathered.finished("client").status, StepStatus::Completed);
        desktop.say(Cancel{"server", "the others are done"});
        QCOMPARE(desktop.toTheEnd(), 0);
        QCOMPARE(gathered.finished("server").status, StepStatus::Completed);
    }

    void theLeaseExpires()
    {
        EngineRun run;
        Gathered gathered;
        {
            Attached desktop(run.folder(), gathered);
            desktop.say({run.open(0.7), step("a", "test.sleep", {{"milliseconds", "20000"}}), step("b", "test.emit")});
            QVERIFY(desktop.readUntil([&] { return !gathered.processes().empty(); }));
            desktop.leave();
        }
        QVERIFY(allDead({run.supervisor()}, 5));
        QVERIFY(allDead(gathered.processes()));
        Attached desktop(run.folder(), gathered);
        desktop.say(run.open());
        QCOMPARE(desktop.toTheEnd(), 0);
        QCOMPARE(gathered.goodbye().outcome, Outcome::LeaseExpired);
        QVERIFY(gathered.goodbye().reason.find("0.7 s") != std::string::npos);
        QVERIFY(gathered.finished("a").reason.starts_with("lease expired"));
        QCOMPARE(gathered.finished("b").status, StepStatus::Abandoned);
        QVERIFY(!gathered.hasGap());
    }

    void renewingKeepsTheLease()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say({run.open(0.5), step("a", "test.sleep", {{"milliseconds", "1500"}}), NoMoreSteps{}});
        for (int renewal = 0; renewal < 7; ++renewal) {
            QTest::qWait(200);
            desktop.say(Renew{});
        }
        QCOMPARE(desktop.toTheEnd(), 0);
        QCOMPARE(gathered.finished("a").status, StepStatus::Completed);
        QCOMPARE(gathered.goodbye().outcome, Outcome::Finished);
    }

    void clocksAreCompared()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say(run.open());
        const double now = double(QDateTime::currentMSecsSinceEpoch()) / 1000;
        desktop.say(Renew{now + 100, -100.5}); // a desktop whose clock is 100 s ahead of the node's
        desktop.say(NoMoreSteps{});
        QCOMPARE(desktop.toTheEnd(), 0);
        std::vector<Measurement> offsets;
        for (const auto &[sequence, record] : gathered.records) {
            if (const auto *measurement = std::get_if<Measurement>(&record.body); measurement && measurement->check == "clock")
                offsets.push_back(*measurement);
        }
        QCOMPARE(offsets.size(), std::size_t(1));
        QVERIFY(offsets.front().spread.minimum <= -100 && offsets.front().spread.maximum >= -100);
        QCOMPARE(offsets.front().unit, Unit::Seconds);
    }

    void termToTheSupervisorCancels()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say({run.open(), step("a", "test.sleep", {{"milliseconds", "20000"}})});
        QVERIFY(desktop.readUntil([&] { return !gathered.processes().empty(); }));
        ::kill(run.supervisor(), SIGHUP); // means nothing to it
        ::kill(run.supervisor(), SIGTERM);
        QCOMPARE(desktop.toTheEnd(), 0);
        QCOMPARE(gathered.goodbye().outcome, Outcome::Cancelled);
        QVERIFY(allDead(gathered.processes()));
    }

    void badControlLinesAreSaid()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say(run.open());
        for (int line = 0; line < 150; ++line)
            desktop.process().write("{\"type\":\"dance\"}\n" + QByteArray(70'000, 'x') + "\n");
        desktop.say(NoMoreSteps{});
        QCOMPARE(desktop.toTheEnd(), 0);
        QCOMPARE(gathered.events("control.malformed").size(), std::size_t(100)); // and no more
    }

    void workFoldersGoWithTheirSteps()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say({run.open(), step("a", "test.work")});
        QVERIFY(desktop.readUntil([&] { return !gathered.all<StepFinished>().empty(); }));
        QCOMPARE(gathered.finished("a").status, StepStatus::Completed);
        QVERIFY(!QFileInfo::exists(QString::fromStdString(gathered.events("test.path").front().text)));
        desktop.say(NoMoreSteps{});
        QCOMPARE(desktop.toTheEnd(), 0);
    }
};

QTEST_GUILESS_MAIN(TestEndings)
#include "test_endings.moc"
