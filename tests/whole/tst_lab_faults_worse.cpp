// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/whole/fault_plan.h"

#include <QDir>
#include <QProcess>
#include <QTest>

using namespace seatrial::tests;

/// What no node gets over: no folder at all, a quota that df does not know, logins that are always dropped, a disk that
/// fills up in mid-run, an engine of another age, a supervisor that nothing ends.
class TestLabFaultsWorse : public QObject
{
    Q_OBJECT

    Lab m_lab;
    QByteArray m_said;

    QString store() const { return m_lab.path("s.db"); }

    void expect(const char *node, const char *verdict, const QStringList &words) { expectVerdict(store(), node, verdict, words, m_said); }

    /// A program beside another engine: it is looked for there first.
    QString besideEngine(const QByteArray &script)
    {
        const QString folder = m_lab.path("other");
        QDir().mkpath(folder);
        QDir().mkpath(m_lab.path("share"));
        QFile::link(QString(SEATRIAL_BINARY_DIR) + "/share/seatrial", m_lab.path("share/seatrial")); // plans and criteria
        const QString program = folder + "/seatrialctl", engine = folder + "/seatrial-engine";
        QFile::remove(engine);
        if (!QFile::exists(program) && !QFile::copy(programPath("seatrialctl"), program))
            return {};
        if (written(engine, script).isEmpty())
            return {};
        QFile::setPermissions(engine, QFile::ReadOwner | QFile::ExeOwner | QFile::WriteOwner);
        return program;
    }

private slots:
    void initTestCase()
    {
        if (const QString missing = Lab::missing(); !missing.isEmpty())
            QSKIP(qPrintable(missing));
        const QString failed = m_lab.up(6, 2, {"quota:n01", "noexec=none:n02", "drops-logins=999:n03", "small-disk=96m:n04", "small-disk=96m:n06"});
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
    }

    void theRun()
    {
        const QString plan = written(m_lab.path("long.yaml"), longPlan(12));
        QProcess run;
        run.setProcessChannelMode(QProcess::MergedChannels);
        run.start(programPath("seatrialctl"), {"run", "--inventory", m_lab.inventory(), "--plan", plan, "--store", store(), "--nodes", "n[01-05]"});
        QVERIFY(run.waitForStarted());
        const auto attached = [&] {
            m_said += run.readAll();
            return m_said.contains("attached");
        };
        QTRY_VERIFY_WITH_TIMEOUT(attached(), 30'000);
        QTest::qWait(4000); // into the long step
        int code = -1;
        const QString filled = m_lab.call({"fault", "full-disk:n04", "--dir", m_lab.path("lab")}, &code);
        QVERIFY2(code == 0, qPrintable(filled));
        QVERIFY(run.waitForFinished(180'000));
        m_said += run.readAll();
        QVERIFY2(run.exitCode() == 3, m_said);
    }

    void aQuotaDuringTheUploadIsSaid() { expect("n01", "unknown", {"the engine could not be written", "No space left on device"}); }

    void noFolderAtAllIsSaidWithARemedy()
    {
        expect("n02", "unknown", {"/var/tmp: programs cannot run there", "/dev/shm: programs cannot run there"});
        QVERIFY2(Verdicts(store()).json().contains("SEATRIAL_BASE"), Verdicts(store()).json());
    }

    void loginsThatAreAlwaysDroppedAreSaid() { expect("n03", "unknown", {"too many logins at once"}); }

    void aDiskThatFillsUpInMidRunIsSaid() { expect("n04", "unknown", {"No space left on device"}); }

    void theHealthyOneIsNotAccused() { expect("n05", "qualified", {}); }

    void anEngineOfAnotherAgeIsRefused_data()
    {
        QTest::addColumn<int>("protocol");
        QTest::addColumn<QString>("words");
        QTest::newRow("older") << 0 << "does not begin as a journal does: \"protocol\" is not a whole number from 1";
        QTest::newRow("newer") << 99 << "protocol 99, which is newer than this program";
    }
    void anEngineOfAnotherAgeIsRefused()
    {
        QFETCH(int, protocol);
        QFETCH(QString, words);
        // It is a script, so it runs on any node; each one has another content and so another folder.
        const QString program = besideEngine(QString("#!/bin/sh\n"
                                                     "[ \"$1\" != --selftest ] || exit 0\n"
                                                     "echo '{\"type\":\"hello\",\"seq\":1,\"mono\":1,\"wall\":1,\"boot\":\"b\",\"protocol\":%1,"
                                                     "\"engine\":\"0\",\"run\":\"r\",\"node\":\"n05\",\"hostname\":\"h\",\"machine\":\"m\",\"kernel\":\"k\","
                                                     "\"libc\":\"l\",\"simulated\":false}'\n"
                                                     "exec cat >/dev/null\n")
                                                 .arg(protocol)
                                                 .toUtf8());
        QVERIFY(!program.isEmpty());
        const QString file = m_lab.path(QString("age%1.db").arg(protocol));
        QProcess run;
        run.setProcessChannelMode(QProcess::MergedChannels);
        run.start(program, {"run", "--inventory", m_lab.inventory(), "--plan", "quick", "--store", file, "--nodes", "n05"});
        QVERIFY(run.waitForFinished(60'000));
        const QByteArray said = run.readAll();
        const Verdicts verdicts(file);
        QVERIFY2(verdicts.of("n05") == "unknown", said);
        QVERIFY2(verdicts.sentences("n05").contains(words), qPrintable(verdicts.sentences("n05") + "\n" + said));
    }

    void aNodeThatForgotTheRunIsNotQualified()
    {
        // Its folder is memory: after a boot nothing is left of what it had written down.
        const QString plan = written(m_lab.path("long.yaml"), longPlan(5));
        const QString file = m_lab.path("forgot.db");
        QProcess run;
        run.setProcessChannelMode(QProcess::MergedChannels);
        run.start(programPath("seatrialctl"), {"run", "--inventory", m_lab.inventory(), "--plan", plan, "--store", file, "--nodes", "n06"});
        QVERIFY(run.waitForStarted());
        QTest::qWait(3500);
        m_lab.call({"reboot", "n06", "--dir", m_lab.path("lab")});
        QVERIFY(run.waitForFinished(120'000));
        const QByteArray said = run.readAll();
        const Verdicts verdicts(file);
        QVERIFY2(verdicts.of("n06") == "unknown", said + verdicts.json());
        QVERIFY2(verdicts.sentences("n06").contains("rebooted without keeping its disk"), qPrintable(verdicts.sentences("n06") + said));
    }

    void aSupervisorThatStandsStillIsKilled()
    {
        const QString plan = written(m_lab.path("long.yaml"), longPlan(60));
        QProcess run;
        run.setProcessChannelMode(QProcess::MergedChannels);
        run.start(programPath("seatrialctl"), {"run", "--inventory", m_lab.inventory(), "--plan", plan, "--store", m_lab.path("quit.db"), "--nodes", "n06"});
        QVERIFY(run.waitForStarted());
        QTest::qWait(3500);
        const auto exec = [&](const QString &command) {
            return m_lab.call({"exec", "n06", "--dir", m_lab.path("lab"), "--", "/bin/sh", "-c", command});
        };
        // The supervisor is the engine's process whose parent is the node's first one.
        exec("for p in $(pgrep -f seatrial-engine); do [ \"$(ps -o ppid= -p $p | tr -d ' ')\" = 1 ] && kill -STOP $p; done");
        const Ended clean = runProgram("seatrialctl", {"clean", "--inventory", m_lab.inventory(), "--nodes", "n06"}, 120);
        run.kill();
        run.waitForFinished();
        QVERIFY2(clean.exitCode == 0, clean.output + clean.errors);
        QVERIFY2(clean.seconds > 10, clean.output); // it was waited for before it was killed
        QString left;
        const auto nothing = [&] {
            left = exec("pgrep -af '[s]eatrial-engine'; ls -d /var/tmp/seatrial-* 2>/dev/null");
            return left.trimmed().isEmpty();
        };
        QTRY_VERIFY2_WITH_TIMEOUT(nothing(), qPrintable(left), 10'000);
    }
};

QTEST_GUILESS_MAIN(TestLabFaultsWorse)
#include "tst_lab_faults_worse.moc"
