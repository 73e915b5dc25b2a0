// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/whole/fault_plan.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QRegularExpression>
#include <QTest>
#include <csignal>

using namespace seatrial::tests;

namespace {

constexpr int kNodes = 8;
constexpr int kStageDeadline = 5;

/// One step of groups that is in work long enough to be disturbed. It is not exclusive: the lab's nodes share a machine, and what
/// a lost node may still load there stays taken until its deadline.
QString groupPlan(int groupSize, int seconds)
{
    return QString(R"(version: 1
name: groups
title: Groups
description: One operation, long enough to be disturbed
steps:
  - id: groups
    check: host.collective
    title: Groups
    scope: group
    group_size: %1
    deadline: 150
    expected: %2
    parameters: { operations: all_reduce, bytes: "65536", seconds: %2, stage_deadline: %3 }
)").arg(groupSize).arg(seconds).arg(kStageDeadline);
}

/// `seatrialctl run` in work, and what it has said.
class RunInWork
{
public:
    RunInWork(const Lab &lab, const QString &plan, const QString &store)
    {
        m_run.setProcessChannelMode(QProcess::MergedChannels);
        m_run.start(programPath("seatrialctl"), {"run", "--inventory", lab.inventory(), "--plan", plan, "--store", store});
    }
    ~RunInWork()
    {
        m_run.kill();
        m_run.waitForFinished();
    }

    bool says(const QRegularExpression &pattern, int seconds)
    {
        QElapsedTimer clock;
        clock.start();
        while (!m_said.contains(pattern) && clock.elapsed() < seconds * 1000 && m_run.state() != QProcess::NotRunning)
            hear(200);
        hear(0);
        return m_said.contains(pattern);
    }
    bool ends(int seconds)
    {
        QElapsedTimer clock;
        clock.start();
        while (m_run.state() != QProcess::NotRunning && clock.elapsed() < seconds * 1000)
            hear(500);
        hear(0);
        return m_run.state() == QProcess::NotRunning;
    }
    void interrupt() const { ::kill(static_cast<pid_t>(m_run.processId()), SIGINT); }
    const QString &said() const { return m_said; }
    void hear(int milliseconds)
    {
        if (milliseconds > 0)
            m_run.waitForReadyRead(milliseconds);
        m_said += QString::fromUtf8(m_run.readAll());
    }

private:
    QProcess m_run;
    QString m_said;
};

} // namespace

/// Real nodes behind sshd measure in groups, and one of them does not get on. It is named by host, rank and stage; the
/// others, which waited for it, get their results.
class TestHungRank : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        if (const QString missing = Lab::missing(); !missing.isEmpty())
            QSKIP(qPrintable(missing));
        const QString failed = m_lab.up(kNodes, 2);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
    }

    /// Its process is stopped once: measured again it comes to the end.
    void aStoppedRankIsNamedAndMeasuredAgain()
    {
        const QString store = m_lab.path("once.db");
        RunInWork run(m_lab, written(m_lab.path("eight.yaml"), groupPlan(kNodes, 6)), store);
        QVERIFY2(waitForRank(run, "n05", 120), qPrintable(run.said()));
        QElapsedTimer clock;
        clock.start();
        on("n05", "pkill -STOP -f '[s]eatrial-collective'");
        QVERIFY2(run.says(QRegularExpression("n05, rank 4, hung in all_reduce of 64 KiB.*; the other 7 waited for it"), 60), qPrintable(run.said()));
        qInfo("named after %.1f s", clock.elapsed() / 1000.0);
        QVERIFY2(run.ends(120), qPrintable(run.said()));
        qInfo("%s", qPrintable(run.said()));
        expectVerdict(store, "n05", "marginal", {"n05, rank 4, hung in all_reduce of 64 KiB", "the other 7 waited for it", "it came to the end"}, run.said().toUtf8());
        for (int node = 1; node <= kNodes; ++node) {
            if (node != 5)
                expectVerdict(store, nameOf(node).constData(), "qualified", {}, run.said().toUtf8());
        }
    }

    /// Whatever it begins stands still: named in its group and again in a pair, it fails. The other group knows nothing of it.
    void aRankThatHangsAgainFails()
    {
        const QString store = m_lab.path("again.db");
        on("n02", "rm -f /tmp/enough; ( while [ ! -e /tmp/enough ]; do pkill -STOP -f '[s]eatrial-collective'; sleep 0.3; done ) >/dev/null 2>&1 </dev/null &");
        RunInWork run(m_lab, written(m_lab.path("four.yaml"), groupPlan(4, 3)), store);
        const bool ended = run.ends(200);
        on("n02", "touch /tmp/enough");
        QVERIFY2(ended, qPrintable(run.said()));
        qInfo("%s", qPrintable(run.said()));
        expectVerdict(store, "n02", "failed", {"n02, rank 1, hung in", "others waited for it twice"}, run.said().toUtf8());
        for (int node = 1; node <= kNodes; ++node) {
            if (node != 2)
                expectVerdict(store, nameOf(node).constData(), "qualified", {}, run.said().toUtf8());
        }
    }

    /// Power off: nobody says anything any more there, and the others tell.
    void aNodeWithoutPowerIsNamedByTheOthers()
    {
        const QString store = m_lab.path("dark.db");
        RunInWork run(m_lab, written(m_lab.path("four.yaml"), groupPlan(4, 15)), store);
        QVERIFY2(waitForRank(run, "n07", 120), qPrintable(run.said()));
        m_lab.call({"kill", "n07", "--dir", m_lab.path("lab")});
        QVERIFY2(run.says(QRegularExpression("n07, rank 2, .* in .*; the other 3 waited for it|n07, rank 2, broke off"), 90), qPrintable(run.said()));
        QVERIFY2(waitForResult(store, "n08", 90), qPrintable(run.said()));
        run.interrupt(); // the run would wait three minutes for it
        QVERIFY2(run.ends(60), qPrintable(run.said()));
        qInfo("%s", qPrintable(run.said()));
        QCOMPARE(Verdicts(store).of("n07"), "unknown");
        for (const char *node : {"n01", "n02", "n03", "n04", "n05", "n06", "n08"})
            expectVerdict(store, node, "qualified", {}, run.said().toUtf8());
    }

private:
    static QByteArray nameOf(int node) { return "n0" + QByteArray::number(node); }
    QString on(const QString &node, const QString &command) { return m_lab.call({"exec", node, "--dir", m_lab.path("lab"), "--", "/bin/sh", "-c", command}); }

    /// Until a rank is in work on @p node, and a moment more.
    bool waitForRank(RunInWork &run, const QString &node, int seconds)
    {
        QElapsedTimer clock;
        clock.start();
        while (clock.elapsed() < seconds * 1000) {
            if (!on(node, "pgrep -f '[s]eatrial-collective'").trimmed().isEmpty()) {
                QTest::qWait(1500);
                return true;
            }
            run.hear(200);
        }
        return false;
    }
    /// Until @p node has completed a step.
    static bool waitForResult(const QString &store, const QString &node, int seconds)
    {
        QElapsedTimer clock;
        clock.start();
        while (clock.elapsed() < seconds * 1000) {
            const QByteArray stream = runProgram("seatrialctl", {"stream", "--store", store, "--node", node}, 30).output;
            if (stream.contains("\"status\":\"completed\""))
                return true;
            QTest::qWait(1000);
        }
        return false;
    }

    Lab m_lab;
};

QTEST_GUILESS_MAIN(TestHungRank)
#include "tst_hung_rank.moc"
