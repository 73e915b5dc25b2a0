// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/ssh_config.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <map>
#include <thread>
#include <sys/socket.h>

using namespace seatrial;
using namespace seatrial::remote;

class TestSshConfig : public QObject
{
    Q_OBJECT

private slots:
    void patterns_data();
    void patterns();
    void likeness_data();
    void likeness();
    void likeHostsReallyResolveAlike();
    void readsDump();
    void inventoryWins();
    void waysToLogIn_data();
    void waysToLogIn();
    void certificates();
    void sharedAnswerKeepsOwnName();
    void jumpHosts_data();
    void jumpHosts();
    void proxyCommandIsRefused();
    void damagedDump();
    void badNames_data();
    void badNames();
    void asksSshOnceForLikeHosts();
    void asksEachWhereItMatters();
    void badConfigurationSaysWhere();
    void slowMatchIsCancelled();

private:
    static domain::Node node(const std::string &address)
    {
        domain::Node node;
        node.id = domain::NodeId("n01");
        node.address = address;
        return node;
    }
    std::filesystem::path config(const std::string &text)
    {
        const std::filesystem::path file = m_folder.filePath("config").toStdString();
        std::ofstream(file) << text;
        return file;
    }
    static bool haveSsh() { return !QStandardPaths::findExecutable("ssh").isEmpty(); }

    QTemporaryDir m_folder;
    const std::atomic<bool> m_never{false};
};

void TestSshConfig::patterns_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("matches");
    QTest::newRow("same") << "n01" << "n01" << true;
    QTest::newRow("other") << "n01" << "n02" << false;
    QTest::newRow("prefix is not enough") << "n0" << "n01" << false;
    QTest::newRow("star") << "n*" << "n01" << true;
    QTest::newRow("star alone") << "*" << "" << true;
    QTest::newRow("star in the middle") << "r*-n*1" << "r1-gpu-n011" << true;
    QTest::newRow("question mark") << "n0?" << "n01" << true;
    QTest::newRow("question mark needs one") << "n01?" << "n01" << false;
    QTest::newRow("many stars end") << QString("*a").repeated(20) + "b" << QString("a").repeated(40) << false;
}

void TestSshConfig::patterns()
{
    QFETCH(QString, pattern);
    QFETCH(QString, text);
    QFETCH(bool, matches);
    QCOMPARE(ConfigScan::matches(pattern.toStdString(), text.toStdString()), matches);
}

void TestSshConfig::likeness_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("decidable"); ///< for n01 and n02
    QTest::addColumn<bool>("alike");
    QTest::newRow("nothing") << "" << true << true;
    QTest::newRow("comment") << "# Match exec \"x\"\n" << true << true;
    QTest::newRow("Debian's own") << "Host *\n SendEnv LANG LC_*\n HashKnownHosts yes\n" << true << true;
    QTest::newRow("both") << "Host n0*\n User a\n" << true << true;
    QTest::newRow("one of them") << "Host n01\n User a\n" << true << false;
    QTest::newRow("with equals sign") << "Host=n01\n User a\n" << true << false;
    QTest::newRow("negated") << "Host * !n02\n User a\n" << true << false;
    QTest::newRow("other host") << "Host login\n HostName 10.0.0.1\n" << true << true;
    QTest::newRow("host name for one") << "Host n01\n HostName 10.0.0.1\n" << false << false;
    QTest::newRow("host name for all") << "HostName %h.cluster\n" << false << false;
    QTest::newRow("match all") << "Match all\n User a\n" << true << true;
    QTest::newRow("match host") << "Match host n01\n User a\n" << false << false;
    QTest::newRow("match exec") << "Match exec \"true\"\n User a\n" << false << false;
    QTest::newRow("canonical names") << "CanonicalizeHostname yes\n" << false << false;
    QTest::newRow("quotes") << "Host \"n01\"\n User a\n" << false << false;
    QTest::newRow("capitals") << "Host N01\n User a\n" << false << false;
    QTest::newRow("keyword in capitals") << "HOST n01\n USER a\n" << true << false;
}

void TestSshConfig::likeness()
{
    QFETCH(QString, text);
    QFETCH(bool, decidable);
    QFETCH(bool, alike);
    const auto scan = ConfigScan::read(m_folder.path().toStdString(), config(text.toStdString()));
    const auto first = scan.likeness("n01");
    const auto second = scan.likeness("n02");
    QCOMPARE(first.has_value() && second.has_value(), decidable);
    if (decidable)
        QCOMPARE(first == second, alike);
}

/// The rule against ssh itself, with Include in the play.
void TestSshConfig::likeHostsReallyResolveAlike()
{
    if (!haveSsh())
        QSKIP("ssh is not installed");
    std::ofstream(m_folder.filePath("more").toStdString()) << "User included\nHost n03\n User third\n Port 3\n";
    const auto file = config("Host n0?\n Include " + m_folder.filePath("more").toStdString()
                             + "\n ConnectTimeout 7\nHost n02\n Port 2\nHost *\n Port 99\n IdentitiesOnly yes\n");
    const auto scan = ConfigScan::read(m_folder.path().toStdString(), file);
    std::map<std::string, std::string> seen;
    for (const std::string host : {"n01", "n02", "n03", "n04", "zz1", "zz2"}) {
        QProcess ssh;
        ssh.start("ssh", {"-G", "-T", "-F", QString::fromStdString(file), "--", QString::fromStdString(host)});
        QVERIFY(ssh.waitForFinished());
        std::string dump = ssh.readAllStandardOutput().toStdString();
        for (std::size_t at; (at = dump.find(host)) != std::string::npos;)
            dump.replace(at, host.size(), "HOST");
        const auto likeness = scan.likeness(host);
        QVERIFY(likeness.has_value());
        const auto [known, isNew] = seen.emplace(*likeness, dump);
        QCOMPARE(QString::fromStdString(known->second), QString::fromStdString(dump));
    }
    QCOMPARE(seen.size(), std::size_t(4)); // n01 n04 | n02 | n03 | zz1 zz2
}

void TestSshConfig::readsDump()
{
    const auto settings = SshConfig::parse("host n01\nuser alice\nhostname 10.0.0.1\nport 2222\naddressfamily inet6\n"
                                           "identitiesonly yes\nidentityfile ~/.ssh/id_%h\nidentityfile /keys/%r@%p%%\n"
                                           "identityfile none\nhostkeyalias gate\nconnecttimeout 7\nidentityagent /run/agent\n"
                                           "userknownhostsfile /a /b\nglobalknownhostsfile /c\nrevokedhostkeys none\n"
                                           "proxyjump none\n",
                                           node("n01"), false);
    QVERIFY(settings);
    QCOMPARE(settings->host, std::string("10.0.0.1"));
    QCOMPARE(settings->user, std::string("alice"));
    QCOMPARE(settings->port, std::uint16_t(2222));
    QCOMPARE(settings->addressFamily, AF_INET6);
    QVERIFY(settings->identitiesOnly);
    QVERIFY(!settings->identityGiven);
    QCOMPARE(settings->identities.size(), std::size_t(2));
    QVERIFY(settings->identities[0].string().ends_with("/.ssh/id_10.0.0.1"));
    QVERIFY(settings->identities[0].string().starts_with("/"));
    QCOMPARE(settings->identities[1].string(), std::string("/keys/alice@2222%"));
    QCOMPARE(settings->knownAs(), std::string("gate"));
    QCOMPARE(*settings->connectSeconds, 7.0);
    QCOMPARE(settings->agentSocket, std::string("/run/agent"));
    QCOMPARE(settings->knownHosts.size(), std::size_t(2));
    QCOMPARE(settings->globalKnownHosts.size(), std::size_t(1));
    QVERIFY(settings->revokedKeys.empty());
}

void TestSshConfig::inventoryWins()
{
    domain::Node given = node("n01");
    given.ssh.user = "bob";
    given.ssh.port = 77;
    given.ssh.identity = "/keys/bob";
    given.ssh.knownHosts = "/known";
    const auto settings = SshConfig::parse("user alice\nhostname n01\nport 22\nidentityfile ~/.ssh/id_rsa\n"
                                           "userknownhostsfile /a\n",
                                           given, false);
    QVERIFY(settings);
    QCOMPARE(settings->user, std::string("bob"));
    QCOMPARE(settings->port, std::uint16_t(77));
    QVERIFY(settings->identityGiven);
    QCOMPARE(settings->identities, std::vector<std::filesystem::path>{"/keys/bob"});
    QCOMPARE(settings->knownHosts, std::vector<std::filesystem::path>{"/known"});
    QCOMPARE(settings->knownAs(), std::string("[n01]:77"));
}

void TestSshConfig::waysToLogIn_data()
{
    QTest::addColumn<QString>("lines");
    QTest::addColumn<QString>("allowed");
    QTest::newRow("all") << "" << "keys prompts password";
    QTest::newRow("no keys") << "pubkeyauthentication false\n" << "prompts password";
    QTest::newRow("no prompts") << "kbdinteractiveauthentication no\n" << "keys password";
    QTest::newRow("no password") << "passwordauthentication no\n" << "keys prompts";
    QTest::newRow("batch") << "batchmode yes\npasswordauthentication yes\n" << "keys";
    QTest::newRow("preferred") << "preferredauthentications password,publickey\n" << "keys password";
}

void TestSshConfig::waysToLogIn()
{
    QFETCH(QString, lines);
    QFETCH(QString, allowed);
    const auto settings
        = SshConfig::parse("user a\nhostname n01\nport 22\n" + lines.toStdString(), node("n01"), false);
    QVERIFY(settings);
    QStringList ways;
    if (settings->keysAllowed)
        ways << "keys";
    if (settings->promptsAllowed)
        ways << "prompts";
    if (settings->passwordAllowed)
        ways << "password";
    QCOMPARE(ways.join(' '), allowed);
}

void TestSshConfig::certificates()
{
    const std::string dump = "user a\nhostname n01\nport 22\ncertificatefile /a-cert.pub\ncertificatefile /b-%p-cert.pub\n";
    const auto configured = SshConfig::parse(dump, node("n01"), false);
    QVERIFY(configured && !configured->certificateGiven);
    QCOMPARE(configured->certificates, (std::vector<std::filesystem::path>{"/a-cert.pub", "/b-22-cert.pub"}));
    domain::Node named = node("n01");
    named.ssh.certificate = "/own-cert.pub";
    named.ssh.hostKeys = {"SHA256:x"};
    const auto given = SshConfig::parse(dump, named, false);
    QVERIFY(given && given->certificateGiven);
    QCOMPARE(given->certificates, std::vector<std::filesystem::path>{"/own-cert.pub"});
    QCOMPARE(given->hostKeys, std::vector<std::string>{"SHA256:x"});
}

void TestSshConfig::sharedAnswerKeepsOwnName()
{
    const auto settings = SshConfig::parse("user alice\nhostname n01\nport 22\n", node("n02"), true);
    QVERIFY(settings);
    QCOMPARE(settings->host, std::string("n02"));
}

void TestSshConfig::jumpHosts_data()
{
    using Hops = std::vector<std::string>;
    QTest::addColumn<QString>("line");
    QTest::addColumn<std::optional<Hops>>("given");
    QTest::addColumn<Hops>("expected");
    const std::optional<Hops> nothing;
    QTest::newRow("none") << "" << nothing << Hops{};
    QTest::newRow("none said") << "proxyjump none\n" << nothing << Hops{};
    QTest::newRow("one") << "proxyjump gate.cluster\n" << nothing << Hops{"gate.cluster"};
    QTest::newRow("two") << "proxyjump ops@gate:2222,[::1]:33\n" << nothing << Hops{"ops@gate:2222", "[::1]:33"};
    QTest::newRow("inventory") << "proxyjump gate\n" << std::optional(Hops{"other", "inner"}) << Hops{"other", "inner"};
    QTest::newRow("inventory: none") << "proxyjump gate\n" << std::optional(Hops{}) << Hops{};
    QTest::newRow("inventory over a command") << "proxycommand nc %h %p\n" << std::optional(Hops{"gate"}) << Hops{"gate"};
}

void TestSshConfig::jumpHosts()
{
    QFETCH(QString, line);
    QFETCH(std::optional<std::vector<std::string>>, given);
    QFETCH(std::vector<std::string>, expected);
    domain::Node there = node("n01");
    there.ssh.jumps = given;
    const auto settings = SshConfig::parse("user a\nhostname n01\nport 22\n" + line.toStdString(), there, false);
    QVERIFY(settings);
    QCOMPARE(settings->jumps, expected);
}

void TestSshConfig::proxyCommandIsRefused()
{
    const auto settings = SshConfig::parse("user a\nhostname n01\nport 22\nproxycommand nc %h %p\n", node("n01"), false);
    QVERIFY(!settings);
    QCOMPARE(settings.error().kind, domain::FailureKind::Unsupported);
    QVERIFY(settings.error().advice.find("ProxyJump") != std::string::npos);
}

void TestSshConfig::damagedDump()
{
    for (const char *dump : {"", "user a\nhostname n01\nport x\n", "user a\nport 22\n", "hostname n01\nport 99999\n"})
        QVERIFY2(!SshConfig::parse(dump, node("n01"), false), dump);
}

void TestSshConfig::badNames_data()
{
    QTest::addColumn<QString>("address");
    QTest::addColumn<QString>("user");
    QTest::newRow("option") << "-oProxyCommand=touch /tmp/hole" << "";
    QTest::newRow("blank") << "n01 n02" << "";
    QTest::newRow("newline") << "n01\nUser root" << "";
    QTest::newRow("user in it") << "root@n01" << "";
    QTest::newRow("substitution") << "$(id)" << "";
    QTest::newRow("user option") << "n01" << "-x";
    QTest::newRow("user with quote") << "n01" << "a'b";
    QTest::newRow("user with semicolon") << "n01" << "a;id";
}

void TestSshConfig::badNames()
{
    QFETCH(QString, address);
    QFETCH(QString, user);
    SshConfig ssh(config(""));
    domain::Node bad = node(address.toStdString());
    bad.ssh.user = user.toStdString();
    const auto settings = ssh.settings(bad, m_never);
    QVERIFY(!settings);
    QCOMPARE(settings.error().kind, domain::FailureKind::Invalid);
    QCOMPARE(ssh.questions(), 0);
}

void TestSshConfig::asksSshOnceForLikeHosts()
{
    if (!haveSsh())
        QSKIP("ssh is not installed");
    SshConfig ssh(config("Host *\n User carol\n Port 2022\n"));
    for (int i = 1; i <= 50; ++i) {
        const auto settings = ssh.settings(node("n" + std::to_string(i)), m_never);
        QVERIFY(settings);
        QCOMPARE(settings->host, "n" + std::to_string(i));
        QCOMPARE(settings->user, std::string("carol"));
        QCOMPARE(settings->port, std::uint16_t(2022));
    }
    QCOMPARE(ssh.questions(), 1);
}

void TestSshConfig::asksEachWhereItMatters()
{
    if (!haveSsh())
        QSKIP("ssh is not installed");
    SshConfig ssh(config("Host n1\n HostName 10.0.0.1\nHost n2\n HostName n1\n"));
    QCOMPARE(ssh.settings(node("n2"), m_never)->host, std::string("n1"));
    QCOMPARE(ssh.settings(node("n1"), m_never)->host, std::string("10.0.0.1"));
    QCOMPARE(ssh.settings(node("n3"), m_never)->host, std::string("n3"));
    QCOMPARE(ssh.questions(), 3);
}

void TestSshConfig::badConfigurationSaysWhere()
{
    if (!haveSsh())
        QSKIP("ssh is not installed");
    SshConfig ssh(config("\nPort nan\n"));
    const auto settings = ssh.settings(node("n1"), m_never);
    QVERIFY(!settings);
    QVERIFY2(settings.error().what.find("config line 2") != std::string::npos, settings.error().what.c_str());
}

void TestSshConfig::slowMatchIsCancelled()
{
    if (!haveSsh())
        QSKIP("ssh is not installed");
    SshConfig ssh(config("Match exec \"sleep 20\"\n User a\n"));
    std::atomic<bool> cancelled{false};
    std::thread canceller([&] {
        QTest::qSleep(300);
        cancelled = true;
    });
    QElapsedTimer timer;
    timer.start();
    const auto settings = ssh.settings(node("n1"), cancelled);
    canceller.join();
    QVERIFY(!settings);
    QCOMPARE(settings.error().kind, domain::FailureKind::Cancelled);
    QVERIFY2(timer.elapsed() < 700, qPrintable(QString::number(timer.elapsed())));
}

QTEST_GUILESS_MAIN(TestSshConfig)
#include "test_ssh_config.moc"
