// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/whole/fault_plan.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTest>
#include <csignal>

using namespace seatrial::tests;

namespace {

constexpr const char *kPlan = R"(version: 1
name: burn
title: Burn
description: Long enough to be disturbed
steps:
  - { id: before, check: host.health, title: Health before, deadline: 20, expected: 1, retests: 0, parameters: { phase: before } }
  - { id: cpu, check: host.cpu, title: CPU, deadline: 40, expected: 5, parameters: { seconds: 5 } }
  - { id: after, check: host.health, title: Health after, deadline: 20, expected: 1, retests: 0, parameters: { phase: after } }
)";

} // namespace

/// On real nodes behind sshd, in the middle of a step: the supervisor of one is killed, the worker of another, the
/// connection of a third is down for a while, and one node loses power. Each gets a clear verdict; nothing is lost.
class TestKilledProcesses : public QObject
{
    Q_OBJECT

private slots:
    void eachGetsAClearVerdict()
    {
        if (const QString missing = Lab::missing(); !missing.isEmpty())
            QSKIP(qPrintable(missing));
        Lab lab;
        const QString failed = lab.up(4, 2);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const QString plan = written(lab.path("burn.yaml"), kPlan);
        const QString store = lab.path("s.db");
        const QString folder = lab.path("lab");

        QProcess run;
        run.setProcessChannelMode(QProcess::MergedChannels);
        run.start(programPath("seatrialctl"), {"run", "--inventory", lab.inventory(), "--plan", plan, "--store", store, "--nodes", "n[01-03]"});
        QVERIFY(run.waitForStarted());
        QTest::qWait(3000);
        const auto on = [&](const QString &node, const QString &command) {
            return lab.call({"exec", node, "--dir", folder, "--", "/bin/sh", "-c", command});
        };
        // The supervisor is the engine's process whose parent is the node's first one.
        on("n01", "for p in $(pgrep -f seatrial-engine); do [ \"$(ps -o ppid= -p $p | tr -d ' ')\" = 1 ] && kill -9 $p; done");
        on("n02", "pkill -9 -f 'seatrial-engine worker'");
        lab.call({"cut", "n03", "--dir", folder});
        QTest::qWait(4000);
        lab.call({"mend", "n03", "--dir", folder});
        QVERIFY(run.waitForFinished(150'000));
        const QByteArray said = run.readAll();
        qInfo("%s", said.constData());

        const Ended verdict = runProgram("seatrialctl", {"verdict", "--store", store, "--format", "json"}, 30);
        const auto nodes = QJsonDocument::fromJson(verdict.output).object()["nodes"].toArray();
        QCOMPARE(nodes.size(), 3);
        for (const auto &value : nodes) {
            const auto node = value.toObject();
            // What was killed is measured once more, so all three end with every result; that the link of n03 went
            // down while it was measured is found.
            const QString expected = node["node"].toString() == "n03" ? "marginal" : "qualified";
            QVERIFY2(node["verdict"].toString() == expected, verdict.output + said);
            QCOMPARE(node["coverage"].toObject()["measured"].toInt(), 3);
        }
        const QByteArray first = runProgram("seatrialctl", {"stream", "--store", store, "--node", "n01"}, 30).output;
        QVERIFY2(first.contains("supervisor.restarted"), first);
        const QByteArray second = runProgram("seatrialctl", {"stream", "--store", store, "--node", "n02"}, 30).output;
        QVERIFY2(second.contains("signal") || second.contains("SIGKILL"), second);
        for (const char *name : {"n01", "n02", "n03"}) {
            const QByteArray stored = runProgram("seatrialctl", {"stream", "--store", store, "--node", name}, 30).output;
            QCOMPARE(QString::fromUtf8(stored), on(name, "cat /var/tmp/seatrial-0/runs/*/journal.jsonl"));
        }
    }

    void aNodeWithoutPowerIsUnknown()
    {
        if (const QString missing = Lab::missing(); !missing.isEmpty())
            QSKIP(qPrintable(missing));
        Lab lab;
        const QString failed = lab.up(2, 1);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const QString plan = written(lab.path("burn.yaml"), kPlan);
        QProcess run;
        run.start(programPath("seatrialctl"), {"run", "--inventory", lab.inventory(), "--plan", plan, "--store", lab.path("s.db")});
        QVERIFY(run.waitForStarted());
        QTest::qWait(3000);
        lab.call({"kill", "n02", "--dir", lab.path("lab")});
        QTest::qWait(6000);
        // Somebody stops waiting: what is known is judged.
        ::kill(static_cast<pid_t>(run.processId()), SIGINT);
        QVERIFY(run.waitForFinished(60'000));
        QVERIFY2(run.exitCode() == 130, run.readAllStandardError() + run.readAllStandardOutput());
        const Ended verdict = runProgram("seatrialctl", {"verdict", "--store", lab.path("s.db"), "--format", "json"}, 30);
        QString dark;
        for (const auto &value : QJsonDocument::fromJson(verdict.output).object()["nodes"].toArray()) {
            const auto node = value.toObject();
            if (node["node"].toString() == "n02")
                dark = node["verdict"].toString();
        }
        QCOMPARE(dark, "unknown");
    }
};

QTEST_GUILESS_MAIN(TestKilledProcesses)
#include "tst_killed_processes.moc"
