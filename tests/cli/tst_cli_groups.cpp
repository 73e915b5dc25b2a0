// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/own_folder.h"
#include "tests/support/lab.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace seatrial::tests;

namespace {

constexpr const char *kBoot = "5c2f6c1e-6d2b-4c57-9a57-0d3f3f1f4d11";

/// A line as docs/protocol.md has it.
QByteArray record(const char *type, int seq, const QByteArray &rest)
{
    return QByteArray("{\"type\":\"") + type + "\",\"seq\":" + QByteArray::number(seq) + ",\"mono\":" + QByteArray::number(5000 + seq)
        + ",\"wall\":" + QByteArray::number(1767603600 + seq) + ",\"boot\":\"" + kBoot + "\"," + rest + "}\n";
}

/// Rank @p rank of a group of two, in which rank 1 was stopped, and of a second one that came to its end.
QByteArray streamOfGroups(const QByteArray &node, int rank)
{
    const QByteArray progress = QByteArray(R"("severity":"info","code":"group.progress","step":"collective/group1#1","subject":"node","text":"…","params":{"token":"0123456789abcdef","rank":")")
        + QByteArray::number(rank) + R"(","stage":"2","name":"all_reduce of 8 MiB","iteration":"112",)"
        + (rank == 1 ? "\"state\":\"stopped (T)\",\"cause\":\"self\"}" : R"("state":"running","cause":"peer"})");
    QByteArray stream = record("hello", 1, R"("protocol":1,"engine":"0.1.0","run":"recorded","node":")" + node
                               + R"(","hostname":"gpu-0117","machine":"x86_64","kernel":"6.1.0-18-amd64","libc":"glibc 2.36","simulated":false)")
        + record("step-started", 2, R"("step":"collective/group1#1","check":"host.collective")");
    stream += rank == 0 ? record("event", 3, R"("severity":"info","code":"group.listening","step":"collective/group1#1","subject":"node","text":"Waits.","params":{"token":"0123456789abcdef","port":"4711"})")
                        : record("heartbeat", 3, R"("step":"collective/group1#1")");
    return stream + record("event", 4, progress) + record("step-finished", 5, R"("step":"collective/group1#1","check":"host.collective","status":"abandoned","reason":"its group was ended","seconds":7)")
        + record("step-started", 6, R"("step":"collective/group2#1","check":"host.collective")")
        + record("measurement", 7, R"("step":"collective/group2#1","check":"host.collective","metric":"all_reduce_busbw","subject":"node","value":1.25,"unit":"GB/s","n":9)")
        + record("step-finished", 8, R"("step":"collective/group2#1","check":"host.collective","status":"completed","seconds":2)") + record("goodbye", 9, R"("outcome":"finished")");
}

} // namespace

/// Groups of nodes at the terminal.
class TestCliGroups : public QObject, OwnFolder
{
    Q_OBJECT

private slots:
    /// What a group was waiting for is told by its streams alone, as it was while it ran.
    void aReplayNamesWhomAGroupWaitedFor()
    {
        write("c01.jsonl", streamOfGroups("c01", 0));
        write("c02.jsonl", streamOfGroups("c02", 1));
        QCOMPARE(runProgram("seatrialctl", {"replay", path("c01.jsonl"), path("c02.jsonl"), "--store", path("c.db")}, 30).exitCode, 0);
        const auto verdict = QJsonDocument::fromJson(runProgram("seatrialctl", {"verdict", "--store", path("c.db"), "--json"}, 30).output).object();
        const auto first = verdict["nodes"].toArray()[0].toObject(), second = verdict["nodes"].toArray()[1].toObject();
        QCOMPARE(first["verdict"].toString(), QString("qualified"));
        QCOMPARE(second["verdict"].toString(), QString("marginal"));
        const QString why = second["reasons"].toArray()[0].toObject()["text"].toString();
        QVERIFY2(why.contains("c02, rank 1, hung in all_reduce of 8 MiB after iteration 112, its process is stopped (T); the other one waited for it"), qPrintable(why));
    }
};

QTEST_GUILESS_MAIN(TestCliGroups)
#include "tst_cli_groups.moc"
