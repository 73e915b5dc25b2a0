// SPDX-License-Identifier: GPL-3.0-or-later
// The engine as it is sent to nodes: two of them are a group, each with nothing but itself.
#include "tests/engine/collective/group.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>

#include <functional>

using namespace seatrial;
using namespace seatrial::tests;

namespace {

/// One engine with one step.
class Engine
{
public:
    explicit Engine(QJsonObject parameters)
    {
        QProcessEnvironment nothing;
        nothing.insert("PATH", "/usr/bin:/bin");
        m_process.setProcessEnvironment(nothing);
        m_process.start(QStringLiteral(SEATRIAL_BINARY_DIR "/bin/seatrial-engine"), {"--plan", "-", "--work", m_folder.path()});
        parameters.insert("token", "0123456789abcdef");
        parameters.insert("size", "2");
        parameters.insert("operations", "all_reduce,all_to_all");
        parameters.insert("bytes", "4096");
        if (!parameters.contains("seconds"))
            parameters.insert("seconds", "0.05");
        say({{"type", "open"}, {"protocol", 1}, {"run", "group"}, {"node", "here"}, {"lease_seconds", 900}, {"grace_seconds", 5}, {"allow_busy", true}});
        say({{"type", "start-step"}, {"step", "group"}, {"check", "host.collective"}, {"deadline_seconds", 60}, {"params", parameters}});
        say({{"type", "no-more-steps"}});
        m_process.closeWriteChannel();
        while (m_process.bytesToWrite() > 0 && m_process.waitForBytesWritten(5000)) { // nobody else runs an event loop
        }
    }
    ~Engine()
    {
        m_process.kill();
        m_process.waitForFinished(5000);
    }

    void terminate() { m_process.terminate(); }

    /// The first record that has @p word under @p key, within @p seconds.
    QJsonObject await(const QString &key, const QString &word, int seconds)
    {
        return await(seconds, [&](const QJsonObject &record) { return record[key].toString() == word; });
    }
    /// Where its rank is in the operations, as it says after record number @p after.
    QJsonObject awaitStage(int seconds, qint64 after = 0)
    {
        return await(seconds, [after](const QJsonObject &record) {
            return record["code"] == "group.progress" && record["params"]["stage"].toString().toInt() >= 2 && record["seq"].toInteger() > after;
        });
    }

    QJsonObject await(int seconds, const std::function<bool(const QJsonObject &)> &wanted)
    {
        QDeadlineTimer patience(seconds * 1000);
        while (true) {
            while (m_process.canReadLine())
                m_records.append(QJsonDocument::fromJson(m_process.readLine()).object());
            for (const auto &record : m_records) {
                if (wanted(record))
                    return record;
            }
            if (patience.hasExpired() || (m_process.state() == QProcess::NotRunning && m_process.bytesAvailable() == 0))
                return {};
            m_process.waitForReadyRead(100);
        }
    }

private:
    void say(const QJsonObject &line) { m_process.write(QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n'); }

    QTemporaryDir m_folder;
    QProcess m_process;
    QList<QJsonObject> m_records;
};

} // namespace

class TestEngine : public QObject
{
    Q_OBJECT

private slots:
    void twoEnginesAreAGroup()
    {
        SKIP_WITHOUT_GLOO();
        Engine root({{"role", "root"}, {"rank", "0"}});
        const auto listening = root.await("code", "group.listening", 40);
        QVERIFY(!listening.isEmpty());
        Engine member({{"role", "member"}, {"rank", "1"}, {"root", "127.0.0.1"}, {"port", listening["params"]["port"]}});
        for (auto *engine : {&root, &member}) {
            const auto finished = engine->await("type", "step-finished", 60);
            QVERIFY2(finished["status"] == "completed", QJsonDocument(finished).toJson().constData());
            QCOMPARE(engine->await("metric", "all_reduce_wrong", 1)["value"].toDouble(-1), 0.0);
            QVERIFY(engine->await("metric", "all_to_all_busbw", 1)["value"].toDouble() > 0);
        }
    }

    /// What a rank says when it is told to end arrives, though the supervisor's verdict stands above it.
    void whoeverIsEndedSaysWhereItWas()
    {
        SKIP_WITHOUT_GLOO();
        Engine root({{"role", "root"}, {"rank", "0"}, {"seconds", "600"}});
        const auto listening = root.await("code", "group.listening", 40);
        QVERIFY(!listening.isEmpty());
        Engine member({{"role", "member"}, {"rank", "1"}, {"root", "127.0.0.1"}, {"port", listening["params"]["port"]}, {"seconds", "600"}});
        const auto began = root.awaitStage(40);
        QVERIFY(!began.isEmpty() && !member.awaitStage(40).isEmpty());
        root.terminate();
        const auto last = root.awaitStage(20, began["seq"].toInteger());
        QVERIFY2(last["params"]["iteration"].toString().toLongLong() >= began["params"]["iteration"].toString().toLongLong(),
                 QJsonDocument(last).toJson().constData());
        QCOMPARE(last["params"]["state"].toString(), QString("running"));
        QCOMPARE(root.await("type", "step-finished", 20)["status"].toString(), QString("abandoned"));
        QVERIFY(becomesTrue(5, [&] { return ::kill(pid_t(last["params"]["pid"].toString().toInt()), 0) != 0; }));
        const auto alone = member.await(20, [](const QJsonObject &record) { return record["params"]["cause"] == "peer"; });
        QVERIFY2(alone["params"]["peer_rank"] == "0", QJsonDocument(alone).toJson().constData());
    }

    void aRankDiesWithTheWorkerThatWatchesIt()
    {
        SKIP_WITHOUT_GLOO();
        Engine root({{"role", "root"}, {"rank", "0"}});
        const auto progress = root.await("code", "group.progress", 40);
        const auto rank = pid_t(progress["params"]["pid"].toString().toInt());
        QVERIFY(rank > 0 && ::kill(rank, 0) == 0);
        QFile status("/proc/" + QString::number(rank) + "/status");
        QVERIFY(status.open(QIODevice::ReadOnly));
        const auto worker = QRegularExpression("PPid:\\s+(\\d+)").match(QString::fromUtf8(status.readAll())).captured(1).toInt();
        QVERIFY(worker > 1);
        ::kill(worker, SIGKILL);
        QVERIFY(becomesTrue(10, [&] { return ::kill(rank, 0) != 0; }));
        const auto finished = root.await("type", "step-finished", 20);
        QVERIFY2(finished["status"] == "error" && finished["reason"].toString().contains("SIGKILL"), QJsonDocument(finished).toJson().constData());
    }
};

QTEST_GUILESS_MAIN(TestEngine)
#include "test_engine.moc"
