// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/supervise/process_tree.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

/// Which processes are those of a run.
class TestProcesses : public QObject
{
    Q_OBJECT

private slots:
    void aFolderOfTheSamePathElsewhereIsNotOurs()
    {
        if (::geteuid() != 0 || QProcess::execute("unshare", {"--mount", "true"}) != 0)
            QSKIP("needs root and mount namespaces");
        QTemporaryDir folder;
        const auto started = [](QProcess &process, const QStringList &words, const QString &mark) {
            QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
            environment.insert(seatrial::engine::kRunMark, mark);
            process.setProcessEnvironment(environment);
            process.start(words.front(), words.mid(1));
            return process.waitForStarted() && process.waitForReadyRead();
        };
        QProcess ours;
        QProcess theirs;
        QVERIFY(started(ours, {"sh", "-c", "echo here; exec sleep 60"}, folder.path()));
        QVERIFY(started(theirs, {"unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs " + folder.path() + "; echo here; exec sleep 60"}, folder.path()));
        const auto found = seatrial::engine::markedBelow(folder.path().toStdString() + '\0');
        QVERIFY2(found == std::vector<pid_t>{static_cast<pid_t>(ours.processId())}, qPrintable(QString("%1 found").arg(found.size())));
        for (QProcess *process : {&ours, &theirs}) {
            process->kill();
            process->waitForFinished();
        }
    }
};

QTEST_GUILESS_MAIN(TestProcesses)
#include "test_processes.moc"
