// SPDX-License-Identifier: GPL-3.0-or-later
// What can go wrong on the way to a node, and how it is told.
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
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

using namespace seatrial;
using namespace seatrial::tests;
using domain::FailureKind;
using domain::Stage;

class TestSshConnect : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void unknownName();
    void refusedPort();
    void silentServer();
    void noSshServer();
    void stopsAfterGreeting();
    void closesBeforeGreeting();
    void throttledIsTriedAgain();
    void throttledForEver();
    void brokenInLoginIsTriedAgain();
    void wrongKey();
    void missingKeyFile();
    void encryptedKeyFile_data();
    void encryptedKeyFile();
    void noPublicKeysAllowed();
    void unknownUser();
    void agentKey();
    void loginShellThatRefuses();
    void noisyLoginShell();
    void otherLoginShells_data();
    void otherLoginShells();
    void serverKilledMidStream();
    void stoppedPeerIsSilent();
    void failuresNameNodeAndPort();

private:
    domain::Result<void> connect(const domain::Node &node, remote::SshLimits limits = {})
    {
        remote::SshLinkFactory factory(limits, m_config);
        m_link = factory.link(node);
        return m_link->connect(m_refuse, m_never);
    }
    domain::Node nodeAt(std::uint16_t port) const
    {
        domain::Node node = m_sshd->node("n07");
        node.ssh.port = port;
        return node;
    }
    /// Serves one connection after the other: says @p words, then waits for the client to go.
    std::uint16_t serve(const std::string &words, bool closeAtOnce);

    QTemporaryDir m_folder;
    std::filesystem::path m_config;
    std::unique_ptr<TestSshd> m_sshd;
    std::unique_ptr<campaign::NodeLink> m_link;
    FixedAnswer m_refuse;
    const std::atomic<bool> m_never{false};
    std::vector<std::unique_ptr<SilentServer>> m_servers;
};

void TestSshConnect::initTestCase()
{
    m_config = m_folder.filePath("config").toStdString();
    std::ofstream(m_config) << "# none\n";
    qunsetenv("SSH_AUTH_SOCK");
    m_sshd = std::make_unique<TestSshd>();
}

std::uint16_t TestSshConnect::serve(const std::string &words, bool closeAtOnce)
{
    auto server = std::make_unique<SilentServer>();
    const auto port = server->port();
    std::thread([descriptor = dup(server->descriptor()), words, closeAtOnce] {
        for (int connection; (connection = accept(descriptor, nullptr, nullptr)) >= 0; ::close(connection)) {
            (void)!::send(connection, words.data(), words.size(), MSG_NOSIGNAL);
            char buffer[1024];
            while (!closeAtOnce && recv(connection, buffer, sizeof buffer, 0) > 0) {
            }
        }
    }).detach();
    m_servers.push_back(std::move(server));
    return port;
}

void TestSshConnect::unknownName()
{
    domain::Node node = m_sshd->node("n07");
    node.address = "no-such-host.invalid";
    const auto result = connect(node);
    QVERIFY(!result);
    QCOMPARE(result.error().stage, Stage::Resolve);
    QVERIFY2(result.error().what.find("no-such-host.invalid") != std::string::npos, result.error().what.c_str());
}

void TestSshConnect::refusedPort()
{
    std::uint16_t port = 0;
    {
        const SilentServer gone;
        port = gone.port();
    }
    const auto result = connect(nodeAt(port));
    QVERIFY(!result);
    QCOMPARE(result.error().stage, Stage::Connect);
    QCOMPARE(result.error().kind, FailureKind::Refused);
    QVERIFY(!result.error().advice.empty());
}

void TestSshConnect::silentServer()
{
    const SilentServer server;
    QElapsedTimer timer;
    timer.start();
    const auto result = connect(nodeAt(server.port()), {.connectSeconds = 0.5});
    QVERIFY(!result);
    QCOMPARE(result.error().kind, FailureKind::Timeout);
    QVERIFY2(result.error().what.find("no greeting for 0.5 s") != std::string::npos, result.error().what.c_str());
    QVERIFY(timer.elapsed() < 1500);
}

void TestSshConnect::noSshServer()
{
    const auto result = connect(nodeAt(serve("220 mail.example ESMTP\r\n", false)));
    QVERIFY(!result);
    QCOMPARE(result.error().kind, FailureKind::Unsupported);
    QVERIFY2(result.error().what.find("220 mail.example") != std::string::npos, result.error().what.c_str());
}

void TestSshConnect::stopsAfterGreeting()
{
    const auto result = connect(nodeAt(serve("SSH-2.0-Tired_1.0\r\n", false)), {.connectSeconds = 0.5});
    QVERIFY(!result);
    QCOMPARE(result.error().stage, Stage::Connect);
    QCOMPARE(result.error().kind, FailureKind::Timeout);
}

void TestSshConnect::closesBeforeGreeting()
{
    for (const std::string words : {"", "Exceeded MaxStartups\r\n", "Not allowed at this time\r\n", "SSH-2.0-Gone_1.0\r\n"}) {
        const auto result = connect(nodeAt(serve(words, true)), {.attempts = 2, .firstPauseSeconds = 0.01});
        QVERIFY(!result);
        QVERIFY2(result.error().kind == FailureKind::Throttled, domain::sentence(result.error()).c_str());
        QVERIFY2(result.error().attempted.find("2 times") != std::string::npos, result.error().attempted.c_str());
    }
}

void TestSshConnect::throttledIsTriedAgain()
{
    const TestSshd sshd({.config = {"MaxStartups 1:100:1"}});
    const int holder = connectLoopback(sshd.port()); // takes the only place for somebody who has not logged in
    QVERIFY(holder >= 0);
    QTest::qSleep(300);
    std::thread release([holder] {
        QTest::qSleep(500);
        ::close(holder);
    });
    const auto result = connect(sshd.node());
    release.join();
    QVERIFY2(result, result ? "" : domain::sentence(result.error()).c_str());
    QVERIFY(sshd.log().find("MaxStartups") != std::string::npos || sshd.log().find("drop connection") != std::string::npos);
}

void TestSshConnect::throttledForEver()
{
    const TestSshd sshd({.config = {"MaxStartups 1:100:1"}});
    const int holder = connectLoopback(sshd.port());
    QTest::qSleep(300);
    const auto result = connect(sshd.node(), {.attempts = 3, .firstPauseSeconds = 0.05});
    ::close(holder);
    QVERIFY(!result);
    QCOMPARE(result.error().kind, FailureKind::Throttled);
    QVERIFY(domain::mayRetry(result.error()));
}

/// sshd asks a command for the keys of a user; this one ends its sshd the first two times, and for ever without a limit.
void TestSshConnect::brokenInLoginIsTriedAgain()
{
    if (geteuid() != 0)
        QSKIP("sshd runs this command only when it is root's");
    const auto script = m_folder.filePath("keys.sh").toStdString();
    const auto tries = m_folder.filePath("tries").toStdString();
    const auto write = [&](int limit) {
        std::filesystem::remove(tries);
        std::ofstream(script) << "echo >>" << tries << "\n[ $(wc -l <" << tries << ") -gt " << limit << " ] || kill -9 $PPID\ncat "
                              << m_sshd->identity().string() << ".pub\n";
    };
    const TestSshd sshd({.config = {"AuthorizedKeysFile none", "AuthorizedKeysCommand /bin/sh " + script, "AuthorizedKeysCommandUser root"}});
    domain::Node node = sshd.node("n07");
    node.ssh.identity = m_sshd->identity();
    write(2);
    const auto result = connect(node, {.firstPauseSeconds = 0.05});
    QVERIFY2(result, result ? "" : domain::sentence(result.error()).c_str());

    write(100);
    const auto never = connect(node, {.firstPauseSeconds = 0.05});
    QVERIFY(!never);
    QCOMPARE(never.error().kind, FailureKind::Lost);
    QVERIFY2(never.error().attempted.find("3 times") != std::string::npos, domain::sentence(never.error()).c_str());
}

void TestSshConnect::wrongKey()
{
    const auto key = m_folder.filePath("other_key").toStdString();
    TestSshd::makeKey(key);
    domain::Node node = m_sshd->node("n07");
    node.ssh.identity = key;
    const auto result = connect(node);
    QVERIFY(!result);
    QCOMPARE(result.error().stage, Stage::Login);
    QCOMPARE(result.error().kind, FailureKind::Refused);
    QVERIFY2(result.error().attempted.find(key) != std::string::npos, result.error().attempted.c_str());
    QVERIFY(!domain::mayRetry(result.error()));
}

void TestSshConnect::missingKeyFile()
{
    domain::Node node = m_sshd->node("n07");
    node.ssh.identity = "/nowhere/id_ed25519";
    const auto result = connect(node);
    QVERIFY(!result);
    QCOMPARE(result.error().stage, Stage::Login);
    QCOMPARE(result.error().kind, FailureKind::NotFound);
}

void TestSshConnect::encryptedKeyFile_data()
{
    QTest::addColumn<bool>("pem");
    QTest::newRow("OpenSSH") << false;
    QTest::newRow("PEM") << true;
}

void TestSshConnect::encryptedKeyFile()
{
    QFETCH(bool, pem);
    const auto key = m_folder.filePath(pem ? "pem_key" : "locked_key").toStdString();
    if (pem) {
        const auto make = "ssh-keygen -q -t rsa -b 2048 -m PEM -N secret -f " + key;
        QCOMPARE(std::system(make.c_str()), 0);
    } else {
        TestSshd::makeKey(key, "secret");
    }
    std::ofstream(m_sshd->folder() / "authorized_keys", std::ios::app) << TestSshd::read(key + ".pub");
    domain::Node node = m_sshd->node("n07");
    node.ssh.identity = key;
    const auto result = connect(node);
    QVERIFY(!result);
    QCOMPARE(result.error().stage, Stage::Login);
    QVERIFY2(result.error().attempted.find("passphrase") != std::string::npos, result.error().attempted.c_str());
    QVERIFY2(result.error().advice.find("ssh-add") != std::string::npos, result.error().advice.c_str());
}

void TestSshConnect::noPublicKeysAllowed()
{
    const TestSshd sshd({.config = {"PubkeyAuthentication no", "PasswordAuthentication yes"}});
    const auto result = connect(sshd.node());
    QVERIFY(!result);
    QVERIFY2(result.error().advice.find("accepts no public keys") != std::string::npos,
             domain::sentence(result.error()).c_str());
}

void TestSshConnect::unknownUser()
{
    domain::Node node = m_sshd->node("n07");
    node.ssh.user = "nobody-of-that-name";
    const auto result = connect(node);
    QVERIFY(!result);
    QCOMPARE(result.error().stage, Stage::Login);
    QCOMPARE(result.error().kind, FailureKind::Refused);
}

/// An agent of our own holds the key; the inventory names none.
void TestSshConnect::agentKey()
{
    const auto socket = m_folder.filePath("agent").toStdString();
    const auto start = "ssh-agent -a " + socket + " > " + socket + ".out && SSH_AUTH_SOCK=" + socket + " ssh-add -q "
        + m_sshd->identity().string();
    QCOMPARE(std::system(start.c_str()), 0);
    const std::string said = TestSshd::read(socket + ".out");
    const auto at = said.find("SSH_AGENT_PID=");
    QVERIFY(at != std::string::npos);
    const int pid = std::atoi(said.c_str() + at + 14);

    qputenv("SSH_AUTH_SOCK", QByteArray::fromStdString(socket));
    domain::Node node = m_sshd->node("n07");
    node.ssh.identity.clear();
    const auto result = connect(node);
    qunsetenv("SSH_AUTH_SOCK");
    kill(pid, SIGTERM);
    QVERIFY2(result, result ? "" : domain::sentence(result.error()).c_str());
}

void TestSshConnect::loginShellThatRefuses()
{
    if (!TestSshd::canHaveOwnFolders())
        QSKIP("needs root and mount namespaces");
    const TestSshd sshd({.ownFolders = true,
                         .prepare = "sed 's#^\\(root:.*\\):[^:]*$#\\1:/usr/sbin/nologin#' /etc/passwd >/mnt/passwd\n"
                                    "mount --bind /mnt/passwd /etc/passwd"});
    QVERIFY(connect(sshd.node()));
    const auto answer = m_link->run("echo hello", {}, 10, m_never);
    QVERIFY(!answer);
    QCOMPARE(answer.error().kind, FailureKind::Unsupported);
    QVERIFY2(answer.error().what.find("not available") != std::string::npos, answer.error().what.c_str());
}

void TestSshConnect::noisyLoginShell()
{
    if (!TestSshd::canHaveOwnFolders())
        QSKIP("needs root and mount namespaces");
    // Bash reads .bashrc when sshd starts it.
    const TestSshd sshd({.ownFolders = true,
                         .prepare = "echo 'echo Welcome; echo \"machine toaster\"; head -c 300000 /dev/zero; echo motd >&2' "
                                    ">\"$HOME/.bashrc\""});
    QVERIFY(connect(sshd.node()));
    const auto answer = m_link->run("echo pure; echo clean >&2", {}, 10, m_never);
    QVERIFY(answer);
    QCOMPARE(answer->output, std::string("pure\n"));
    QCOMPARE(answer->errors, std::string("clean\n"));
    const auto sink = std::make_shared<KeepingSink>();
    QVERIFY(m_link->attach("echo stream", sink));
    const auto end = sink->awaitEnd();
    QVERIFY(end && *end);
    QCOMPARE(sink->text(), std::string("stream\n"));
}

void TestSshConnect::otherLoginShells_data()
{
    QTest::addColumn<QString>("shell");
    for (const char *shell : {"/bin/dash", "/bin/bash", "/bin/csh", "/bin/tcsh", "/bin/zsh", "/usr/bin/fish"})
        QTest::newRow(shell) << QString(shell);
}

void TestSshConnect::otherLoginShells()
{
    QFETCH(QString, shell);
    if (!TestSshd::canHaveOwnFolders() || !QFile::exists(shell))
        QSKIP("needs root, mount namespaces and this shell");
    const TestSshd sshd({.ownFolders = true,
                         .prepare = "sed 's#^\\(root:.*\\):[^:]*$#\\1:" + shell.toStdString()
                             + "#' /etc/passwd >/mnt/passwd\nmount --bind /mnt/passwd /etc/passwd"});
    QVERIFY(connect(sshd.node()));
    const auto answer = m_link->run("for i in 1 2; do\n printf '%s %s\\n' \"it's $i\" '!x \\n'\ndone\ncat", "in", 10, m_never);
    QVERIFY(answer);
    QCOMPARE(answer->output, std::string("it's 1 !x \\n\nit's 2 !x \\n\nin"));
}

void TestSshConnect::serverKilledMidStream()
{
    const TestSshd sshd;
    QVERIFY(connect(sshd.node()));
    const auto sink = std::make_shared<KeepingSink>();
    QVERIFY(m_link->attach("while echo line; do sleep 0.05; done", sink));
    QVERIFY(sink->awaitText("line\nline\n"));
    for (const pid_t pid : sshd.sessions())
        kill(pid, SIGKILL);
    const auto end = sink->awaitEnd(5);
    QVERIFY(end && !*end);
    QCOMPARE(end->error().kind, FailureKind::Lost);
    QVERIFY(domain::mayRetry(end->error()));
}

void TestSshConnect::stoppedPeerIsSilent()
{
    const TestSshd sshd;
    QVERIFY(connect(sshd.node(), {.silentSeconds = 1}));
    const auto sink = std::make_shared<KeepingSink>();
    QVERIFY(m_link->attach("while echo line; do sleep 0.1; done", sink));
    QVERIFY(sink->awaitText("line\nline\n"));
    QTest::qSleep(1500);
    QVERIFY(!sink->awaitEnd(0.01)); // who speaks is not silent
    for (const pid_t pid : sshd.sessions())
        kill(pid, SIGSTOP);
    QElapsedTimer timer;
    timer.start();
    const auto end = sink->awaitEnd(10);
    QVERIFY(end && !*end);
    QCOMPARE(end->error().kind, FailureKind::Lost);
    QVERIFY2(end->error().what.find("silent for 1 s") != std::string::npos, end->error().what.c_str());
    QVERIFY(timer.elapsed() < 2500);
}

void TestSshConnect::failuresNameNodeAndPort()
{
    const SilentServer server;
    const auto result = connect(nodeAt(server.port()), {.connectSeconds = 0.2});
    QVERIFY(!result);
    const std::string expected = "n07 (127.0.0.1:" + std::to_string(server.port()) + ")";
    QVERIFY2(result.error().what.starts_with(expected), result.error().what.c_str());
    QVERIFY(!result.error().attempted.empty());
    QVERIFY(!result.error().advice.empty());
}

SEATRIAL_TEST_MAIN_IF(TestSshd::available(), TestSshConnect)
#include "test_ssh_connect.moc"
