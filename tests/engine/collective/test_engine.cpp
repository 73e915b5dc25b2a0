// SPDX-License-Identifier: GPL-3.0-or-later
// The engine as it is sent to nodes: two of them are a group, each with nothing but itself.
#include "tests/engine/collective/group.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>

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

    /// The first record that has @p word under @p key, within @p seconds.
    QJsonObject await(const QString &key, const QString &word, int seconds)
    {
        QDeadlineTimer patience(seconds * 1000);
        while (true) {
            while (m_process.canReadLine())
                m_records.append(QJsonDocument::fromJson(m_process.readLine()).object());
            for (const auto &record : m_records) {
                if (record[key].toString() == word)
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
};

QTEST_GUILESS_MAIN(TestEngine)
#include "test_engine.moc"
