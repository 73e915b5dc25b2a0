// SPDX-License-Identifier: GPL-3.0-or-later
// kill -USR2 of a seatrialctl that measures a node over a real sshd.
#include "tests/cli/own_folder.h"
#include "tests/support/lab.h"
#include "tests/support/test_sshd.h"

#include <QDeadlineTimer>
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTest>

#include <csignal>
#include <functional>

using namespace seatrial::tests;

namespace {

// Exclusive steps are given to the node one by one, so that there is something that does not begin.
constexpr const char *kPlan = R"(version: 1
name: four
title: Four
steps:
  - { id: a, check: test.emit, title: A, exclusive: true, retests: 0, deadline: 30, expected: 1, parameters: { count: "2", milliseconds: "500" } }
  - { id: b, check: test.emit, title: B, exclusive: true, retests: 0, deadline: 30, expected: 1, parameters: { count: "2", milliseconds: "500" } }
  - { id: c, check: test.emit, title: C, exclusive: true, retests: 0, deadline: 30, expected: 1, parameters: { count: "2", milliseconds: "500" } }
  - { id: d, check: test.emit, title: D, exclusive: true, retests: 0, deadline: 30, expected: 1, parameters: { count: "2", milliseconds: "500" } }
)";

/// A run with --json, as it goes on.
class Watched
{
public:
    QProcess process;
    QByteArray all;
    QJsonObject progress; ///< the newest
    QJsonObject last;     ///< line of any type

    /// Reads until @p enough, at most @p seconds.
    bool reads(int seconds, const std::function<bool()> &enough)
    {
        for (QDeadlineTimer until(seconds * 1000); !until.hasExpired();) {
            const bool over = process.state() == QProcess::NotRunning;
            if (!over)
                process.waitForReadyRead(100);
            take();
            if (enough())
                return true;
            if (over)
                return false;
        }
        return false;
    }
    bool signal(int number) const { return ::kill(static_cast<pid_t>(process.processId()), number) == 0; }

private:
    void take()
    {
        all += process.readAllStandardOutput();
        for (qsizetype end; (end = all.indexOf('\n', m_seen)) >= 0; m_seen = end + 1) {
            last = QJsonDocument::fromJson(all.mid(m_seen, end - m_seen)).object();
            if (last["type"] == "progress")
                progress = last;
        }
    }
    qsizetype m_seen = 0;
};

} // namespace

class TestCliPause : public QObject, OwnFolder
{
    Q_OBJECT

private slots:
    void aRunIsPausedAndGoesOn()
    {
        if (!TestSshd::canHaveOwnFolders())
            QSKIP("needs root: the engine is put into folders of its own");
        QVERIFY(QDir(path()).mkdir("bin"));
        QVERIFY(QFile::copy(programPath("seatrialctl"), path("bin/seatrialctl"))); // takes the engine that lies beside it
        QVERIFY(QFile::copy(TEST_ENGINE, path("bin/seatrial-engine")));
        QVERIFY(QDir(path()).mkdir("share") && QFile::link(QString(SEATRIAL_BINARY_DIR) + "/share/seatrial", path("share/seatrial")));
        const TestSshd sshd({.ownFolders = true});
        write("one.yaml", QString("version: 1\nname: hall\nnodes:\n  - name: n01\n    address: 127.0.0.1\n    ssh: { port: %1, identity: '%2', known_hosts: '%3' }\n")
                              .arg(sshd.port()).arg(QString::fromStdString(sshd.identity().string()), QString::fromStdString(sshd.knownHosts().string())).toUtf8());
        write("four.yaml", kPlan);
        write("limits.yaml", "version: 1\nname: test\nrevision: \"1\"\ncriteria:\n  - { check: host.memory, metric: triad, kind: absolute, direction: at least, failed: 1, unit: GB/s, "
                             "source: a limit that this test chose, advice: none }\n");
        Watched run;
        run.process.start(path("bin/seatrialctl"), {"run", "--inventory", path("one.yaml"), "--plan", path("four.yaml"), "--criteria", path("limits.yaml"), "--store", path("s.db"), "--json"});
        const auto working = [&] { return run.progress["steps_done"].toInt() == 1; };
        QVERIFY2(run.reads(20, working), (run.all + run.process.readAllStandardError()).constData());
        QVERIFY(run.signal(SIGUSR2));
        QVERIFY2(run.reads(5, [&] { return run.progress["paused"].toBool(); }), run.all.constData());
        run.reads(4, [] { return false; }); // time for all of them; what is in work ends
        QVERIFY2(run.progress["paused"].toBool(), run.all.constData());
        QCOMPARE(run.process.state(), QProcess::Running);

        QVERIFY(run.signal(SIGUSR2));
        QVERIFY2(run.reads(5, [&] { return !run.progress["paused"].toBool(); }), run.all.constData());
        QVERIFY2(run.progress["steps_done"].toInt() < 4, run.all.constData()); // something was held back
        QVERIFY2(run.reads(20, [&] { return run.last["type"] == "summary"; }), run.all.constData());
        QVERIFY(run.process.waitForFinished(10'000) || run.process.state() == QProcess::NotRunning);
        QCOMPARE(run.last["state"].toString(), "finished");
        QCOMPARE(run.last["not_reached_or_run"].toInt(), 0);
        const Ended results = runProgram("seatrialctl", {"results", "--store", path("s.db"), "--format", "csv"}, 30);
        for (const char *step : {"n01,a,", "n01,b,", "n01,c,", "n01,d,"}) // those before the pause, and after it
            QVERIFY2(results.output.count(step) == 2, results.output.constData());
        QCOMPARE(run.process.exitCode(), run.last["exit"].toInt());
    }
};

QTEST_GUILESS_MAIN(TestCliPause)
#include "tst_cli_pause.moc"
