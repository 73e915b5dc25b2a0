// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/engine/measure/file_tree.h"
#include "tests/engine/supervise/engine_run.h"

#include <QTest>

#include <csignal>

using namespace seatrial::protocol;
using namespace seatrial::tests;

/// Two runs on one node: their figures must not disturb each other.
class TestTurns : public QObject
{
    Q_OBJECT

private slots:
    void theSecondRunWaitsForTheFirst()
    {
        EngineRun run;
        Gathered first, second;
        Attached desktop(run.folder("first"), first), other(run.folder("second"), second);
        desktop.say({run.open(), step("a", "test.load", {{"milliseconds", "1500"}}), NoMoreSteps{}});
        QVERIFY(desktop.readUntil([&] { return !first.processes().empty(); }));
        other.say({run.open(), step("b", "test.load"), NoMoreSteps{}});
        QCOMPARE(other.toTheEnd(), 0);
        QCOMPARE(desktop.toTheEnd(), 0);
        QCOMPARE(first.finished("a").status, StepStatus::Completed);
        QVERIFY(first.events("load.waited").empty());
        QCOMPARE(second.finished("b").status, StepStatus::Completed);
        QCOMPARE(second.events("load.waited").size(), std::size_t(1));
        QVERIFY(std::stod(second.events("load.waited").front().parameters.at("seconds")) > 0.2);
    }

    void afterItsPatienceItIsRefusedAndTheOtherNamed_data()
    {
        QTest::addColumn<bool>("allowed");
        QTest::newRow("refused") << false;
        QTest::newRow("a person allowed it") << true;
    }
    void afterItsPatienceItIsRefusedAndTheOtherNamed()
    {
        QFETCH(bool, allowed);
        EngineRun run;
        Gathered first, second;
        Attached desktop(run.folder("r5-first"), first), other(run.folder("second"), second);
        desktop.say({run.open(), step("a", "test.load", {{"milliseconds", "30000"}}, 60)});
        QVERIFY(desktop.readUntil([&] { return !first.processes().empty(); }));
        auto open = run.open();
        open.allowBusy = allowed;
        other.say({open, step("b", "test.load", {}, 3), step("free", "test.emit"), NoMoreSteps{}});
        QCOMPARE(other.toTheEnd(), 0);
        const auto finished = second.finished("b");
        QCOMPARE(finished.status, allowed ? StepStatus::Completed : StepStatus::Waived);
        QCOMPARE(finished.waiver, allowed ? Waiver::None : Waiver::NotPermitted);
        const auto named = "Seatrial run r5-first of the same user measures here (its supervisor is pid "
            + std::to_string(run.supervisor("r5-first")) + ")";
        const auto events = second.events("busy.allowed");
        QCOMPARE(events.size(), std::size_t(allowed ? 1 : 0));
        const auto text = allowed ? events.front().text : finished.reason;
        QVERIFY2(text.find(named) != std::string::npos, text.c_str());
        QVERIFY(finished.seconds < 2.8); // half its deadline, and the look
        QCOMPARE(second.finished("free").status, StepStatus::Completed);
    }

    void aWaitingRunCanBeCancelled()
    {
        EngineRun run;
        Gathered first, second;
        Attached desktop(run.folder("first"), first), other(run.folder("second"), second);
        desktop.say({run.open(), step("a", "test.load", {{"milliseconds", "30000"}}, 60)});
        QVERIFY(desktop.readUntil([&] { return !first.processes().empty(); }));
        other.say({run.open(60, 5), step("b", "test.load", {}, 60)});
        QVERIFY(other.readUntil([&] { return !second.all<StepStarted>().empty(); }));
        QTest::qWait(300);
        other.say(Cancel{{}, "enough"});
        QCOMPARE(other.toTheEnd(), 0);
        QCOMPARE(second.finished("b").status, StepStatus::Abandoned);
        QVERIFY(second.finished("b").seconds < 3);
    }

    void aRunDoesNotBlockItself()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered);
        desktop.say({run.open(), step("serve", "test.load", {{"concurrent", "yes"}, {"milliseconds", "4000"}}),
                     step("a", "test.load"), step("b", "test.load"), NoMoreSteps{}});
        QVERIFY(desktop.readUntil([&] { return gathered.all<StepFinished>().size() == 2; }, 3.5));
        QCOMPARE(gathered.finished("b").status, StepStatus::Completed);
        QCOMPARE(desktop.toTheEnd(), 0);
        QCOMPARE(gathered.finished("serve").status, StepStatus::Completed);
        QVERIFY(gathered.events("load.waited").empty());
    }

    /// Nor keeps it the node between two steps, or by a supervisor that is no more.
    void theNodeIsFreeAsSoonAsNothingIsMeasured()
    {
        EngineRun run;
        Gathered idle, killed, last;
        Attached first(run.folder("idle"), idle), second(run.folder("killed"), killed), third(run.folder("last"), last);
        first.say({run.open(), step("a", "test.load")});
        QVERIFY(first.readUntil([&] { return !idle.all<StepFinished>().empty(); }));
        second.say({run.open(), step("b", "test.load", {{"milliseconds", "30000"}}, 60)});
        QVERIFY(second.readUntil([&] { return !killed.processes().empty(); }));
        QVERIFY(killed.events("load.waited").empty());
        ::kill(run.supervisor("killed"), SIGKILL);
        QVERIFY(allDead(killed.processes()));
        third.say({run.open(), step("c", "test.load"), NoMoreSteps{}});
        QCOMPARE(third.toTheEnd(), 0);
        QCOMPARE(last.finished("c").status, StepStatus::Completed);
        QVERIFY(last.events("load.waited").empty());
    }

    void anotherUsersRunIsNamed()
    {
        const FileTree node;
        node.write("etc/passwd", "alice:x:4321:1::/home/alice:/bin/sh\n");
        node.write("proc/31/stat", "31 (seatrial-load) S 1 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 777 0 0\n");
        node.write("proc/31/status", "Name:\tseatrial-load\nUid:\t4321\t4321\t4321\n");
        node.write("proc/31/cmdline", "seatrial-engine worker --work /var/tmp/seatrial-4321/runs/r5-0a1b/work/1");
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered,
                         {"--plan", "-", "--sysroot", QString::fromStdString(node.root().string())});
        desktop.say({run.open(), step("a", "test.load"), step("free", "test.emit"), NoMoreSteps{}});
        QCOMPARE(desktop.toTheEnd(), 0);
        const auto finished = gathered.finished("a");
        QCOMPARE(finished.waiver, Waiver::NotPermitted);
        const std::string named = "pid 31 (seatrial-load) of Seatrial run r5-0a1b of alice";
        QVERIFY2(finished.reason.find(named) != std::string::npos, finished.reason.c_str());
        QCOMPARE(gathered.finished("free").status, StepStatus::Completed);
    }
};

QTEST_GUILESS_MAIN(TestTurns)
#include "test_turns.moc"
