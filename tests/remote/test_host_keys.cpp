// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef Q_MOC_RUN // which stumbles over <poll.h>
#include "remote/ssh/ssh_link_factory.h"
#include "tests/support/link_tools.h"
#include "tests/support/test_sshd.h"
#endif
#include "tests/support/test_main_if.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>

using namespace seatrial;
using namespace seatrial::tests;
using campaign::HostKeyAnswer;
using domain::FailureKind;
using domain::Stage;

class TestHostKeys : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void knownIsNotAsked();
    void unknownIsAsked_data();
    void unknownIsAsked();
    void savedIsKnownAfterwards();
    void trustedOnceForThisRun();
    void changedIsHardStop();
    void otherKindIsHardStop();
    void revokedIsRefused_data();
    void revokedIsRefused();
    void revokedListOfTheConfiguration();
    void authorityLineDoesNotVouch();
    void knownUnderAlias();
    void damagedFileDoesNotHideChange();
    void pinnedIsNotAskedAndNotSaved();
    void pinnedOtherIsHardStop();
    void pinnedButRevokedIsRefused();
    void unwritableFileIsTold();

private:
    domain::Result<void> connect(const std::string &knownHosts, FixedAnswer &answer)
    {
        m_file = m_folder.filePath(QString("known_hosts_%1").arg(++m_files)).toStdString();
        if (!knownHosts.empty())
            std::ofstream(m_file) << knownHosts;
        return connectAgain(answer);
    }
    domain::Result<void> connectAgain(FixedAnswer &answer)
    {
        domain::Node node = m_sshd->node();
        node.ssh.knownHosts = m_file;
        node.ssh.hostKeys = m_pinned;
        remote::SshLinkFactory factory({}, m_config);
        return factory.link(node)->connect(answer, m_never);
    }
    std::string host() const { return "[127.0.0.1]:" + std::to_string(m_sshd->port()); }
    /// What ssh-keygen -l says of a public key in the folder of the sshd.
    std::string fingerprintOf(const std::string &file) const
    {
        const std::string listed = m_sshd->inside("ssh-keygen -lf " + (m_sshd->folder() / file).string() + " | cut -d' ' -f2");
        return listed.substr(0, listed.find('\n'));
    }
    std::string otherKey() const
    {
        const std::string line = TestSshd::read(m_sshd->folder() / "user_key.pub");
        return line.substr(0, line.rfind(' '));
    }

    QTemporaryDir m_folder;
    std::filesystem::path m_config;
    std::filesystem::path m_file;
    int m_files = 0;
    std::vector<std::string> m_pinned;
    std::unique_ptr<TestSshd> m_sshd;
    const std::atomic<bool> m_never{false};
};

void TestHostKeys::initTestCase()
{
    m_config = m_folder.filePath("config").toStdString();
    std::ofstream(m_config) << "GlobalKnownHostsFile /dev/null\n";
    m_sshd = std::make_unique<TestSshd>();
}

void TestHostKeys::knownIsNotAsked()
{
    FixedAnswer answer;
    QVERIFY(connect(host() + " " + m_sshd->hostKey() + "\n", answer));
    QVERIFY(answer.asked().empty());
}

void TestHostKeys::unknownIsAsked_data()
{
    QTest::addColumn<int>("answer");
    QTest::addColumn<bool>("connects");
    QTest::addColumn<bool>("saves");
    QTest::newRow("refuse") << int(HostKeyAnswer::Refuse) << false << false;
    QTest::newRow("once") << int(HostKeyAnswer::TrustOnce) << true << false;
    QTest::newRow("save") << int(HostKeyAnswer::TrustAndSave) << true << true;
}

void TestHostKeys::unknownIsAsked()
{
    QFETCH(int, answer);
    QFETCH(bool, connects);
    QFETCH(bool, saves);
    const std::string before = "elsewhere " + otherKey() + "\n";
    FixedAnswer fixed{HostKeyAnswer(answer)};
    const auto result = connect(before, fixed);
    QCOMPARE(result.has_value(), connects);
    QCOMPARE(fixed.asked().size(), std::size_t(1));
    const auto question = fixed.asked()[0];
    QCOMPARE(question.node.text(), std::string("n01"));
    QCOMPARE(question.host, host());
    QCOMPARE(question.keyType, std::string("ssh-ed25519"));
    QCOMPARE(question.knownHosts, m_file.string());
    const std::string listed
        = m_sshd->inside("ssh-keygen -lf " + (m_sshd->folder() / "host_key.pub").string() + " | cut -d' ' -f2");
    QCOMPARE(question.fingerprint + "\n", listed);
    const std::string saved = before + host() + " " + m_sshd->hostKey() + "\n";
    QCOMPARE(TestSshd::read(m_file), saves ? saved : before);
    if (!connects) {
        QCOMPARE(result.error().stage, Stage::HostKey);
        QCOMPARE(result.error().kind, FailureKind::Refused);
    }
}

void TestHostKeys::savedIsKnownAfterwards()
{
    FixedAnswer save(HostKeyAnswer::TrustAndSave);
    QVERIFY(connect("", save)); // the file is made
    FixedAnswer refuse;
    QVERIFY(connectAgain(refuse));
    QVERIFY(refuse.asked().empty());
}

void TestHostKeys::trustedOnceForThisRun()
{
    m_file = m_folder.filePath("none").toStdString();
    domain::Node node = m_sshd->node();
    node.ssh.knownHosts = m_file;
    remote::SshLinkFactory factory({}, m_config);
    FixedAnswer once(HostKeyAnswer::TrustOnce);
    const auto link = factory.link(node);
    QVERIFY(link->connect(once, m_never));
    QVERIFY(link->connect(once, m_never));
    QCOMPARE(once.asked().size(), std::size_t(1));
    QVERIFY(factory.link(node)->connect(once, m_never)); // as after a connection that was lost at night
    QCOMPARE(once.asked().size(), std::size_t(1));
    remote::SshLinkFactory ofTheNextRun({}, m_config);
    QVERIFY(ofTheNextRun.link(node)->connect(once, m_never));
    QCOMPARE(once.asked().size(), std::size_t(2));
}

void TestHostKeys::changedIsHardStop()
{
    FixedAnswer answer(HostKeyAnswer::TrustAndSave);
    const auto result = connect("# first\n" + host() + " " + otherKey() + "\n", answer);
    QVERIFY(!result);
    QVERIFY(answer.asked().empty());
    const auto &failure = result.error();
    QCOMPARE(failure.stage, Stage::HostKey);
    QCOMPARE(failure.kind, FailureKind::Changed);
    QVERIFY(!domain::mayRetry(failure));
    QVERIFY2(failure.what.find(m_file.string() + ":2") != std::string::npos, failure.what.c_str());
    const auto first = failure.what.find("SHA256:");
    QVERIFY2(first != std::string::npos && failure.what.find("SHA256:", first + 1) != std::string::npos, failure.what.c_str());
    QVERIFY2(failure.advice.find("ssh-keygen -f '" + m_file.string() + "' -R '" + host() + "'") != std::string::npos,
             failure.advice.c_str());
}

void TestHostKeys::otherKindIsHardStop()
{
    const auto key = m_folder.filePath("ecdsa").toStdString();
    QCOMPARE(std::system(("ssh-keygen -q -t ecdsa -N '' -f " + key).c_str()), 0);
    FixedAnswer answer(HostKeyAnswer::TrustAndSave);
    const auto result = connect(host() + " " + TestSshd::read(key + ".pub"), answer);
    QVERIFY(!result);
    QCOMPARE(result.error().kind, FailureKind::Changed);
    QVERIFY(answer.asked().empty());
}

void TestHostKeys::revokedIsRefused_data()
{
    QTest::addColumn<QString>("text"); ///< %H host, %K its key
    QTest::newRow("for all") << "@revoked * %K\n";
    QTest::newRow("for this") << "@revoked %H %K\n";
    QTest::newRow("for another") << "@revoked elsewhere %K\n";
    QTest::newRow("known before") << "%H %K\n@revoked * %K\n";
    QTest::newRow("with tabs") << "@revoked\t*\t%K\n";
}

void TestHostKeys::revokedIsRefused()
{
    QFETCH(QString, text);
    text.replace("%H", QString::fromStdString(host())).replace("%K", QString::fromStdString(m_sshd->hostKey()));
    FixedAnswer answer(HostKeyAnswer::TrustAndSave);
    const auto result = connect(text.toStdString(), answer);
    QVERIFY(!result);
    QCOMPARE(result.error().kind, FailureKind::Changed);
    QVERIFY2(result.error().what.find("revoked") != std::string::npos, result.error().what.c_str());
    QVERIFY(answer.asked().empty());
}

void TestHostKeys::revokedListOfTheConfiguration()
{
    const auto list = m_folder.filePath("revoked").toStdString();
    std::ofstream(list) << "# leaked\n" << m_sshd->hostKey() << " comment\n";
    const auto config = m_folder.filePath("config_with_list").toStdString();
    std::ofstream(config) << "RevokedHostKeys " << list << "\n";
    remote::SshLinkFactory factory({}, config);
    FixedAnswer answer(HostKeyAnswer::TrustAndSave);
    const auto result = factory.link(m_sshd->node())->connect(answer, m_never);
    QVERIFY(!result);
    QVERIFY2(result.error().what.find(list + ":2") != std::string::npos, result.error().what.c_str());
}

void TestHostKeys::authorityLineDoesNotVouch()
{
    FixedAnswer answer;
    const auto result = connect("@cert-authority * " + m_sshd->hostKey() + "\n", answer);
    QVERIFY(!result);
    QCOMPARE(answer.asked().size(), std::size_t(1));
    QVERIFY2(answer.asked()[0].note.find(m_file.string() + ":1") != std::string::npos, answer.asked()[0].note.c_str());
    QVERIFY2(result.error().advice.find("--accept-new-host-keys") != std::string::npos, result.error().advice.c_str());
    FixedAnswer other;
    QVERIFY(!connect("@cert-authority elsewhere " + m_sshd->hostKey() + "\n", other));
    QVERIFY(other.asked()[0].note.empty());
}

void TestHostKeys::knownUnderAlias()
{
    const auto config = m_folder.filePath("config_with_alias").toStdString();
    std::ofstream(config) << "HostKeyAlias the-node\n";
    m_file = m_folder.filePath("alias_hosts").toStdString();
    std::ofstream(m_file) << "the-node " << m_sshd->hostKey() << "\n";
    domain::Node node = m_sshd->node();
    node.ssh.knownHosts = m_file;
    remote::SshLinkFactory factory({}, config);
    FixedAnswer answer;
    QVERIFY(factory.link(node)->connect(answer, m_never));
}

void TestHostKeys::pinnedIsNotAskedAndNotSaved()
{
    m_pinned = {fingerprintOf("user_key.pub"), fingerprintOf("host_key.pub")};
    FixedAnswer answer;
    const std::string changed = host() + " " + otherKey() + "\n"; // the inventory decides, not the file
    QVERIFY(connect(changed, answer));
    QCOMPARE(TestSshd::read(m_file), changed);
    QVERIFY(connect("", answer));
    QVERIFY(!std::filesystem::exists(m_file));
    QVERIFY(answer.asked().empty());
    m_pinned.clear();
}

void TestHostKeys::pinnedOtherIsHardStop()
{
    const std::string pinned = fingerprintOf("user_key.pub");
    m_pinned = {pinned};
    FixedAnswer answer(HostKeyAnswer::TrustAndSave);
    const auto result = connect(host() + " " + m_sshd->hostKey() + "\n", answer);
    m_pinned.clear();
    QVERIFY(!result);
    QCOMPARE(result.error().stage, Stage::HostKey);
    QCOMPARE(result.error().kind, FailureKind::Changed);
    QVERIFY2(result.error().what.find(pinned) != std::string::npos, result.error().what.c_str());
    QVERIFY2(result.error().what.find(fingerprintOf("host_key.pub")) != std::string::npos, result.error().what.c_str());
    QVERIFY(answer.asked().empty());
}

void TestHostKeys::pinnedButRevokedIsRefused()
{
    m_pinned = {fingerprintOf("host_key.pub")};
    FixedAnswer answer(HostKeyAnswer::TrustAndSave);
    const auto result = connect("@revoked * " + m_sshd->hostKey() + "\n", answer);
    m_pinned.clear();
    QVERIFY(!result);
    QCOMPARE(result.error().kind, FailureKind::Changed);
    QVERIFY2(result.error().what.find("revoked") != std::string::npos, result.error().what.c_str());
}

void TestHostKeys::damagedFileDoesNotHideChange()
{
    FixedAnswer answer(HostKeyAnswer::TrustAndSave);
    const auto result = connect("garbage\n" + host() + " ssh-ed25519 ???\n" + std::string(9000, 'x') + "\n" + host() + " "
                                    + otherKey() + "\n",
                                answer);
    QVERIFY(!result);
    QCOMPARE(result.error().kind, FailureKind::Changed);
}

void TestHostKeys::unwritableFileIsTold()
{
    m_file = "/proc/known_hosts";
    FixedAnswer answer(HostKeyAnswer::TrustAndSave);
    const auto result = connectAgain(answer);
    QVERIFY(!result);
    QVERIFY2(result.error().what.find("/proc/known_hosts") != std::string::npos, result.error().what.c_str());
}

SEATRIAL_TEST_MAIN_IF(TestSshd::available(), TestHostKeys)
#include "test_host_keys.moc"
