// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/lab.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace seatrial::tests;

/// Eight nodes, three planted faults: exactly these are named, with the right reason, in three minutes; the others
/// qualify. Then `clean` leaves nothing on a node.
class TestPlantedFaults : public QObject
{
    Q_OBJECT

    Lab m_lab;
    QJsonObject m_verdict;

    QJsonObject node(const QString &name) const
    {
        for (const auto &value : m_verdict["nodes"].toArray()) {
            if (value.toObject()["node"].toString() == name)
                return value.toObject();
        }
        return {};
    }

private slots:
    void initTestCase()
    {
        if (const QString missing = Lab::missing(); !missing.isEmpty())
            QSKIP(qPrintable(missing));
        const QString failed = m_lab.up(8, 2, {"slow-link:n02", "dead:n05", "changed-key:n07"});
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
    }

    void runNamesExactlyThese()
    {
        const QString store = m_lab.path("s.db");
        const Ended run = runProgram("seatrialctl", {"run", "--inventory", m_lab.inventory(), "--plan", "quick", "--store", store, "--json"}, 300);
        qInfo("run took %.0f s", run.seconds);
        QVERIFY2(run.exitCode == 3, run.errors.constData());
        QVERIFY2(run.seconds <= 180, run.errors.constData());
        const auto lines = run.output.trimmed().split('\n');
        const auto summary = QJsonDocument::fromJson(lines.last()).object();
        QCOMPARE(summary["type"].toString(), "summary");
        QCOMPARE(summary["exit"].toInt(), 3);
        QVERIFY2(summary["qualified"].toInt() == 5, run.output + run.errors);
        QCOMPARE(summary["failed"].toInt(), 1);
        QCOMPARE(summary["unknown"].toInt(), 2);

        const Ended verdict = runProgram("seatrialctl", {"verdict", "--store", store, "--format", "json"}, 30);
        QCOMPARE(verdict.exitCode, 0);
        m_verdict = QJsonDocument::fromJson(verdict.output).object();
        for (const auto &value : m_verdict["nodes"].toArray()) {
            const auto entry = value.toObject();
            const QString name = entry["node"].toString();
            const QString expected = name == "n02" ? "failed" : name == "n05" || name == "n07" ? "unknown" : "qualified";
            const QString shown = QJsonDocument(entry).toJson();
            QVERIFY2(entry["verdict"] == expected, qPrintable(shown));
            QVERIFY2(entry["reasons"].toArray().isEmpty() == (expected == "qualified"), qPrintable(shown));
        }
        const auto slow = node("n02")["reasons"].toArray().first().toObject();
        QCOMPARE(slow["check"].toString(), "net.pair");
        QCOMPARE(slow["metric"].toString(), "tcp_throughput");
        QVERIFY(slow["value"].toDouble() > 0.5 && slow["value"].toDouble() < 1.5); // the planted 1 Gbit/s
        QVERIFY(!slow["source"].toString().isEmpty());
        const QString dead = node("n05")["reasons"].toArray().first().toObject()["text"].toString();
        QVERIFY2(dead.contains("n05"), qPrintable(dead));
        const QString changed = node("n07")["reasons"].toArray().first().toObject()["text"].toString();
        QVERIFY2(changed.contains("key", Qt::CaseInsensitive), qPrintable(changed));
        const auto coverage = node("n03")["coverage"].toObject();
        QCOMPARE(coverage["planned"].toInt(), coverage["measured"].toInt());
    }

    void everyFormatIsWritten()
    {
        const QString store = m_lab.path("s.db");
        for (const char *format : {"text", "json", "csv", "junit"}) {
            const Ended verdict = runProgram("seatrialctl", {"verdict", "--store", store, "--format", format}, 30);
            QCOMPARE(verdict.exitCode, 0);
            QVERIFY2(verdict.output.contains("n02"), format);
        }
        for (const char *command : {"runs", "nodes", "results"}) {
            const Ended table = runProgram("seatrialctl", {command, "--store", store, "--format", "csv"}, 30);
            QCOMPARE(table.exitCode, 0);
            QVERIFY(table.output.count('\n') >= 2);
        }
    }

    void aReplayIsAFullCitizen()
    {
        const QString store = m_lab.path("s.db");
        QStringList replay{"replay", "--store", m_lab.path("replay.db")};
        for (const char *name : {"n01", "n02", "n03", "n04", "n06", "n08"}) {
            const Ended stream = runProgram("seatrialctl", {"stream", "--store", store, "--node", name}, 30);
            QCOMPARE(stream.exitCode, 0);
            QFile file(m_lab.path(QString("%1.jsonl").arg(name)));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(stream.output);
            replay << file.fileName();
        }
        QCOMPARE(runProgram("seatrialctl", replay, 60).exitCode, 0);
        const auto results = [&](const QString &file) {
            const Ended table = runProgram("seatrialctl", {"results", "--store", file, "--format", "json"}, 30);
            QStringList rows;
            for (const auto &row : QJsonDocument::fromJson(table.output).array()) {
                auto object = row.toObject();
                object.remove("run");
                rows << QJsonDocument(object).toJson(QJsonDocument::Compact);
            }
            rows.sort();
            return rows;
        };
        QCOMPARE(results(m_lab.path("replay.db")), results(store));
    }

    void cleanLeavesNothing()
    {
        const Ended clean = runProgram("seatrialctl", {"clean", "--inventory", m_lab.inventory()}, 120);
        QCOMPARE(clean.exitCode, 3); // two cannot be reached
        const QString left = m_lab.call({"exec", "n01", "--dir", m_lab.path("lab"), "--", "/bin/sh", "-c",
                                         "find / -xdev -name 'seatrial-0*' 2>/dev/null; find /var/tmp /tmp /root /dev/shm -name 'seatrial-*' 2>/dev/null; ps ax | grep '[s]eatrial-engine'"});
        QVERIFY2(left.trimmed().isEmpty(), qPrintable(left));
    }
};

QTEST_GUILESS_MAIN(TestPlantedFaults)
#include "tst_planted_faults.moc"
