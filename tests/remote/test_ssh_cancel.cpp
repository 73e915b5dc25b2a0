// SPDX-License-Identifier: GPL-3.0-or-later
// A cancel is seen within 200 ms wherever the way to a node is stuck.
#ifndef Q_MOC_RUN // which stumbles over <poll.h>
#include "remote/ssh/ssh_link_factory.h"
#include "tests/support/link_tools.h"
#include "tests/support/test_sshd.h"
#endif
#include "tests/support/test_main_if.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

using namespace seatrial;
using namespace seatrial::tests;
using domain::FailureKind;

class TestSshCancel : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void whileConnecting();
    void whileAwaitingGreeting();
    void whileExchangingKeys();
    void whileTheAgentThinks();
    void whileTheNodeHangsInLogin();
    void betweenAttempts();
    void whileUploading();
    void whileAttaching();

private:
    /// Runs @p work and cancels it after 300 ms; how long it went on after that.
    template<typename Work>
    std::pair<domain::Result<void>, qint64> cancelled(Work work)
    {
        std::atomic<bool> flag{false};
        QElapsedTimer since;
        std::thread canceller([&] {
            QTest::qSleep(300);
            since.start();
            flag = true;
        });
        domain::Result<void> result = work(flag);
        canceller.join();
        return {std::move(result), since.elapsed()};
    }
    std::unique_ptr<campaign::NodeLink> link(const domain::Node &node)
    {
        remote::SshLinkFactory factory({}, m_config);
        return factory.link(node);
    }
    void connectIsCancelled(const domain::Node &node)
    {
        const auto way = link(node);
        const auto [result, took] = cancelled([&](const std::atomic<bool> &flag) { return way->connect(m_refuse, flag); });
        QVERIFY(!result);
        QVERIFY2(result.error().kind == FailureKind::Cancelled, domain::sentence(result.error()).c_str());
        QVERIFY2(took < 200, qPrintable(QString::number(took)));
    }
    domain::Node nodeAt(std::uint16_t port) const
    {
        domain::Node node = m_sshd->node();
        node.ssh.port = port;
        return node;
    }

    QTemporaryDir m_folder;
    std::filesystem::path m_config;
    std::unique_ptr<TestSshd> m_sshd;
    FixedAnswer m_refuse;
};

void TestSshCancel::initTestCase()
{
    m_config = m_folder.filePath("config").toStdString();
    std::ofstream(m_config) << "# none\n";
    qunsetenv("SSH_AUTH_SOCK");
    m_sshd = std::make_unique<TestSshd>();
}

void TestSshCancel::whileConnecting()
{
    // A backlog that is full lets the handshake of TCP hang.
    const SilentServer server(0);
    std::vector<int> fillers;
    for (int i = 0; i < 4; ++i)
        fillers.push_back(connectLoopback(server.port(), false));
    QTest::qSleep(100);
    connectIsCancelled(nodeAt(server.port()));
    for (const int filler : fillers)
        ::close(filler);
}

void TestSshCancel::whileAwaitingGreeting()
{
    const SilentServer server;
    connectIsCancelled(nodeAt(server.port()));
}

void TestSshCancel::whileExchangingKeys()
{
    const SilentServer server;
    std::thread speaker([&] {
        const int connection = accept(server.descriptor(), nullptr, nullptr);
        (void)!::send(connection, "SSH-2.0-Slow\r\n", 14, MSG_NOSIGNAL);
        QTest::qSleep(1500);
        ::close(connection);
    });
    connectIsCancelled(nodeAt(server.port()));
    speaker.join();
}

void TestSshCancel::whileTheAgentThinks()
{
    const std::string path = m_folder.filePath("agent").toStdString();
    const int agent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    QCOMPARE(bind(agent, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
    QCOMPARE(listen(agent, 4), 0);
    qputenv("SSH_AUTH_SOCK", QByteArray::fromStdString(path));
    domain::Node node = m_sshd->node();
    node.ssh.identity.clear();
    connectIsCancelled(node);
    qunsetenv("SSH_AUTH_SOCK");
    ::close(agent);
}

void TestSshCancel::whileTheNodeHangsInLogin()
{
    // sshd asks this command for the keys of a user, and it never answers.
    if (geteuid() != 0)
        QSKIP("sshd runs this command only when it is root's");
    const TestSshd sshd({.config = {"AuthorizedKeysCommand /bin/sleep 5", "AuthorizedKeysCommandUser root"}});
    domain::Node node = sshd.node();
    const auto key = m_folder.filePath("other_key").toStdString();
    TestSshd::makeKey(key);
    node.ssh.identity = key;
    connectIsCancelled(node);
}

void TestSshCancel::betweenAttempts()
{
    const TestSshd sshd({.config = {"MaxStartups 1:100:1"}});
    const int holder = connectLoopback(sshd.port());
    QTest::qSleep(300);
    connectIsCancelled(sshd.node());
    ::close(holder);
}

void TestSshCancel::whileUploading()
{
    const auto way = link(m_sshd->node());
    QVERIFY(way->connect(m_refuse, std::atomic<bool>(false)));
    const std::string much(400'000'000, 'x');
    const auto [result, took] = cancelled([&](const std::atomic<bool> &flag) -> domain::Result<void> {
        const auto answer = way->run("cat >/dev/null; sleep 5", much, 60, flag);
        return answer ? domain::Result<void>() : std::unexpected(answer.error());
    });
    QVERIFY(!result);
    QCOMPARE(result.error().kind, FailureKind::Cancelled);
    QVERIFY2(took < 200, qPrintable(QString::number(took)));
}

void TestSshCancel::whileAttaching()
{
    const auto way = link(m_sshd->node());
    QVERIFY(way->connect(m_refuse, std::atomic<bool>(false)));
    for (const pid_t pid : m_sshd->sessions())
        kill(pid, SIGSTOP);
    QElapsedTimer since;
    std::thread closer([&] {
        QTest::qSleep(300);
        since.start();
        way->close();
    });
    const auto result = way->attach("cat", std::make_shared<KeepingSink>());
    closer.join();
    const qint64 took = since.elapsed();
    for (const pid_t pid : m_sshd->sessions())
        kill(pid, SIGCONT);
    QVERIFY(!result);
    QCOMPARE(result.error().kind, FailureKind::Cancelled);
    QVERIFY2(took < 200, qPrintable(QString::number(took)));
}

SEATRIAL_TEST_MAIN_IF(TestSshd::available(), TestSshCancel)
#include "test_ssh_cancel.moc"
