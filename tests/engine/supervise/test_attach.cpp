// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/engine/supervise/engine_run.h"

#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QTest>

#include <algorithm>
#include <csignal>
#include <random>

using namespace seatrial::protocol;
using namespace seatrial::tests;

/// Attaching, leaving and coming back.
class TestAttach : public QObject
{
    Q_OBJECT

private slots:
    void aRunFromHelloToGoodbye()
    {
        EngineRun run;
        Gathered gathered;
        QElapsedTimer timer;
        timer.start();
        Attached desktop(run.folder(), gathered);
        desktop.say(run.open());
        QVERIFY(desktop.readUntil([&] { return !gathered.records.empty(); }));
        qInfo("hello after %lld ms", timer.elapsed());
        desktop.say({step("a", "test.emit", {{"count", "3"}}), step("b", "test.waive"), step("c", "test.none"), NoMoreSteps{}});
        QCOMPARE(desktop.toTheEnd(), 0);

        QVERIFY(!gathered.hasGap() && gathered.doubles == 0 && gathered.malformed == 0);
        const auto hello = gathered.all<Hello>();
        QCOMPARE(hello.size(), std::size_t(1));
        QCOMPARE(hello.front().run, std::string("test run"));
        QVERIFY(!hello.front().simulated && !hello.front().hostname.empty() && hello.front().libc.starts_with("glibc 2."));
        QCOMPARE(gathered.finished("a").status, StepStatus::Completed);
        const auto measurements = gathered.all<Measurement>();
        QCOMPARE(measurements.size(), std::size_t(3));
        QCOMPARE(measurements.front().step, std::string("a")); // whatever the worker said
        QCOMPARE(measurements.front().check, std::string("test.emit"));
        QCOMPARE(gathered.finished("b").waiver, Waiver::NotPresent);
        QCOMPARE(gathered.finished("c").status, StepStatus::Error);
        QVERIFY(gathered.finished("c").reason.find("test.none") != std::string::npos);
        QVERIFY((gathered.goodbye() == Goodbye{Outcome::Finished, ""}));
        QVERIFY(gathered.records.begin()->second.stamp.bootId.size() == 36);

        QCOMPARE(QFileInfo(run.folder()).permissions() & QFile::Permissions(0x00FF), QFile::Permissions()); // 0700
        QVERIFY(!QFileInfo::exists(run.folder() + "/work"));
        QVERIFY(allDead({run.supervisor()}));

        // Attaching to what has ended reads it once more.
        Gathered again;
        Attached later(run.folder(), again);
        later.say(run.open());
        QCOMPARE(later.toTheEnd(), 0);
        QVERIFY(again.records == gathered.records);
    }

    /// A wait on the way there (a sleep, a disk that is waited for) would be in every start; a busy machine is not.
    void helloComesAtOnce()
    {
        qint64 fastest = 60'000;
        for (int start = 0; start < 10 && fastest > 50; ++start) {
            EngineRun run;
            Gathered gathered;
            QElapsedTimer timer;
            timer.start();
            Attached desktop(run.folder(), gathered);
            desktop.say(run.open());
            QVERIFY(desktop.readUntil([&] { return !gathered.records.empty(); }));
            fastest = std::min(fastest, timer.elapsed());
            desktop.say(NoMoreSteps{});
            QCOMPARE(desktop.toTheEnd(), 0);
        }
        QVERIFY2(fastest <= 50, qPrintable(QString("the fastest of ten starts took %1 ms to its hello").arg(fastest)));
    }

    /// The cut can come anywhere, in the middle of a line too: every record is there once. SEATRIAL_CUTS sets how often.
    void cutAtAnyByte()
    {
        const int cuts = qEnvironmentVariableIsSet("SEATRIAL_CUTS") ? qEnvironmentVariableIntValue("SEATRIAL_CUTS") : 10;
        const int count = 70 * cuts; // enough to be still at it when the last cut comes
        EngineRun run;
        Gathered gathered;
        const std::vector<Control> orders = {run.open(), step("a", "test.emit", {{"count", std::to_string(count)}, {"milliseconds", "2"}}),
                                             step("b", "test.emit", {{"count", "50"}})};
        const unsigned seed = std::random_device{}();
        qInfo("seed %u", seed);
        std::mt19937 random(seed);
        for (int cut = 0; cut < cuts; ++cut) {
            Attached desktop(run.folder(), gathered);
            desktop.say(orders); // again each time: what is known already is not done twice
            QVERIFY(desktop.cutAfter(1 + random() % 6000));
        }
        Attached desktop(run.folder(), gathered);
        desktop.say(orders);
        desktop.say(NoMoreSteps{});
        QCOMPARE(desktop.toTheEnd(20 + cuts), 0);
        QVERIFY(!gathered.hasGap());
        QCOMPARE(gathered.doubles, 0);
        QCOMPARE(gathered.malformed, 0);
        QCOMPARE(gathered.all<Measurement>().size(), std::size_t(count + 50));
        QCOMPARE(gathered.all<StepStarted>().size(), std::size_t(2));
        QCOMPARE(gathered.goodbye().outcome, Outcome::Finished);
    }

    void leavingStartsTheLeaseAndComingBackEndsIt()
    {
        EngineRun run;
        Gathered gathered;
        {
            Attached desktop(run.folder(), gathered);
            desktop.say({run.open(), step("a", "test.sleep", {{"milliseconds", "1000"}})});
            QVERIFY(desktop.readUntil([&] { return !gathered.all<StepStarted>().empty(); }));
            desktop.leave();
            QCOMPARE(desktop.process().exitCode(), 4);
        }
        QTest::qWait(200);
        Attached desktop(run.folder(), gathered);
        desktop.say({run.open(), NoMoreSteps{}});
        QCOMPARE(desktop.toTheEnd(), 0);
        QCOMPARE(gathered.events("lease.started").size(), std::size_t(1));
        QCOMPARE(gathered.events("lease.ended").size(), std::size_t(1));
        QCOMPARE(gathered.finished("a").status, StepStatus::Completed);
        QVERIFY(!gathered.hasGap());
    }

    void severalWatchAndOneStarts()
    {
        EngineRun run;
        constexpr int kDesktops = 6;
        std::vector<Gathered> gathered(kDesktops);
        std::vector<std::unique_ptr<Attached>> desktops;
        for (Gathered &each : gathered)
            desktops.push_back(std::make_unique<Attached>(run.folder(), each));
        for (auto &desktop : desktops)
            desktop->say({run.open(), step("a", "test.emit", {{"count", "100"}})});
        desktops.back()->say(NoMoreSteps{});
        for (auto &desktop : desktops)
            QCOMPARE(desktop->toTheEnd(), 0);
        for (const Gathered &each : gathered) {
            QVERIFY(each.records == gathered.front().records);
            QCOMPARE(each.all<StepStarted>().size(), std::size_t(1));
            QVERIFY(each.events("supervisor.restarted").empty());
        }
    }

    void heartbeatsFillTheSilence()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say(run.open());
        QVERIFY(desktop.readUntil([&] { return gathered.all<Heartbeat>().size() == 1; }, 7));
    }

    void refusals_data()
    {
        QTest::addColumn<QByteArray>("first");
        QTest::addColumn<QByteArray>("sentence");
        QTest::newRow("words") << QByteArray("good morning\n") << QByteArray("cannot be read");
        QTest::newRow("another control") << QByteArray("{\"type\":\"renew\"}\n") << QByteArray("must be \"open\"");
        QTest::newRow("newer") << QByteArray("{\"type\":\"open\",\"protocol\":9}\n") << QByteArray("protocol 9, this engine 1");
        QTest::newRow("nothing") << QByteArray() << QByteArray("no whole control line");
    }

    void refusals()
    {
        QFETCH(QByteArray, first);
        QFETCH(QByteArray, sentence);
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.process().write(first);
        desktop.process().closeWriteChannel();
        QCOMPARE(desktop.toTheEnd(), 2);
        const std::string errors = desktop.errors();
        QVERIFY2(errors.find(sentence.toStdString()) != std::string::npos, errors.c_str());
        QVERIFY(!QFileInfo::exists(run.folder()));
    }

    void anotherRunIsNotMixedIn()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say(run.open());
        QVERIFY(desktop.readUntil([&] { return !gathered.records.empty(); }));
        Gathered other;
        Attached stranger(run.folder(), other);
        Open open = run.open();
        open.run = "another run";
        stranger.say(open);
        QCOMPARE(stranger.toTheEnd(), 2);
        QVERIFY(stranger.errors().find("another run") != std::string::npos);
    }

    void aFolderThatCannotBe()
    {
        EngineRun run;
        QFile file(run.base() + "/runs");
        QVERIFY(file.open(QIODevice::WriteOnly));
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say(run.open());
        QCOMPARE(desktop.toTheEnd(), 5);
        const std::string errors = desktop.errors();
        QVERIFY2(errors.find(run.base().toStdString()) != std::string::npos, errors.c_str());
    }

    /// Socket addresses hold 108 bytes; folders of nodes may be longer.
    void longPaths()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(QString(180, 'd') + "/" + QString(100, 'e')), gathered);
        desktop.say({run.open(), NoMoreSteps{}});
        QCOMPARE(desktop.toTheEnd(), 0);
    }
};

QTEST_GUILESS_MAIN(TestAttach)
#include "test_attach.moc"
