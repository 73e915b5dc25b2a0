// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/lab.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTest>

using namespace seatrial::tests;

/// A node with the programs and the C library of Debian 11 takes part like any other.
class TestOldUserLand : public QObject
{
    Q_OBJECT

    Lab m_lab;

private slots:
    void initTestCase()
    {
        if (const QString missing = Lab::missing(); !missing.isEmpty())
            QSKIP(qPrintable(missing));
        QFile why(QStringLiteral(SEATRIAL_BINARY_DIR "/engine_libc.txt"));
        QVERIFY(why.open(QIODevice::ReadOnly));
        if (const QByteArray reason = why.readAll().trimmed(); !reason.isEmpty())
            QSKIP(qPrintable("the engine is linked against this computer's C library, because " + reason));
        QProcess root;
        root.start(QStringLiteral(SEATRIAL_SOURCE_DIR "/installer/debian-root"), {"bullseye"});
        QVERIFY(root.waitForFinished(1'200'000)); // it is made, once
        if (root.exitCode() != 0)
            QSKIP(qPrintable("there is no root file system of Debian 11: " + root.readAllStandardError()));
        const QString failed = m_lab.up(2, 1, {"old-libc:n01"});
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
    }

    void itQualifies()
    {
        const QString store = m_lab.path("s.db");
        const Ended run = runProgram("seatrialctl", {"run", "--inventory", m_lab.inventory(), "--plan", "quick", "--store", store}, 240);
        QVERIFY2(run.exitCode == 0, (run.errors + run.output).constData());
        const Ended verdict = runProgram("seatrialctl", {"verdict", "--store", store, "--format", "json"}, 30);
        const auto nodes = QJsonDocument::fromJson(verdict.output).object()["nodes"].toArray();
        QCOMPARE(nodes.size(), 2);
        for (const auto &value : nodes) {
            const auto node = value.toObject();
            QCOMPARE(node["verdict"].toString(), QString("qualified"));
            QCOMPARE(node["coverage"]["measured"].toInt(), node["coverage"]["planned"].toInt());
        }
        // It really was another C library than this machine's.
        const Ended stream = runProgram("seatrialctl", {"stream", "--store", store, "--node", "n01"}, 30);
        const auto hello = QJsonDocument::fromJson(stream.output.left(stream.output.indexOf('\n'))).object();
        QCOMPARE(hello["libc"].toString(), QString("glibc 2.31"));
    }

    void cleanLeavesNothing()
    {
        const Ended clean = runProgram("seatrialctl", {"clean", "--inventory", m_lab.inventory()}, 120);
        QVERIFY2(clean.exitCode == 0, clean.errors.constData());
        const QString left = m_lab.call({"exec", "n01", "--dir", m_lab.path("lab"), "--", "/bin/sh", "-c",
                                         "find /var/tmp /tmp /root /dev/shm -name 'seatrial-0*' 2>/dev/null; ps ax | grep '[s]eatrial-engine'"});
        QVERIFY2(left.trimmed().isEmpty(), qPrintable(left));
    }
};

QTEST_GUILESS_MAIN(TestOldUserLand)
#include "tst_old_user_land.moc"
