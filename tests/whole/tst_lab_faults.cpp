// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/whole/fault_plan.h"

#include <QMap>
#include <QTest>

using namespace seatrial::tests;

/// Eight nodes, each ill in its own way, in one run: each gets the verdict and the sentence that its fault deserves.
class TestLabFaults : public QObject
{
    Q_OBJECT

    Lab m_lab;
    QByteArray m_said;
    QMap<QString, QString> m_refused; ///< faults that this machine has no control group for, and why

    QString exec(const QString &node, const QString &command)
    {
        return m_lab.call({"exec", node, "--dir", m_lab.path("lab"), "--", "/bin/sh", "-c", command});
    }
    QString store() const { return m_lab.path("s.db"); }

    /// The lab with all faults, or without those that need a control group which cannot be made here.
    QString up(QStringList faults)
    {
        QString failed = m_lab.up(8, 2, faults);
        for (const QString kind : {"slow-cpu", "hangs"}) {
            if (!failed.contains(kind + ": this machine lets nobody make a control group"))
                continue;
            m_refused[kind] = failed;
            faults.removeIf([&](const QString &fault) { return fault.startsWith(kind + ':'); });
            m_lab.down();
            failed = m_lab.up(8, 2, faults);
        }
        return failed;
    }

    void expect(const char *node, const char *verdict, const QStringList &words) { expectVerdict(store(), node, verdict, words, m_said); }

private slots:
    void initTestCase()
    {
        if (const QString missing = Lab::missing(); !missing.isEmpty())
            QSKIP(qPrintable(missing));
        const QString failed = up({"slow-cpu:n01", "small-disk:n02", "noexec:n03", "noisy-shell:n04", "drops-logins:n05", "reboots:n06",
                                   "hangs:n07", "foreign-cpu:n08"});
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const QString plan = written(m_lab.path("plan.yaml"), kFaultPlan);
        const Ended run = runProgram("seatrialctl", {"run", "--inventory", m_lab.inventory(), "--plan", plan, "--store", store()}, 240);
        m_said = run.output + run.errors;
        qInfo("the run took %.0f s", run.seconds);
        QVERIFY2(run.exitCode == 3, m_said);
    }

    void aCpuQuotaIsNamedWithItsFigure()
    {
        if (m_refused.contains("slow-cpu"))
            QSKIP(qPrintable(m_refused["slow-cpu"]));
        expect("n01", "failed", {"cpu_quota", "25 % of cpus"});
    }

    void aSmallDiskIsRefusedWithFigures() { expect("n02", "unknown", {"/var/tmp: 4 MB free", "/dev/shm: 4 MB free", "MB needed"}); }

    void theOneFolderWithProgramsIsTaken()
    {
        expect("n03", "qualified", {});
        QVERIFY2(m_said.contains("in /dev/shm/seatrial-0"), m_said);
    }

    void aNoisyShellIsNoObstacle() { expect("n04", "qualified", {}); }

    void droppedLoginsAreTriedAgain()
    {
        expect("n05", "qualified", {});
        // Without this the fault would not have been there.
        QFile log(m_lab.path("lab/n05/log"));
        QVERIFY(log.open(QIODevice::ReadOnly));
        QVERIFY(log.readAll().count("past MaxStartups") >= 2);
    }

    void aRebootIsARebootAndNoFailedTest()
    {
        expect("n06", "failed", {"n06 rebooted during the run", "while cpu was in work", "boot id"});
        // What was left of the plan is done all the same, and every record is there once.
        const Verdicts verdicts(store());
        QVERIFY2(!verdicts.sentences("n06").contains("no result"), qPrintable(verdicts.sentences("n06")));
        const QByteArray stored = runProgram("seatrialctl", {"stream", "--store", store(), "--node", "n06"}, 30).output;
        QCOMPARE(QString::fromUtf8(stored), exec("n06", "cat /var/tmp/seatrial-0/runs/*/journal.jsonl"));
        QCOMPARE(stored.count("\"type\":\"hello\""), 1);
    }

    void aHangingWorkerIsLeftBehindAndNamed()
    {
        if (m_refused.contains("hangs"))
            QSKIP(qPrintable(m_refused["hangs"]));
        const QByteArray stored = runProgram("seatrialctl", {"stream", "--store", store(), "--node", "n07"}, 30).output;
        if (m_lab.said().contains("only version 2 of control groups")) {
            // It dies of SIGKILL: the step ran into its deadline, was measured again, and the second time nothing stood still.
            expect("n07", "qualified", {});
            QVERIFY2(stored.contains("\"status\":\"timeout\""), stored);
        } else {
            expect("n07", "unknown", {"did not die of SIGKILL", "state D", "left behind"});
        }
        QVERIFY2(stored.contains("\"step\":\"after"), stored); // the supervisor went on
        QCOMPARE(QString::fromUtf8(stored), exec("n07", "cat /var/tmp/seatrial-0/runs/*/journal.jsonl"));
    }

    void whatHangsIsNotCleanedAway()
    {
        if (m_refused.contains("hangs"))
            QSKIP(qPrintable(m_refused["hangs"]));
        const QStringList clean{"clean", "--inventory", m_lab.inventory(), "--nodes", "n07"};
        if (Verdicts(store()).sentences("n07").contains("did not die of SIGKILL")) {
            const Ended refused = runProgram("seatrialctl", clean, 60);
            QVERIFY2(refused.exitCode != 0, refused.output);
            QVERIFY2((refused.output + refused.errors).contains("does not die of SIGKILL"), refused.output + refused.errors);
        }
        m_lab.call({"heal", "hangs:n07", "--dir", m_lab.path("lab")});
        const Ended cleaned = runProgram("seatrialctl", clean, 60);
        QVERIFY2(cleaned.exitCode == 0, cleaned.output + cleaned.errors);
        const QString left = exec("n07", "pgrep -af '[s]eatrial-engine'; ls -d /var/tmp/seatrial-* 2>/dev/null");
        QVERIFY2(left.trimmed().isEmpty(), qPrintable(left));
    }

    void anotherArchitectureIsRefused() { expect("n08", "unknown", {"the node is aarch64, the engine is built for"}); }
};

QTEST_GUILESS_MAIN(TestLabFaults)
#include "tst_lab_faults.moc"
