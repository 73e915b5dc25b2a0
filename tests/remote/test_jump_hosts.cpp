// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes that are reached through other hosts: one session to each of these, and what becomes of its nodes when it fails.
#ifndef Q_MOC_RUN // which stumbles over <poll.h>
#include "tests/remote/jump_tools.h"
#include "tests/support/link_tools.h"
#include "tests/support/test_sshd.h"
#endif
#include "tests/support/test_main_if.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

using namespace seatrial;
using namespace seatrial::tests;
using domain::FailureKind;
using domain::Stage;

class TestJumpHosts : public JumpFixture
{
    Q_OBJECT

private slots:
    void initTestCase();
    void oneHop();
    void twoHops();
    void wayOfTheConfiguration();
    void jumpHostOfAJumpHost();
    void circleIsTold();
    void waysToWriteAHop();
    void manyNodesOverOneSession();
    void throttledJumpHostIsTriedAgain();
    void throttledForEver();
    void throttledNodeBehind();
    void refusedByTheJumpHost();
    void unreachableJumpHostIsToldToAll();
    void aSecondTryIsATry();
    void aLongQueueIsNoThrottling();
    void changedKeyStopsAll();
    void unknownKeyIsAskedOnce();
    void refusedBehind();
    void refusedManyAtOnce();
    void eachItsOwnReason();
    void unknownNameBehind();
    void forwardingForbidden();
    void permitOpenOfOthers();
};

void TestJumpHosts::initTestCase()
{
    start();
}

void TestJumpHosts::oneHop()
{
    const auto links = factory();
    const auto link = links->link(nodeBehind(*m_sshd, {"gate"}));
    const auto connected = link->connect(m_refuse, m_never);
    QVERIFY2(connected, connected ? "" : domain::sentence(connected.error()).c_str());
    QVERIFY(echo(*link));
    const auto sink = std::make_shared<KeepingSink>();
    QVERIFY(link->attach("cat", sink));
    link->send("through\n");
    QVERIFY(sink->awaitText("through\n"));
    QCOMPARE(logins(*m_gate), 1);
    QCOMPARE(logins(*m_sshd), 1);
}

void TestJumpHosts::twoHops()
{
    const int before = logins(*m_inner);
    const auto links = factory();
    const auto link = links->link(nodeBehind(*m_sshd, {"gate", "inner"}));
    const auto connected = link->connect(m_refuse, m_never);
    QVERIFY2(connected, connected ? "" : domain::sentence(connected.error()).c_str());
    QVERIFY(echo(*link));
    QCOMPARE(logins(*m_inner), before + 1);
}

void TestJumpHosts::wayOfTheConfiguration()
{
    writeConfig(hostBlock("node", *m_sshd) + "  ProxyJump gate\n");
    domain::Node node = m_sshd->node("n07");
    node.address = "node";
    const int before = logins(*m_gate);
    const auto links = factory();
    const auto link = links->link(node);
    const auto connected = link->connect(m_refuse, m_never);
    QVERIFY2(connected, connected ? "" : domain::sentence(connected.error()).c_str());
    QVERIFY(echo(*link));
    QCOMPARE(logins(*m_gate), before + 1);

    node.ssh.jumps.emplace(); // "jump: none"
    const auto direct = factory()->link(node);
    QVERIFY(direct->connect(m_refuse, m_never));
    QVERIFY(echo(*direct));
    QCOMPARE(logins(*m_gate), before + 1);
    writeConfig();
}

void TestJumpHosts::jumpHostOfAJumpHost()
{
    writeConfig(hostBlock("hidden", *m_inner) + "  ProxyJump gate\n");
    const int before = logins(*m_gate);
    const auto link = factory()->link(nodeBehind(*m_sshd, {"hidden"}));
    const auto connected = link->connect(m_refuse, m_never);
    QVERIFY2(connected, connected ? "" : domain::sentence(connected.error()).c_str());
    QCOMPARE(logins(*m_gate), before + 1);
    writeConfig();
}

void TestJumpHosts::circleIsTold()
{
    writeConfig("Host east\n  ProxyJump west\nHost west\n  ProxyJump east\n");
    const auto result = factory()->link(nodeBehind(*m_sshd, {"east"}))->connect(m_refuse, m_never);
    QVERIFY(!result);
    QCOMPARE(result.error().stage, Stage::Input);
    QVERIFY2(contains(result.error().what, "circle"), domain::sentence(result.error()).c_str());
    writeConfig();
}

void TestJumpHosts::waysToWriteAHop()
{
    const auto links = factory();
    const std::string user = m_gate->node().ssh.user;
    for (const std::string &hop : {std::string("ssh://gate"), "gate:" + std::to_string(m_gate->port()), user + "@gate"}) {
        const auto result = links->link(nodeBehind(*m_sshd, {hop}))->connect(m_refuse, m_never);
        QVERIFY2(result, result ? "" : (hop + ": " + domain::sentence(result.error())).c_str());
    }
    for (const std::string hop : {"", "gate:x", "gate:0", "gate:99999", "[::1", "[gate]x", "-oProxyCommand=touch", "a b", "gate\ninner"}) {
        const auto result = links->link(nodeBehind(*m_sshd, {hop}))->connect(m_refuse, m_never);
        QVERIFY2(!result, hop.c_str());
        QVERIFY2(result.error().stage == Stage::Input, (hop + ": " + domain::sentence(result.error())).c_str());
        QVERIFY(result.error().what.find('\n') == std::string::npos);
    }
}

/// The jump host drops every login beyond the second that is not through yet, the node's sshd does so from the tenth on.
void TestJumpHosts::manyNodesOverOneSession()
{
    const TestSshd gate({.config = {"MaxStartups 2:100:2", "MaxSessions 1"}});
    const TestSshd shared({.config = {"MaxStartups 10:30:100", "MaxSessions 1"}});
    writeConfig(hostBlock("narrow", gate));
    const auto links = factory();
    Crowd crowd(*links, 24, [&](int i) { return nodeBehind(shared, {"narrow"}, "n" + std::to_string(i)); });
    crowd.connect(m_refuse);
    for (const auto &result : crowd.results)
        QVERIFY2(result, result ? "" : domain::sentence(result.error()).c_str());
    for (const auto &link : crowd.links)
        QVERIFY(echo(*link));
    QCOMPARE(logins(gate), 1);
    QCOMPARE(logins(shared), 24);
    const int most = mostUnauthenticated(shared);
    QVERIFY2(most >= 2 && most <= 8 + 2, qPrintable(QString::number(most))); // sshd's listener sees the end of one later than we do
    writeConfig();
}

void TestJumpHosts::throttledJumpHostIsTriedAgain()
{
    const TestSshd gate({.config = {"MaxStartups 1:100:1"}});
    writeConfig(hostBlock("narrow", gate));
    const int holder = connectLoopback(gate.port());
    QVERIFY(holder >= 0);
    QTest::qSleep(300);
    std::thread release([holder] {
        QTest::qSleep(500);
        ::close(holder);
    });
    const auto links = factory();
    Crowd crowd(*links, 6, [&](int) { return nodeBehind(*m_sshd, {"narrow"}); });
    crowd.connect(m_refuse);
    release.join();
    for (const auto &result : crowd.results)
        QVERIFY2(result, result ? "" : domain::sentence(result.error()).c_str());
    QCOMPARE(logins(gate), 1);
    writeConfig();
}

void TestJumpHosts::throttledForEver()
{
    const TestSshd gate({.config = {"MaxStartups 1:100:1"}});
    writeConfig(hostBlock("narrow", gate));
    const int holder = connectLoopback(gate.port());
    QTest::qSleep(300);
    const auto links = factory({.attempts = 3, .firstPauseSeconds = 0.05});
    Crowd crowd(*links, 6, [&](int) { return nodeBehind(*m_sshd, {"narrow"}); });
    QElapsedTimer timer;
    timer.start();
    crowd.connect(m_refuse);
    ::close(holder);
    for (const auto &result : crowd.results) {
        QVERIFY(!result);
        QCOMPARE(result.error().kind, FailureKind::Throttled);
        QVERIFY2(contains(result.error().what, "through jump host narrow"), result.error().what.c_str());
        QVERIFY2(contains(result.error().attempted, "3 times"), result.error().attempted.c_str());
    }
    QVERIFY2(timer.elapsed() < 3000, qPrintable(QString::number(timer.elapsed()))); // the nodes did not try on by themselves
    writeConfig();
}

void TestJumpHosts::throttledNodeBehind()
{
    const TestSshd node({.config = {"MaxStartups 1:100:1"}});
    const int holder = connectLoopback(node.port());
    QTest::qSleep(300);
    const auto late = factory({.attempts = 2, .firstPauseSeconds = 0.05})->link(nodeBehind(node, {"gate"}))->connect(m_refuse, m_never);
    QVERIFY(!late);
    QCOMPARE(late.error().kind, FailureKind::Throttled);
    QVERIFY2(contains(late.error().attempted, "2 times in "), late.error().attempted.c_str());

    const auto links = factory({.firstPauseSeconds = 0.1});
    const auto link = links->link(nodeBehind(node, {"gate"}));
    std::thread release([holder] {
        QTest::qSleep(700);
        ::close(holder);
    });
    const auto result = link->connect(m_refuse, m_never);
    release.join();
    QVERIFY2(result, result ? "" : domain::sentence(result.error()).c_str());
}

void TestJumpHosts::refusedByTheJumpHost()
{
    const TestSshd gate;
    const auto key = m_folder.filePath("other_key").toStdString();
    TestSshd::makeKey(key);
    std::string block = hostBlock("foreign", gate);
    block.replace(block.find(gate.identity().string()), gate.identity().string().size(), key);
    writeConfig(block);
    const auto result = factory()->link(nodeBehind(*m_sshd, {"foreign"}))->connect(m_refuse, m_never);
    QVERIFY(!result);
    QCOMPARE(result.error().stage, Stage::Login);
    QVERIFY2(contains(result.error().what, "through jump host foreign"), result.error().what.c_str());
    QVERIFY2(contains(result.error().attempted, key), result.error().attempted.c_str());
    QVERIFY2(contains(result.error().advice, "Host foreign"), result.error().advice.c_str());
    writeConfig();
}

void TestJumpHosts::unreachableJumpHostIsToldToAll()
{
    std::uint16_t port = 0;
    {
        const SilentServer gone;
        port = gone.port();
    }
    writeConfig("Host nowhere\n  HostName 127.0.0.1\n  Port " + std::to_string(port) + "\n");
    const auto links = factory();
    Crowd crowd(*links, 5, [&](int i) { return nodeBehind(*m_sshd, {"nowhere"}, "n" + std::to_string(i)); });
    crowd.connect(m_refuse);
    for (std::size_t i = 0; i < crowd.results.size(); ++i) {
        const auto &result = crowd.results[i];
        QVERIFY(!result);
        QCOMPARE(result.error().kind, FailureKind::Refused);
        QVERIFY2(result.error().what.starts_with("n" + std::to_string(i) + " (127.0.0.1:"), result.error().what.c_str());
        QVERIFY2(contains(result.error().what, " behind nowhere): through jump host nowhere (127.0.0.1:"), result.error().what.c_str());
    }
    writeConfig();
}

/// A campaign tries a node once more after 2 s.
void TestJumpHosts::aSecondTryIsATry()
{
    const TestSshd gate({.config = {"MaxStartups 1:100:1"}});
    writeConfig(hostBlock("narrow", gate));
    const auto links = factory({.attempts = 1});
    const int holder = connectLoopback(gate.port());
    QTest::qSleep(300);
    QVERIFY(!links->link(nodeBehind(*m_sshd, {"narrow"}))->connect(m_refuse, m_never));
    ::close(holder);
    QTest::qSleep(2000);
    const auto result = links->link(nodeBehind(*m_sshd, {"narrow"}))->connect(m_refuse, m_never);
    QVERIFY2(result, result ? "" : domain::sentence(result.error()).c_str());
    writeConfig();
}

/// Eight logins are held up by a person; the ninth waits, and its sshd has little patience.
void TestJumpHosts::aLongQueueIsNoThrottling()
{
    class Slow : public FixedAnswer
    {
    public:
        Slow() : FixedAnswer(campaign::HostKeyAnswer::TrustOnce) {}
        campaign::HostKeyAnswer ask(const campaign::HostKeyQuestion &question) override
        {
            const auto answer = FixedAnswer::ask(question);
            QTest::qSleep(3500);
            return answer;
        }
    };
    const TestSshd unknown;
    std::ofstream(unknown.knownHosts()).close();
    const TestSshd hasty({.config = {"LoginGraceTime 2"}});
    const auto links = factory({.attempts = 1, .waitedSeconds = 1});
    QVERIFY(links->link(nodeBehind(*m_sshd, {"gate"}))->connect(m_refuse, m_never));
    Slow slow;
    Crowd crowd(*links, 8, [&](int) { return nodeBehind(unknown, {"gate"}); });
    std::thread others([&] { crowd.connect(slow); });
    while (slow.asked().size() < 8)
        QTest::qSleep(20);
    const auto result = links->link(nodeBehind(hasty, {"gate"}))->connect(m_refuse, m_never);
    others.join();
    QVERIFY2(result, result ? "" : domain::sentence(result.error()).c_str());
    QVERIFY(connections(hasty) > 1);
}

void TestJumpHosts::changedKeyStopsAll()
{
    const TestSshd gate;
    std::ofstream(gate.knownHosts()) << "[127.0.0.1]:" << gate.port() << ' ' << m_sshd->hostKey() << '\n';
    writeConfig(hostBlock("narrow", gate));
    FixedAnswer trusting(campaign::HostKeyAnswer::TrustAndSave);
    const auto links = factory();
    Crowd crowd(*links, 5, [&](int) { return nodeBehind(*m_sshd, {"narrow"}); });
    crowd.connect(trusting);
    for (const auto &result : crowd.results) {
        QVERIFY(!result);
        QCOMPARE(result.error().stage, Stage::HostKey);
        QCOMPARE(result.error().kind, FailureKind::Changed);
        QVERIFY2(contains(result.error().what, "through jump host narrow"), result.error().what.c_str());
        QVERIFY(!domain::mayRetry(result.error()));
    }
    QVERIFY(trusting.asked().empty());
    QCOMPARE(logins(gate), 0);
    QCOMPARE(connections(gate), 1);
    writeConfig();
}

void TestJumpHosts::unknownKeyIsAskedOnce()
{
    const TestSshd gate;
    std::ofstream(gate.knownHosts()).close();
    writeConfig(hostBlock("narrow", gate));
    FixedAnswer trusting(campaign::HostKeyAnswer::TrustOnce);
    const auto links = factory();
    Crowd crowd(*links, 6, [&](int) { return nodeBehind(*m_sshd, {"narrow"}); });
    crowd.connect(trusting);
    for (const auto &result : crowd.results)
        QVERIFY2(result, result ? "" : domain::sentence(result.error()).c_str());
    QCOMPARE(trusting.asked().size(), std::size_t(1));
    QCOMPARE(trusting.asked()[0].node.text(), std::string("jump host narrow"));
    QCOMPARE(trusting.asked()[0].host, "[127.0.0.1]:" + std::to_string(gate.port()));

    FixedAnswer refusing;
    const auto others = factory();
    Crowd refused(*others, 6, [&](int) { return nodeBehind(*m_sshd, {"narrow"}); });
    refused.connect(refusing);
    for (const auto &result : refused.results) {
        QVERIFY(!result);
        QCOMPARE(result.error().stage, Stage::HostKey);
    }
    QCOMPARE(refusing.asked().size(), std::size_t(1));
    writeConfig();
}

void TestJumpHosts::refusedBehind()
{
    std::uint16_t port = 0;
    {
        const SilentServer gone;
        port = gone.port();
    }
    domain::Node node = nodeBehind(*m_sshd, {"gate"});
    node.ssh.port = port;
    const auto links = factory();
    const auto good = links->link(nodeBehind(*m_sshd, {"gate"}));
    QVERIFY(good->connect(m_refuse, m_never));
    QElapsedTimer timer;
    timer.start();
    const auto result = links->link(node)->connect(m_refuse, m_never);
    QVERIFY(!result);
    QVERIFY(timer.elapsed() < 2000);
    QCOMPARE(result.error().stage, Stage::Connect);
    QCOMPARE(result.error().kind, FailureKind::Refused);
    QVERIFY2(contains(result.error().what, "connection refused"), result.error().what.c_str());
    QVERIFY2(contains(result.error().attempted, "jump host gate"), result.error().attempted.c_str());
    QVERIFY(echo(*good));
}

/// libssh keeps the words of the last refusal alone; here come twenty at once.
void TestJumpHosts::refusedManyAtOnce()
{
    std::vector<std::uint16_t> ports;
    {
        std::vector<std::unique_ptr<SilentServer>> gone;
        for (int i = 0; i < 20; ++i)
            ports.push_back(gone.emplace_back(std::make_unique<SilentServer>())->port());
    }
    const auto links = factory();
    const auto good = links->link(nodeBehind(*m_sshd, {"gate"}));
    QVERIFY(good->connect(m_refuse, m_never));
    for (const pid_t pid : m_gate->sessions())
        kill(pid, SIGSTOP); // so that the answers come together
    std::thread later([this] {
        QTest::qSleep(500);
        for (const pid_t pid : m_gate->sessions())
            kill(pid, SIGCONT);
    });
    Crowd crowd(*links, 20, [&](int i) {
        domain::Node node = nodeBehind(*m_sshd, {"gate"});
        node.ssh.port = ports[static_cast<std::size_t>(i)];
        return node;
    });
    crowd.connect(m_refuse);
    later.join();
    for (const auto &result : crowd.results) {
        QVERIFY(!result);
        QVERIFY2(contains(result.error().what, "connection refused"), domain::sentence(result.error()).c_str());
    }
}

/// Ten that nobody listens at, and ten that the jump host forbids, in turn and over and over, so that some come as others go.
void TestJumpHosts::eachItsOwnReason()
{
    std::vector<std::uint16_t> ports;
    std::string permitted = "PermitOpen 127.0.0.1:" + std::to_string(m_sshd->port());
    {
        std::vector<std::unique_ptr<SilentServer>> gone;
        for (int i = 0; i < 20; ++i)
            ports.push_back(gone.emplace_back(std::make_unique<SilentServer>())->port());
    }
    for (std::size_t i = 0; i < ports.size(); i += 2)
        permitted += " 127.0.0.1:" + std::to_string(ports[i]);
    const TestSshd gate({.config = {permitted}});
    writeConfig(hostBlock("choosy", gate));
    const auto links = factory();
    // Somebody keeps the session busy, so that several are asked for in one round.
    const auto busy = links->link(nodeBehind(*m_sshd, {"choosy"}));
    QVERIFY(busy->connect(m_refuse, m_never));
    class Taker : public campaign::StreamSink
    {
    public:
        void bytes(std::string_view) override {}
        void ended(domain::Result<int>, std::string) override {}
    };
    QVERIFY(busy->attach("exec cat /dev/zero", std::make_shared<Taker>()));
    QTest::qSleep(200);
    std::mutex mutex;
    std::vector<std::string> wrong;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        threads.emplace_back([&, i] {
            for (int round = 0; round < 15; ++round) {
                domain::Node node = nodeBehind(*m_sshd, {"choosy"});
                node.ssh.port = ports[i];
                const auto result = links->link(node)->connect(m_refuse, m_never);
                const std::string told = result ? "connected" : domain::sentence(result.error());
                const std::lock_guard lock(mutex);
                if (!contains(told, i % 2 == 0 ? "connection refused" : "does not let us through"))
                    wrong.push_back(std::to_string(i) + ": " + told);
            }
        });
    }
    for (auto &thread : threads)
        thread.join();
    busy->close();
    QVERIFY2(wrong.empty(), (std::to_string(wrong.size()) + " of 300, such as " + (wrong.empty() ? "" : wrong.front())).c_str());
    writeConfig();
}

void TestJumpHosts::unknownNameBehind()
{
    domain::Node node = nodeBehind(*m_sshd, {"gate"});
    node.address = "no-such-host.invalid";
    const auto result = factory()->link(node)->connect(m_refuse, m_never);
    QVERIFY(!result);
    QCOMPARE(result.error().stage, Stage::Resolve);
    QVERIFY2(contains(result.error().what, "the jump host gate"), result.error().what.c_str());
}

void TestJumpHosts::forwardingForbidden()
{
    const TestSshd gate({.config = {"AllowTcpForwarding no"}});
    writeConfig(hostBlock("closed", gate));
    const auto links = factory();
    Crowd crowd(*links, 10, [&](int) { return nodeBehind(*m_sshd, {"closed"}); });
    crowd.connect(m_refuse);
    for (const auto &result : crowd.results) {
        QVERIFY(!result);
        QCOMPARE(result.error().kind, FailureKind::Refused);
        QVERIFY2(contains(result.error().what, "jump host closed does not let us through"), result.error().what.c_str());
        QVERIFY(contains(result.error().advice, "AllowTcpForwarding"));
    }
    writeConfig();
}

void TestJumpHosts::permitOpenOfOthers()
{
    const TestSshd gate({.config = {"PermitOpen 127.0.0.1:" + std::to_string(m_sshd->port())}});
    writeConfig(hostBlock("choosy", gate));
    const auto links = factory();
    QVERIFY(links->link(nodeBehind(*m_sshd, {"choosy"}))->connect(m_refuse, m_never));
    const auto result = links->link(nodeBehind(*m_inner, {"choosy"}))->connect(m_refuse, m_never);
    QVERIFY(!result);
    QCOMPARE(result.error().kind, FailureKind::Refused);
    QVERIFY(contains(result.error().advice, "PermitOpen"));
    writeConfig();
}

SEATRIAL_TEST_MAIN_IF(TestSshd::available(), TestJumpHosts)
#include "test_jump_hosts.moc"
