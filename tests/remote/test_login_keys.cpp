// SPDX-License-Identifier: GPL-3.0-or-later
// Logging in to a real sshd by certificates and by keys that need a passphrase.
#ifndef Q_MOC_RUN // which stumbles over <poll.h>
#include "remote/ssh/secrets.h"
#include "remote/ssh/ssh_link_factory.h"
#include "tests/support/link_tools.h"
#include "tests/support/test_sshd.h"
#endif
#include "tests/support/test_main_if.h"

#include <QTemporaryDir>
#include <QTest>

#include <cstdlib>
#include <fstream>
#include <thread>

using namespace seatrial;
using namespace seatrial::tests;
using campaign::SecretQuestion;
using domain::FailureKind;
using domain::Stage;

class TestLoginKeys : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void certificateIsAccepted_data();
    void certificateIsAccepted();
    void certificateThatIsNoGoodIsRefused_data();
    void certificateThatIsNoGoodIsRefused();
    void certificateOfAnotherKeyIsTold();
    void missingCertificateIsTold();
    void rightPassphrase();
    void wrongPassphraseIsAskedAgain();
    void threeWrongPassphrasesAreEnough();
    void keyThatNobodyWantsIsNotAskedAbout();
    void oneQuestionForManyLinks();
    void nobodyAnswersForAnyLink();
    void lockedKeyWithCertificate();
    void passphraseInTheKeychain();
    void stalePassphraseIsForgotten();
    void batchModeAsksNobody();

private:
    /// A new key, by itself unknown to the node.
    std::filesystem::path makeKey(const std::string &name, const std::string &type = "ed25519", const std::string &passphrase = "")
    {
        const auto file = path(name);
        // -a 1: the work that makes guessing slow is no subject here.
        shell("ssh-keygen -q -a 1 -t " + type + " -N '" + passphrase + "' -C test -f " + file.string());
        return file;
    }
    /// Certifies @p key by @p authority; the certificate lies beside it.
    std::filesystem::path certify(const std::filesystem::path &key, const std::string &authority = "ca",
                                  const std::string &more = "")
    {
        shell("ssh-keygen -q -s " + path(authority).string() + " -I test -n " + m_sshd->node().ssh.user + " " + more + " "
              + key.string() + ".pub");
        return key.string() + "-cert.pub";
    }
    void allow(const std::filesystem::path &key)
    {
        std::ofstream(m_sshd->folder() / "authorized_keys", std::ios::app) << TestSshd::read(key.string() + ".pub");
    }
    domain::Node nodeWith(const std::filesystem::path &identity) const
    {
        domain::Node node = m_sshd->node();
        node.ssh.identity = identity;
        return node;
    }
    domain::Result<void> connect(const domain::Node &node, campaign::Questions &person,
                                 std::shared_ptr<remote::Secrets> secrets = nullptr)
    {
        remote::SshLinkFactory factory({}, m_config, std::move(secrets));
        return factory.link(node)->connect(person, m_never);
    }
    std::filesystem::path path(const std::string &name) const { return m_folder.filePath(QString::fromStdString(name)).toStdString(); }
    static void shell(const std::string &command) { QCOMPARE(std::system((command + " > /dev/null 2>&1").c_str()), 0); }

    QTemporaryDir m_folder;
    std::filesystem::path m_config;
    std::unique_ptr<TestSshd> m_sshd;
    PreparedPerson m_nobody;
    const std::atomic<bool> m_never{false};
};

void TestLoginKeys::initTestCase()
{
    qunsetenv("SSH_AUTH_SOCK");
    m_config = path("config");
    std::ofstream(m_config) << "# none\n";
    makeKey("ca");
    makeKey("other_ca");
    m_sshd = std::make_unique<TestSshd>(
        SshdOptions{.config = {"TrustedUserCAKeys " + path("ca.pub").string(), "PubkeyAcceptedAlgorithms +ssh-rsa"}});
}

void TestLoginKeys::certificateIsAccepted_data()
{
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("where");
    for (const char *type : {"ed25519", "ecdsa", "rsa -b 2048"})
        QTest::addRow("%s beside its key", type) << type << "beside";
    QTest::newRow("named by the inventory") << "ed25519" << "inventory";
    QTest::newRow("named by the ssh configuration") << "ed25519" << "config";
}

void TestLoginKeys::certificateIsAccepted()
{
    QFETCH(QString, type);
    QFETCH(QString, where);
    const auto key = makeKey("certified_" + type.left(3).toStdString() + where.toStdString(), type.toStdString());
    const auto certificate = certify(key);
    domain::Node node = nodeWith(key);
    if (where != "beside")
        std::filesystem::rename(certificate, path("elsewhere.pub"));
    if (where == "inventory")
        node.ssh.certificate = path("elsewhere.pub");
    if (where == "config")
        std::ofstream(m_config) << "CertificateFile " << path("elsewhere.pub").string() << "\n";
    const auto accepted = [this] { return QString::fromStdString(m_sshd->log()).count("Accepted certificate ID"); };
    const auto before = accepted();
    const auto result = connect(node, m_nobody);
    std::ofstream(m_config) << "# none\n";
    QVERIFY2(result, whyNot(result).c_str());
    QCOMPARE(accepted(), before + 1);
}

void TestLoginKeys::certificateThatIsNoGoodIsRefused_data()
{
    QTest::addColumn<QString>("authority");
    QTest::addColumn<QString>("more");
    QTest::newRow("unknown authority") << "other_ca" << "";
    QTest::newRow("expired") << "ca" << "-V 20200101:20200102";
    QTest::newRow("other principal") << "ca" << "-n somebody-else";
}

void TestLoginKeys::certificateThatIsNoGoodIsRefused()
{
    QFETCH(QString, authority);
    QFETCH(QString, more);
    const auto key = makeKey(std::string("refused_") + QTest::currentDataTag()[0] + authority.toStdString());
    const auto certificate = certify(key, authority.toStdString(), more.toStdString());
    const auto result = connect(nodeWith(key), m_nobody);
    QVERIFY(!result);
    QCOMPARE(result.error().stage, Stage::Login);
    QCOMPARE(result.error().kind, FailureKind::Refused);
    QVERIFY2(result.error().attempted.find(certificate.string()) != std::string::npos, result.error().attempted.c_str());
    QVERIFY2(result.error().advice.find("ssh-keygen -L") != std::string::npos, result.error().advice.c_str());
}

void TestLoginKeys::certificateOfAnotherKeyIsTold()
{
    const auto certificate = certify(makeKey("its_key"));
    domain::Node node = nodeWith(makeKey("not_its_key"));
    node.ssh.certificate = certificate;
    const auto result = connect(node, m_nobody);
    QVERIFY(!result);
    QCOMPARE(result.error().kind, FailureKind::Invalid);
    QVERIFY2(result.error().what.find("of another key") != std::string::npos, result.error().what.c_str());
}

void TestLoginKeys::missingCertificateIsTold()
{
    domain::Node node = m_sshd->node();
    node.ssh.certificate = path("nowhere-cert.pub");
    const auto result = connect(node, m_nobody);
    QVERIFY(!result);
    QCOMPARE(result.error().kind, FailureKind::NotFound);
    QVERIFY2(result.error().advice.find("'certificate'") != std::string::npos, result.error().advice.c_str());
}

void TestLoginKeys::rightPassphrase()
{
    const auto key = makeKey("locked", "ed25519", "sesame");
    allow(key);
    PreparedPerson person({{"sesame"}});
    QVERIFY(connect(nodeWith(key), person));
    QCOMPARE(person.asked().size(), std::size_t(1));
    const auto asked = person.asked()[0];
    QVERIFY(asked.kind == SecretQuestion::Kind::Passphrase);
    QCOMPARE(asked.subject, key.string());
    QCOMPARE(asked.node.text(), std::string("n01"));
    QCOMPARE(asked.prompts.size(), std::size_t(1));
    QVERIFY(!asked.prompts[0].echo && !asked.refusedBefore && !asked.mayKeep);
}

void TestLoginKeys::wrongPassphraseIsAskedAgain()
{
    const auto key = makeKey("locked_pem", "rsa -b 2048 -m PEM", "sesame");
    allow(key);
    PreparedPerson person({{"wrong"}, {""}, {"sesame"}});
    const auto result = connect(nodeWith(key), person);
    QVERIFY2(result, whyNot(result).c_str());
    QCOMPARE(person.asked().size(), std::size_t(3));
    QVERIFY(!person.asked()[0].refusedBefore && person.asked()[1].refusedBefore && person.asked()[2].refusedBefore);
}

void TestLoginKeys::threeWrongPassphrasesAreEnough()
{
    const auto key = makeKey("locked_well", "ed25519", "sesame");
    allow(key);
    PreparedPerson person({{"hunter1"}, {"hunter2"}, {"hunter3"}, {"sesame"}});
    const auto result = connect(nodeWith(key), person);
    QVERIFY(!result);
    QCOMPARE(person.asked().size(), std::size_t(3));
    QVERIFY2(result.error().attempted.find("needs a passphrase") != std::string::npos, result.error().attempted.c_str());
    QVERIFY2(result.error().advice.find("ssh-add") != std::string::npos, result.error().advice.c_str());
    QVERIFY(domain::sentence(result.error()).find("hunter") == std::string::npos);
}

void TestLoginKeys::keyThatNobodyWantsIsNotAskedAbout()
{
    PreparedPerson person({{"sesame"}});
    const auto result = connect(nodeWith(makeKey("locked_stranger", "ed25519", "sesame")), person);
    QVERIFY(!result);
    QVERIFY(person.asked().empty());
    QVERIFY2(result.error().advice.find("ssh-copy-id") != std::string::npos, result.error().advice.c_str());
}

/// Eight links at once, two runs of one program: one question.
void TestLoginKeys::oneQuestionForManyLinks()
{
    const auto key = makeKey("locked_shared", "ed25519", "sesame");
    allow(key);
    PreparedPerson person({{"sesame"}});
    person.thinks = [] { std::this_thread::sleep_for(std::chrono::milliseconds(500)); };
    const auto secrets = std::make_shared<remote::Secrets>();
    std::atomic<int> connected{0};
    {
        remote::SshLinkFactory factory({}, m_config, secrets);
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&, i] {
                domain::Node node = nodeWith(key);
                node.id = domain::NodeId("n" + std::to_string(i));
                connected += factory.link(node)->connect(person, m_never).has_value();
            });
        }
    }
    QCOMPARE(connected.load(), 8);
    QVERIFY(connect(nodeWith(key), person, secrets));
    QCOMPARE(person.asked().size(), std::size_t(1));
}

void TestLoginKeys::nobodyAnswersForAnyLink()
{
    const auto key = makeKey("locked_silent", "ed25519", "sesame");
    allow(key);
    PreparedPerson person;
    const auto secrets = std::make_shared<remote::Secrets>();
    remote::SshLinkFactory factory({}, m_config, secrets);
    for (int i = 0; i < 3; ++i) {
        const auto result = factory.link(nodeWith(key))->connect(person, m_never);
        QVERIFY(!result);
        QVERIFY2(result.error().advice.find("ssh-add '" + key.string()) != std::string::npos
                     || result.error().advice.find("ssh-add " + key.string()) != std::string::npos,
                 result.error().advice.c_str());
    }
    QCOMPARE(person.asked().size(), std::size_t(1));
    QVERIFY(!connect(nodeWith(key), person, secrets)); // a new run may ask again
    QCOMPARE(person.asked().size(), std::size_t(2));
}

void TestLoginKeys::lockedKeyWithCertificate()
{
    const auto key = makeKey("locked_certified", "ed25519", "sesame");
    certify(key);
    PreparedPerson person({{"sesame"}});
    const auto result = connect(nodeWith(key), person);
    QVERIFY2(result, whyNot(result).c_str());
    QCOMPARE(person.asked().size(), std::size_t(1));
}

void TestLoginKeys::passphraseInTheKeychain()
{
    const auto key = makeKey("locked_kept", "ed25519", "sesame");
    allow(key);
    const auto keeper = std::make_shared<FakeKeeper>();
    PreparedPerson person({{"wrong"}, {"sesame"}}, true);
    QVERIFY(connect(nodeWith(key), person, std::make_shared<remote::Secrets>(keeper)));
    QVERIFY(person.asked()[0].mayKeep);
    QCOMPARE(keeper->kept().size(), std::size_t(1));
    QCOMPARE(keeper->kept().begin()->second, std::string("sesame"));
    QVERIFY(connect(nodeWith(key), m_nobody, std::make_shared<remote::Secrets>(keeper)));
    QVERIFY(m_nobody.asked().empty());
}

void TestLoginKeys::stalePassphraseIsForgotten()
{
    const auto key = makeKey("locked_anew", "ed25519", "sesame");
    allow(key);
    const auto keeper = std::make_shared<FakeKeeper>();
    PreparedPerson keeps({{"sesame"}}, true);
    QVERIFY(connect(nodeWith(key), keeps, std::make_shared<remote::Secrets>(keeper)));
    shell("ssh-keygen -q -a 1 -p -P sesame -N other -f " + key.string());
    PreparedPerson once({{"other"}});
    QVERIFY(connect(nodeWith(key), once, std::make_shared<remote::Secrets>(keeper)));
    QCOMPARE(once.asked().size(), std::size_t(1));
    QVERIFY(keeper->kept().empty());
}

void TestLoginKeys::batchModeAsksNobody()
{
    const TestSshd sshd({.config = {"PubkeyAuthentication no", "PasswordAuthentication yes"}});
    std::ofstream(m_config) << "BatchMode yes\n";
    PreparedPerson person({{"x"}});
    const auto result = connect(sshd.node(), person);
    std::ofstream(m_config) << "# none\n";
    QVERIFY(!result);
    QVERIFY(person.asked().empty());
}

SEATRIAL_TEST_MAIN_IF(TestSshd::available(), TestLoginKeys)
#include "test_login_keys.moc"
