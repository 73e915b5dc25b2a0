// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/engine/supervise/engine_run.h"

#include <QFile>
#include <QTest>

#include <csignal>

using namespace seatrial::protocol;
using namespace seatrial::tests;

namespace {

QStringList attachedTo(const EngineRun &run, const Gathered &gathered, const QStringList &more)
{
    return QStringList{"attach", "--dir", run.folder(), "--from", QString::number(gathered.next())} + more;
}

const QStringList kBecause{"--attached", "logind ends what a login leaves behind"};
const QStringList kIfDied{"--attached-if-died"};

} // namespace

/// Supervisors on sites that end detached processes with their login.
class TestAttached : public QObject
{
    Q_OBJECT

    /// Takes up the run of @p gathered and has its steps done.
    static int finish(const EngineRun &run, Gathered &gathered, const QStringList &how, const std::vector<std::string> &steps)
    {
        Attached desktop(run.folder(), gathered, attachedTo(run, gathered, how));
        desktop.say(run.open());
        for (const auto &name : steps)
            desktop.say(step(name, "test.emit"));
        desktop.say(NoMoreSteps{});
        return desktop.toTheEnd();
    }

private slots:
    void theEndOfInputLetsGo()
    {
        EngineRun run;
        Gathered gathered;
        int supervisor = 0;
        {
            Attached desktop(run.folder(), gathered, attachedTo(run, gathered, kBecause));
            desktop.say({run.open(), step("a", "test.children", {{"milliseconds", "20000"}}), step("b", "test.emit")});
            QVERIFY(desktop.readUntil([&] { return gathered.processes().size() == 2; }));
            supervisor = run.supervisor();
            QCOMPARE(gathered.events("supervisor.attached").size(), std::size_t(1));
            QVERIFY(gathered.events("supervisor.attached").front().text.find("logind ends what a login leaves behind") != std::string::npos);
            desktop.process().closeWriteChannel();
            QCOMPARE(desktop.toTheEnd(), 4);
            QVERIFY2(!isAlive(supervisor), "it ends before who attached does");
        }
        QVERIFY(allDead(gathered.processes()));
        QCOMPARE(gathered.events("supervisor.let_go").size(), std::size_t(1));
        QCOMPARE(gathered.finished("a").status, StepStatus::Abandoned);
        QCOMPARE(gathered.all<StepFinished>().size(), std::size_t(1)); // b was not begun: it is no loss
        QVERIFY(gathered.all<Goodbye>().empty());

        QCOMPARE(finish(run, gathered, kBecause, {"a", "b", "a again"}), 0);
        QVERIFY(!gathered.hasGap() && gathered.doubles == 0 && gathered.malformed == 0);
        QCOMPARE(gathered.events("supervisor.restarted").front().parameters.at("reason"), std::string("its login had ended"));
        QCOMPARE(gathered.finished("b").status, StepStatus::Completed);
        QCOMPARE(gathered.finished("a again").status, StepStatus::Completed);
        QCOMPARE(gathered.goodbye().outcome, Outcome::Finished);
    }

    void whoAttachedIsKilled()
    {
        EngineRun run;
        Gathered gathered;
        {
            Attached desktop(run.folder(), gathered, attachedTo(run, gathered, kBecause));
            desktop.say({run.open(), step("a", "test.children", {{"milliseconds", "20000"}})});
            QVERIFY(desktop.readUntil([&] { return gathered.processes().size() == 2; }));
        } // SIGKILL
        QVERIFY(allDead(gathered.processes()));
        QVERIFY(allDead({run.supervisor()}));
        QCOMPARE(finish(run, gathered, kBecause, {"b"}), 0);
        QCOMPARE(gathered.finished("a").status, StepStatus::Abandoned);
        QCOMPARE(gathered.finished("b").status, StepStatus::Completed);
    }

    void cancelStillSaysGoodbye()
    {
        EngineRun run;
        Gathered gathered;
        Attached desktop(run.folder(), gathered, attachedTo(run, gathered, kBecause));
        desktop.say({run.open(), step("a", "test.sleep", {{"milliseconds", "20000"}}), Cancel{{}, "enough"}});
        QCOMPARE(desktop.toTheEnd(), 0);
        QCOMPARE(gathered.goodbye().outcome, Outcome::Cancelled);
        QVERIFY(gathered.events("supervisor.let_go").empty());
    }

    void theSiteEndsTheLogin_data()
    {
        QTest::addColumn<int>("signal"); // what it sends to all processes of the login
        QTest::newRow("TERM") << SIGTERM;
        QTest::newRow("KILL") << SIGKILL;
    }
    void theSiteEndsTheLogin()
    {
        QFETCH(int, signal);
        EngineRun run;
        Gathered gathered;
        {
            Attached desktop(run.folder(), gathered); // nobody knew
            desktop.say({run.open(), step("a", "test.sleep", {{"milliseconds", "20000"}})});
            QVERIFY(desktop.readUntil([&] { return !gathered.processes().empty(); }));
            ::kill(run.supervisor(), signal);
            ::kill(static_cast<pid_t>(desktop.process().processId()), signal);
            desktop.toTheEnd();
        }
        QVERIFY(allDead({run.supervisor()}));
        QCOMPARE(finish(run, gathered, kIfDied, {"b"}), 0);
        QCOMPARE(gathered.events("supervisor.attached").size(), std::size_t(1));
        QCOMPARE(gathered.finished("a").status, StepStatus::Abandoned);
        QCOMPARE(gathered.finished("b").status, StepStatus::Completed);
        QCOMPARE(gathered.goodbye().outcome, Outcome::Finished);
    }

    void onlyADeathInThisBootCounts_data()
    {
        QTest::addColumn<bool>("booted");
        QTest::newRow("it lives") << false;
        QTest::newRow("the node was booted") << true;
    }
    void onlyADeathInThisBootCounts()
    {
        QFETCH(bool, booted);
        EngineRun run;
        Gathered gathered;
        {
            Attached desktop(run.folder(), gathered, attachedTo(run, gathered, kIfDied)); // and there is no journal yet
            desktop.say({run.open(), step("a", "test.emit")});
            QVERIFY(desktop.readUntil([&] { return !gathered.all<StepFinished>().empty(); }));
        }
        QVERIFY(isAlive(run.supervisor()));
        if (booted) {
            ::kill(run.supervisor(), SIGKILL);
            QVERIFY(allDead({run.supervisor()}));
            QFile journal(run.folder() + "/journal.jsonl");
            QVERIFY(journal.open(QIODevice::ReadWrite));
            const QByteArray boot = QByteArray::fromStdString(gathered.records.begin()->second.stamp.bootId);
            const QByteArray changed = journal.readAll().replace(boot, QByteArray(boot).replace(boot[0], boot[0] == '0' ? '1' : '0'));
            journal.seek(0);
            journal.write(changed);
        }
        QCOMPARE(finish(run, gathered, kIfDied, {"b"}), 0);
        QVERIFY(gathered.events("supervisor.attached").empty());
        QCOMPARE(gathered.finished("b").status, StepStatus::Completed);
    }
};

QTEST_GUILESS_MAIN(TestAttached)
#include "test_attached.moc"
