// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/whole/fault_plan.h"

#include <QProcess>
#include <QTest>

using namespace seatrial::tests;

/// What goes wrong on this side: the disk of the store fills up in mid-run, and two programs work on one store.
class TestLabFaultsDesktop : public QObject
{
    Q_OBJECT

    Lab m_lab;

private slots:
    void initTestCase()
    {
        if (const QString missing = Lab::missing(); !missing.isEmpty())
            QSKIP(qPrintable(missing));
        const QString failed = m_lab.up(3, 1);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
    }

    void aFullDiskOfTheStoreLosesNothing()
    {
        const QString plan = written(m_lab.path("long.yaml"), longPlan(18));
        const QString folder = m_lab.path("small");
        // A mount namespace of its own, so that nothing is left behind whatever happens. The disk is filled when the
        // run is on its way, and gets room again when the program has let go.
        const QString script = QString(R"(
            mkdir -p '%1' && mount -t tmpfs -o size=8m tmpfs '%1' || exit 90
            '%2' run --inventory '%3' --plan '%4' --store '%1/s.db' --nodes n01 >'%5' 2>&1 & run=$!
            sleep 5; cat /dev/zero >'%1/filled' 2>/dev/null
            wait $run; echo "run ended with $?"
            rm '%1/filled'
            '%2' continue --store '%1/s.db' >>'%5' 2>&1; echo "continue ended with $?"
            '%2' stream --store '%1/s.db' --node n01 >'%6'
            '%2' verdict --store '%1/s.db' --format json
        )").arg(folder, programPath("seatrialctl"), m_lab.inventory(), plan, m_lab.path("said"), m_lab.path("stream"));
        QProcess shell;
        shell.setProcessChannelMode(QProcess::MergedChannels);
        shell.start("unshare", {"--mount", "--propagation", "private", "/bin/sh", "-c", script});
        QVERIFY(shell.waitForFinished(180'000));
        const QByteArray told = shell.readAll();
        QFile file(m_lab.path("said"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray said = told + file.readAll();
        QVERIFY2(said.contains("Letting go: the nodes keep their journals"), said);
        QVERIFY2(!told.contains("run ended with 0"), said);
        QVERIFY2(told.contains("continue ended with 0"), said);
        QVERIFY2(told.contains("\"verdict\": \"qualified\"") || told.contains("\"verdict\":\"qualified\""), said);
        QFile stream(m_lab.path("stream"));
        QVERIFY(stream.open(QIODevice::ReadOnly));
        QCOMPARE(QString::fromUtf8(stream.readAll()),
                 m_lab.call({"exec", "n01", "--dir", m_lab.path("lab"), "--", "/bin/sh", "-c", "cat /var/tmp/seatrial-0/runs/*/journal.jsonl"}));
    }

    void twoProgramsOnOneStore()
    {
        const QString plan = written(m_lab.path("short.yaml"), longPlan(3));
        const QString store = m_lab.path("two.db");
        QProcess first, second;
        for (auto [process, node] : {std::pair{&first, "n02"}, std::pair{&second, "n03"}}) {
            process->setProcessChannelMode(QProcess::MergedChannels);
            process->start(programPath("seatrialctl"), {"run", "--inventory", m_lab.inventory(), "--plan", plan, "--store", store, "--nodes", node});
        }
        QVERIFY(first.waitForFinished(90'000));
        QVERIFY(second.waitForFinished(90'000));
        // Two runs on one machine disturb each other's figures: 1 is "some are not qualified".
        QVERIFY2(first.exitCode() == 0 || first.exitCode() == 1, first.readAll());
        QVERIFY2(second.exitCode() == 0 || second.exitCode() == 1, second.readAll());
        for (const char *node : {"n02", "n03"}) {
            const QByteArray stored = runProgram("seatrialctl", {"stream", "--store", store, "--node", node, "--run", node == QString("n02") ? "1" : "2"}, 30).output
                + runProgram("seatrialctl", {"stream", "--store", store, "--node", node, "--run", node == QString("n02") ? "2" : "1"}, 30).output;
            QCOMPARE(QString::fromUtf8(stored),
                     m_lab.call({"exec", node, "--dir", m_lab.path("lab"), "--", "/bin/sh", "-c", "cat /var/tmp/seatrial-0/runs/*/journal.jsonl"}));
        }
    }
};

QTEST_GUILESS_MAIN(TestLabFaultsDesktop)
#include "tst_lab_faults_desktop.moc"
