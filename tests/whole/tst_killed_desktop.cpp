// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/lab.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QSet>
#include <QTest>
#include <csignal>

using namespace seatrial::tests;

namespace {

constexpr const char *kPlan = R"(version: 1
name: short
title: Short
description: A plan of seconds
steps:
  - { id: before, check: host.health, title: Health before, deadline: 20, expected: 1, retests: 0, parameters: { phase: before } }
  - { id: memory, check: host.memory, title: Memory, exclusive: true, deadline: 30, expected: 2, parameters: { seconds: 1 } }
  - { id: cpu, check: host.cpu, title: CPU, exclusive: true, deadline: 30, expected: 2, parameters: { seconds: 1 } }
  - { id: network, check: net.pair, title: Network, scope: pair, exclusive: true, partners: 3, deadline: 30, expected: 2, parameters: { seconds: 0.5 } }
  - { id: after, check: host.health, title: Health after, deadline: 20, expected: 1, retests: 0, parameters: { phase: after } }
)";

} // namespace

/// The desktop is killed in the middle of a run. `continue` picks it up, and every record of every journal is in the
/// store exactly once.
class TestKilledDesktop : public QObject
{
    Q_OBJECT

private slots:
    void continueLosesNothing()
    {
        if (const QString missing = Lab::missing(); !missing.isEmpty())
            QSKIP(qPrintable(missing));
        Lab lab;
        const QString failed = lab.up(4, 2);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        QFile plan(lab.path("short.yaml"));
        QVERIFY(plan.open(QIODevice::WriteOnly));
        plan.write(kPlan);
        plan.close();
        const QString store = lab.path("s.db");

        QProcess run;
        run.start(programPath("seatrialctl"), {"run", "--inventory", lab.inventory(), "--plan", plan.fileName(), "--store", store});
        QVERIFY(run.waitForStarted());
        QTest::qWait(5000);
        QVERIFY2(run.state() == QProcess::Running, run.readAllStandardError().constData());
        run.kill();
        run.waitForFinished();
        QTest::qWait(2000); // the nodes go on alone

        const Ended runs = runProgram("seatrialctl", {"runs", "--store", store, "--format", "json"}, 30);
        QCOMPARE(QJsonDocument::fromJson(runs.output).array().first().toObject()["state"].toString(), "running");
        const Ended again = runProgram("seatrialctl", {"continue", "--store", store}, 200);
        QVERIFY2(again.exitCode == 0, (again.output + again.errors).constData());
        compareJournals(lab, store);
    }

private:
    void compareJournals(Lab &lab, const QString &store)
    {
        for (const char *name : {"n01", "n02", "n03", "n04"}) {
            const QByteArray stored = runProgram("seatrialctl", {"stream", "--store", store, "--node", name}, 30).output;
            const QString journal = lab.call({"exec", name, "--dir", lab.path("lab"), "--", "/bin/sh", "-c", "cat /var/tmp/seatrial-0/runs/*/journal.jsonl"});
            QVERIFY2(stored.count('\n') > 20, name);
            QCOMPARE(QString::fromUtf8(stored), journal);
        }
        const Ended results = runProgram("seatrialctl", {"results", "--store", store, "--format", "json"}, 30);
        QVERIFY(QJsonDocument::fromJson(results.output).array().size() > 50);
    }
};

QTEST_GUILESS_MAIN(TestKilledDesktop)
#include "tst_killed_desktop.moc"
