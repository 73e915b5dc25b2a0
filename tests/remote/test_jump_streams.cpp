// SPDX-License-Identifier: GPL-3.0-or-later
// What flows through jump hosts: streams that break, stall, are cancelled, and what stays behind.
#ifndef Q_MOC_RUN // which stumbles over <poll.h>
#include "tests/remote/jump_tools.h"
#include "tests/support/link_tools.h"
#include "tests/support/test_sshd.h"
#endif
#include "tests/support/test_main_if.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTest>

#include <unistd.h>

#include <csignal>
#include <ctime>
#include <fstream>
#include <thread>

using namespace seatrial;
using namespace seatrial::tests;
using domain::FailureKind;

class TestJumpStreams : public JumpFixture
{
    Q_OBJECT

private slots:
    void initTestCase();
    void killedInMidStream();
    void silentJumpHost();
    void uploadThrough();
    void stalledNodesDelayNobody();
    void cancelWhileConnecting();
    void cancelWhileOpening();
    void keptAndLetGo();
    void nothingStaysBehind();
};

void TestJumpStreams::initTestCase()
{
    start();
}

void TestJumpStreams::killedInMidStream()
{
    const TestSshd gate;
    writeConfig(hostBlock("narrow", gate));
    const auto links = factory();
    Crowd crowd(*links, 3, [&](int) { return nodeBehind(*m_sshd, {"narrow"}); });
    crowd.connect(m_refuse);
    std::vector<std::shared_ptr<KeepingSink>> sinks;
    for (const auto &link : crowd.links) {
        sinks.push_back(std::make_shared<KeepingSink>());
        QVERIFY(link->attach("while echo line; do sleep 0.05; done", sinks.back()));
        QVERIFY(sinks.back()->awaitText("line\nline\n"));
    }
    for (const pid_t pid : gate.sessions())
        kill(pid, SIGKILL);
    for (const auto &sink : sinks) {
        const auto end = sink->awaitEnd(5);
        QVERIFY(end && !*end);
        QCOMPARE(end->error().kind, FailureKind::Lost);
    }
    crowd.connect(m_refuse);
    for (const auto &result : crowd.results)
        QVERIFY2(result, result ? "" : domain::sentence(result.error()).c_str());
    QCOMPARE(logins(gate), 2);
    writeConfig();
}

void TestJumpStreams::silentJumpHost()
{
    const TestSshd gate;
    writeConfig(hostBlock("narrow", gate));
    const auto links = factory({.connectSeconds = 5, .silentSeconds = 2});
    const auto link = links->link(nodeBehind(*m_sshd, {"narrow"}));
    QVERIFY(link->connect(m_refuse, m_never));
    QTest::qSleep(3000);
    QVERIFY(echo(*link)); // who has nothing to say is not lost
    const auto stopped = gate.sessions();
    for (const pid_t pid : stopped)
        kill(pid, SIGSTOP);
    const auto answer = link->run("echo hello", {}, 20, m_never);
    QVERIFY(!answer);
    QVERIFY2(answer.error().kind == FailureKind::Lost, domain::sentence(answer.error()).c_str());
    const auto again = link->connect(m_refuse, m_never); // the listener is well: there is a new session
    QVERIFY2(again, again ? "" : domain::sentence(again.error()).c_str());
    for (const pid_t pid : stopped)
        kill(pid, SIGCONT);
    writeConfig();
}

void TestJumpStreams::uploadThrough()
{
    const auto links = factory();
    const auto link = links->link(nodeBehind(*m_sshd, {"gate", "inner"}));
    QVERIFY(link->connect(m_refuse, m_never));
    std::string much(64'000'000, '\0');
    for (std::size_t i = 0; i < much.size(); ++i)
        much[i] = static_cast<char>(i * 2654435761u >> 13);
    std::ofstream(m_folder.filePath("sent").toStdString(), std::ios::binary) << much;
    const auto expected = link->run("cksum <" + m_folder.filePath("sent").toStdString(), {}, 60, m_never);
    const auto arrived = link->run("cksum", much, 60, m_never);
    QVERIFY(expected);
    QVERIFY2(arrived, arrived ? "" : domain::sentence(arrived.error()).c_str());
    QCOMPARE(arrived->output, expected->output);
    QVERIFY(contains(arrived->output, "64000000"));
    // And the other way.
    const auto sink = std::make_shared<KeepingSink>();
    QVERIFY(link->attach("cat " + m_folder.filePath("sent").toStdString(), sink));
    QVERIFY(sink->awaitTotal(much.size()));
    const auto end = sink->awaitEnd();
    QVERIFY(end && *end);
    QCOMPARE(sink->total(), much.size());
    QVERIFY(sink->text() == much.substr(0, sink->text().size()));
}

/// One node that does not take what it is sent, and one whose stream nobody takes.
void TestJumpStreams::stalledNodesDelayNobody()
{
    const TestSshd stalled;
    const auto links = factory();
    const auto well = links->link(nodeBehind(*m_sshd, {"gate"}));
    const auto flooding = links->link(nodeBehind(*m_sshd, {"gate"}));
    const auto deaf = links->link(nodeBehind(stalled, {"gate"}));
    QVERIFY(well->connect(m_refuse, m_never));
    QVERIFY(flooding->connect(m_refuse, m_never));
    QVERIFY(deaf->connect(m_refuse, m_never));

    const auto fewEchoes = [&] {
        QElapsedTimer timer;
        timer.start();
        for (int i = 0; i < 4; ++i) {
            if (!echo(*well))
                return qint64(1'000'000);
        }
        return timer.elapsed();
    };
    const qint64 calm = fewEchoes();
    std::atomic<bool> enough{false};
    const QString begun = m_folder.filePath("upload-begun");
    std::thread upload([&] {
        const std::string much(100'000'000, 'x');
        (void)deaf->run("touch " + begun.toStdString() + "; cat >/dev/null", much, 60, enough);
    });
    // Whoever is stopped while its shell starts may hold locks of the user's own start-up files.
    const bool uploading = QTest::qWaitFor([&] { return QFile::exists(begun); }, 20'000);
    QTest::qSleep(200);
    for (const pid_t pid : stalled.sessions())
        kill(pid, SIGSTOP);
    const std::size_t before = residentMegabytes();
    const auto full = std::make_shared<FullSink>();
    QVERIFY(flooding->attach("cat /dev/zero", full));
    QTest::qSleep(300);

    const std::clock_t worked = std::clock();
    QTest::qSleep(1000);
    const double workedSeconds = static_cast<double>(std::clock() - worked) / CLOCKS_PER_SEC;
    const qint64 took = fewEchoes();
    const auto late = links->link(nodeBehind(*m_sshd, {"gate"}));
    QVERIFY(late->connect(m_refuse, m_never));
    const std::size_t more = residentMegabytes() - std::min(before, residentMegabytes());
    enough = true;
    upload.join();
    for (const pid_t pid : stalled.sessions())
        kill(pid, SIGCONT);
    QVERIFY(uploading);
    QVERIFY2(took < 5 * calm + 5000, qPrintable(QString::number(took) + " " + QString::number(calm)));
    QVERIFY2(workedSeconds < 0.5, qPrintable(QString::number(workedSeconds))); // waiting is no work
    QVERIFY2(more < 32, qPrintable(QString::number(more))); // nothing is piled up for those who do not take it
}

void TestJumpStreams::cancelWhileConnecting()
{
    const SilentServer silent;
    writeConfig("Host mute\n  HostName 127.0.0.1\n  Port " + std::to_string(silent.port()) + "\n");
    const auto links = factory();
    Crowd crowd(*links, 4, [&](int) { return nodeBehind(*m_sshd, {"mute"}); });
    const qint64 took = crowd.cancel(m_refuse, 300);
    for (const auto &result : crowd.results) {
        QVERIFY(!result);
        QCOMPARE(result.error().kind, FailureKind::Cancelled);
    }
    QVERIFY2(took < 200, qPrintable(QString::number(took)));
    writeConfig();
}

void TestJumpStreams::cancelWhileOpening()
{
    // A backlog that is full lets the handshake of TCP hang.
    const SilentServer full(0);
    std::vector<int> fillers;
    for (int i = 0; i < 4; ++i)
        fillers.push_back(connectLoopback(full.port(), false));
    QTest::qSleep(100);
    const auto links = factory({.connectSeconds = 0.7});
    const auto nodeThere = [&](int) {
        domain::Node node = nodeBehind(*m_sshd, {"gate"});
        node.ssh.port = full.port();
        return node;
    };
    const auto good = links->link(nodeBehind(*m_sshd, {"gate"}));
    QVERIFY(good->connect(m_refuse, m_never));
    Crowd crowd(*links, 4, nodeThere);
    const qint64 took = crowd.cancel(m_refuse, 300);
    for (const auto &result : crowd.results) {
        QVERIFY(!result);
        QVERIFY2(result.error().kind == FailureKind::Cancelled, domain::sentence(result.error()).c_str());
    }
    QVERIFY2(took < 200, qPrintable(QString::number(took)));

    crowd.connect(m_refuse);
    QCOMPARE(crowd.results[0].error().kind, FailureKind::Timeout);
    QVERIFY2(contains(crowd.results[0].error().what, "no answer for 0.7 s"), crowd.results[0].error().what.c_str());
    for (const int filler : fillers)
        ::close(filler);
    QVERIFY(echo(*good));
}

void TestJumpStreams::keptAndLetGo()
{
    const TestSshd gate;
    writeConfig(hostBlock("narrow", gate));
    const auto links = factory({.jumpIdleSeconds = 1});
    const auto node = nodeBehind(*m_sshd, {"narrow"});
    QVERIFY(links->link(node)->connect(m_refuse, m_never));
    QVERIFY(links->link(node)->connect(m_refuse, m_never));
    QCOMPARE(logins(gate), 1);
    QTRY_VERIFY(gate.sessions().empty());
    QVERIFY(links->link(node)->connect(m_refuse, m_never));
    QCOMPARE(logins(gate), 2);
    writeConfig();
}

void TestJumpStreams::nothingStaysBehind()
{
    const std::size_t threads = entries("/proc/self/task");
    const std::size_t descriptors = entries("/proc/self/fd");
    {
        auto links = factory();
        Crowd crowd(*links, 3, [&](int) { return nodeBehind(*m_sshd, {"gate", "inner"}); });
        crowd.connect(m_refuse);
        const auto full = std::make_shared<FullSink>();
        QVERIFY(crowd.links[0]->attach("cat /dev/zero", full));
        for (const pid_t pid : m_gate->sessions())
            kill(pid, SIGSTOP);
        links.reset(); // before its links
        QElapsedTimer timer;
        timer.start();
        crowd.links.clear();
        QVERIFY2(timer.elapsed() < 2000, qPrintable(QString::number(timer.elapsed())));
        for (const pid_t pid : m_gate->sessions())
            kill(pid, SIGCONT);
    }
    QTRY_COMPARE(entries("/proc/self/task"), threads);
    QCOMPARE(entries("/proc/self/fd"), descriptors);
}

SEATRIAL_TEST_MAIN_IF(TestSshd::available(), TestJumpStreams)
#include "test_jump_streams.moc"
