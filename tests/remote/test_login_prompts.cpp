// SPDX-License-Identifier: GPL-3.0-or-later
// Logging in to a server that asks: passwords, prompts in rounds, and what one answer serves.
#ifndef Q_MOC_RUN // which stumbles over <poll.h>
#include "remote/ssh/secrets.h"
#include "remote/ssh/ssh_link_factory.h"
#include "tests/support/link_tools.h"
#include "tests/support/prompting_server.h"
#include "tests/support/test_sshd.h"
#endif
#include "tests/support/test_main_if.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <thread>

using namespace seatrial;
using namespace seatrial::tests;
using campaign::SecretQuestion;
using domain::FailureKind;
using domain::Stage;
using Words = std::vector<std::string>;

class TestLoginPrompts : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void rightPassword();
    void wrongPasswordIsAskedAgain();
    void threeWrongPasswordsAreEnough();
    void sameWrongPasswordIsNotSentTwice();
    void passwordPromptIsThePassword();
    void severalRoundsAndPrompts();
    void wrongCodeAsksBothAgain();
    void keyThenPrompts();
    void keyAloneIsNotEnough();
    void roundsWithoutEnd();
    void onePasswordServesManyNodes();
    void wrongOnOtherNodesIsTriedOnce();
    void nodeWithAnotherPassword();
    void otherFleetIsAskedAnew();
    void nobodyAnswers();
    void unverifiedHostGetsNothing();
    void serverThatHangsUpEarly();
    void serverThatDoesNotWait();
    void cancelWhileOthersAreAsked();
    void keptOnlyWhenAccepted();
    void staleKeptPasswordIsForgotten();
    void noKeychainNoOffer();

private:
    domain::Result<void> connect(const domain::Node &node, campaign::Questions &person,
                                 std::shared_ptr<remote::Secrets> secrets = nullptr)
    {
        remote::SshLinkFactory factory({}, m_config, std::move(secrets));
        return factory.link(node)->connect(person, m_never);
    }
    /// How many of eight nodes of @p server, all at once, could be connected.
    int connectedOfEight(const PromptingServer &server, campaign::Questions &person)
    {
        remote::SshLinkFactory factory({}, m_config);
        std::atomic<int> connected{0};
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 8; ++i)
                threads.emplace_back([&, i] { connected += factory.link(server.node("n" + std::to_string(i)))->connect(person, m_never).has_value(); });
        }
        return connected;
    }
    static ServerWants wantsPassword(const std::string &password = "sesame")
    {
        ServerWants wants;
        wants.password = password;
        return wants;
    }
    static ServerWants wantsCode()
    {
        ServerWants wants;
        wants.rounds = {{"Welcome", {{"Password: ", false, "sesame"}}},
                        {"Your token is on its way", {}},
                        {"Second step", {{"Code: ", false, "123456"}, {"Which site? ", true, "hall-3"}}}};
        return wants;
    }

    QTemporaryDir m_folder;
    std::filesystem::path m_config;
    const std::atomic<bool> m_never{false};
};

#define VERIFY_CONNECTS(result) QVERIFY2(result, whyNot(result).c_str())

void TestLoginPrompts::initTestCase()
{
    qunsetenv("SSH_AUTH_SOCK");
    m_config = m_folder.filePath("config").toStdString();
    std::ofstream(m_config) << "# none\n";
}

void TestLoginPrompts::rightPassword()
{
    const PromptingServer server(wantsPassword());
    PreparedPerson person({{"sesame"}});
    const auto result = connect(server.node(), person);
    VERIFY_CONNECTS(result);
    QCOMPARE(server.given(), Words{"sesame"});
    QCOMPARE(person.asked().size(), std::size_t(1));
    const auto asked = person.asked()[0];
    QVERIFY(asked.kind == SecretQuestion::Kind::Password);
    QCOMPARE(asked.subject, std::string("ops on the nodes of hall.yaml"));
    QVERIFY(!asked.refusedBefore && !asked.mayKeep && asked.whyNotKept.empty());
}

void TestLoginPrompts::wrongPasswordIsAskedAgain()
{
    const PromptingServer server(wantsPassword());
    PreparedPerson person({{"wrong"}, {"sesame"}});
    QVERIFY(connect(server.node(), person));
    QCOMPARE(server.given(), (Words{"wrong", "sesame"}));
    QVERIFY(!person.asked()[0].refusedBefore);
    QVERIFY(person.asked()[1].refusedBefore);
}

void TestLoginPrompts::threeWrongPasswordsAreEnough()
{
    const PromptingServer server(wantsPassword());
    PreparedPerson person({{"hunter1"}, {"hunter2"}, {"hunter3"}, {"sesame"}});
    const auto result = connect(server.node(), person);
    QVERIFY(!result);
    QCOMPARE(server.given().size(), std::size_t(3));
    QCOMPARE(result.error().stage, Stage::Login);
    QCOMPARE(result.error().kind, FailureKind::Refused);
    QVERIFY2(result.error().what.find("3 answers were wrong") != std::string::npos, result.error().what.c_str());
    QVERIFY2(result.error().advice.find("lock out") != std::string::npos, result.error().advice.c_str());
    QVERIFY(domain::sentence(result.error()).find("hunter") == std::string::npos);
}

void TestLoginPrompts::sameWrongPasswordIsNotSentTwice()
{
    const PromptingServer server(wantsPassword());
    PreparedPerson person({{"wrong"}, {"wrong"}, {"sesame"}});
    QVERIFY(connect(server.node(), person));
    QCOMPARE(server.given(), (Words{"wrong", "sesame"}));
    QCOMPARE(person.asked().size(), std::size_t(3));
}

/// PAM asks for the password by a prompt; it is the same password, and serves the next node without a question.
void TestLoginPrompts::passwordPromptIsThePassword()
{
    ServerWants wants;
    wants.rounds = {{"", {}}, {"", {{"ops@n01's password: ", false, "sesame"}}}};
    const PromptingServer prompting(wants);
    const PromptingServer plain(wantsPassword());
    const auto secrets = std::make_shared<remote::Secrets>();
    PreparedPerson person({{"wrong"}, {"sesame"}});
    const auto result = connect(prompting.node("n01"), person, secrets);
    VERIFY_CONNECTS(result);
    QCOMPARE(prompting.given(), (Words{"wrong", "sesame"}));
    QVERIFY(connect(plain.node("n02"), person, secrets));
    QCOMPARE(person.asked().size(), std::size_t(2));
}

void TestLoginPrompts::severalRoundsAndPrompts()
{
    const PromptingServer server(wantsCode());
    PreparedPerson person({{"sesame"}, {"123456", "hall-3"}});
    const auto result = connect(server.node(), person);
    VERIFY_CONNECTS(result);
    QCOMPARE(server.given(), (Words{"sesame", "123456", "hall-3"}));
    const auto asked = person.asked();
    QCOMPARE(asked.size(), std::size_t(2)); // a round without prompts is no question
    QCOMPARE(asked[0].instruction, std::string("Welcome"));
    QCOMPARE(asked[1].instruction, std::string("Second step"));
    QVERIFY(asked[1].kind == SecretQuestion::Kind::Prompts);
    QVERIFY(!asked[1].prompts[0].echo);
    QVERIFY(asked[1].prompts[1].echo);
    QCOMPARE(asked[1].prompts[1].text, std::string("Which site? "));
    QVERIFY(!asked[1].mayKeep);
    QCOMPARE(asked[1].subject, "ops@[127.0.0.1]:" + std::to_string(server.port()));
}

/// Which of the two was wrong nobody says: the password is not taken for refused.
void TestLoginPrompts::wrongCodeAsksBothAgain()
{
    const PromptingServer server(wantsCode());
    PreparedPerson person({{"sesame"}, {"000000", "hall-3"}, {"sesame"}, {"123456", "hall-3"}});
    const auto result = connect(server.node(), person);
    VERIFY_CONNECTS(result);
    QCOMPARE(server.given(), (Words{"sesame", "000000", "hall-3", "sesame", "123456", "hall-3"}));
    QVERIFY(person.asked()[2].refusedBefore);
}

void TestLoginPrompts::keyThenPrompts()
{
    ServerWants wants = wantsCode();
    wants.keyFirst = true;
    const PromptingServer server(wants);
    PreparedPerson person({{"sesame"}, {"123456", "hall-3"}});
    const auto result = connect(server.node(), person);
    VERIFY_CONNECTS(result);
    QCOMPARE(server.logins(), 1);
}

void TestLoginPrompts::keyAloneIsNotEnough()
{
    ServerWants wants = wantsCode();
    wants.keyFirst = true;
    const PromptingServer server(wants);
    PreparedPerson nobody;
    const auto result = connect(server.node(), nobody);
    QVERIFY(!result);
    QCOMPARE(result.error().kind, FailureKind::Refused);
    QVERIFY2(result.error().what.find("wants more") != std::string::npos, result.error().what.c_str());
    QVERIFY2(result.error().advice.find("answer what the node asks") != std::string::npos, result.error().advice.c_str());
}

void TestLoginPrompts::roundsWithoutEnd()
{
    ServerWants wants;
    wants.rounds.resize(1000);
    const PromptingServer server(wants);
    PreparedPerson nobody;
    const auto result = connect(server.node(), nobody);
    QVERIFY(!result);
    QCOMPARE(result.error().kind, FailureKind::Broken);
    QVERIFY2(result.error().what.find("without end") != std::string::npos, result.error().what.c_str());
}

/// Eight nodes at once: one question, and no answer is tried by two before one has taken it.
void TestLoginPrompts::onePasswordServesManyNodes()
{
    const PromptingServer server(wantsPassword());
    PreparedPerson person({{"sesame"}});
    person.thinks = [] { std::this_thread::sleep_for(std::chrono::milliseconds(300)); };
    QCOMPARE(connectedOfEight(server, person), 8);
    QCOMPARE(person.asked().size(), std::size_t(1));
    QCOMPARE(server.given(), Words(8, "sesame"));
}

void TestLoginPrompts::wrongOnOtherNodesIsTriedOnce()
{
    const PromptingServer server(wantsPassword());
    PreparedPerson person({{"wrong"}, {"sesame"}});
    QCOMPARE(connectedOfEight(server, person), 8);
    QCOMPARE(std::ranges::count(server.given(), "wrong"), 1);
}

void TestLoginPrompts::nodeWithAnotherPassword()
{
    const PromptingServer usual(wantsPassword("sesame"));
    const PromptingServer odd(wantsPassword("other"));
    const auto secrets = std::make_shared<remote::Secrets>();
    PreparedPerson person({{"sesame"}, {"other"}});
    QVERIFY(connect(usual.node("n01"), person, secrets));
    QVERIFY(connect(odd.node("n02"), person, secrets));
    QCOMPARE(odd.given(), (Words{"sesame", "other"}));
    QCOMPARE(person.asked()[1].subject, "ops@[127.0.0.1]:" + std::to_string(odd.port()));
    QVERIFY(person.asked()[1].refusedBefore);
    QVERIFY(connect(usual.node("n01"), person, secrets));
    QVERIFY(connect(odd.node("n02"), person, secrets));
    QCOMPARE(person.asked().size(), std::size_t(2));
}

/// A password for one fleet is never sent to another, though the user has the same name.
void TestLoginPrompts::otherFleetIsAskedAnew()
{
    const PromptingServer ours(wantsPassword("sesame"));
    const PromptingServer theirs(wantsPassword("other"));
    const auto secrets = std::make_shared<remote::Secrets>();
    PreparedPerson person({{"sesame"}, {"other"}});
    QVERIFY(connect(ours.node(), person, secrets));
    domain::Node node = theirs.node();
    node.inventory = "/fleet/theirs.yaml";
    QVERIFY(connect(node, person, secrets));
    QCOMPARE(theirs.given(), Words{"other"});
}

void TestLoginPrompts::nobodyAnswers()
{
    const PromptingServer server(wantsPassword());
    const auto secrets = std::make_shared<remote::Secrets>();
    PreparedPerson nobody;
    remote::SshLinkFactory factory({}, m_config, secrets);
    for (int i = 0; i < 3; ++i) {
        const auto result = factory.link(server.node())->connect(nobody, m_never);
        QVERIFY(!result);
        QVERIFY2(result.error().advice.find("at a terminal") != std::string::npos, result.error().advice.c_str());
    }
    QCOMPARE(nobody.asked().size(), std::size_t(1));
    QVERIFY(server.given().empty());
    PreparedPerson person({{"sesame"}});
    QVERIFY(connect(server.node(), person, secrets)); // another run
}

void TestLoginPrompts::unverifiedHostGetsNothing()
{
    const PromptingServer verified(wantsPassword());
    const PromptingServer stranger(wantsPassword());
    const auto secrets = std::make_shared<remote::Secrets>();
    PreparedPerson person({{"sesame"}, {"sesame"}});
    QVERIFY(connect(verified.node(), person, secrets));
    domain::Node node = stranger.node();
    node.ssh.knownHosts = verified.folder() / "known_hosts";
    const auto result = connect(node, person, secrets);
    QVERIFY(!result);
    QCOMPARE(result.error().stage, Stage::HostKey);
    QVERIFY(stranger.given().empty());
    QCOMPARE(person.asked().size(), std::size_t(1));
}

void TestLoginPrompts::serverThatHangsUpEarly()
{
    ServerWants wants = wantsPassword();
    wants.mostFailures = 1;
    const PromptingServer server(wants);
    const auto secrets = std::make_shared<remote::Secrets>();
    PreparedPerson person({{"wrong"}, {"sesame"}});
    const auto result = connect(server.node(), person, secrets);
    QVERIFY2(result, result ? "" : result.error().what.c_str()); // it called again by itself, with the second answer
    QCOMPARE(server.given(), (Words{"wrong", "sesame"}));
    QCOMPARE(person.asked().size(), std::size_t(2));
}

/// The person was slower than LoginGraceTime: the answer is not lost, the next connection uses it.
void TestLoginPrompts::serverThatDoesNotWait()
{
    ServerWants wants = wantsPassword();
    wants.graceSeconds = 0.5;
    const PromptingServer server(wants);
    const auto secrets = std::make_shared<remote::Secrets>();
    PreparedPerson person({{"sesame"}});
    person.thinks = [] { std::this_thread::sleep_for(std::chrono::milliseconds(1000)); };
    const auto result = connect(server.node(), person, secrets);
    VERIFY_CONNECTS(result); // it called again by itself
    QCOMPARE(person.asked().size(), std::size_t(1));
}

void TestLoginPrompts::cancelWhileOthersAreAsked()
{
    const PromptingServer server(wantsPassword());
    std::atomic<bool> asked{false};
    std::atomic<bool> cancelled{false};
    PreparedPerson person;
    person.thinks = [&] { // as a dialog that the end of the run closes
        asked = true;
        while (!cancelled)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
    };
    remote::SshLinkFactory factory({}, m_config);
    std::vector<domain::Result<void>> results(4);
    QElapsedTimer since;
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < results.size(); ++i)
            threads.emplace_back([&, i] { results[i] = factory.link(server.node("n" + std::to_string(i)))->connect(person, cancelled); });
        QTRY_VERIFY(asked);
        QTest::qSleep(300);
        since.start();
        cancelled = true;
    }
    QVERIFY2(since.elapsed() < 200, qPrintable(QString::number(since.elapsed())));
    for (const auto &result : results) {
        QVERIFY(!result);
        QCOMPARE(result.error().kind, FailureKind::Cancelled);
    }
    QCOMPARE(person.asked().size(), std::size_t(1));
}

void TestLoginPrompts::keptOnlyWhenAccepted()
{
    const PromptingServer server(wantsPassword());
    const auto keeper = std::make_shared<FakeKeeper>();
    PreparedPerson wrong({{"wrong"}}, true);
    QVERIFY(!connect(server.node(), wrong, std::make_shared<remote::Secrets>(keeper)));
    QVERIFY(wrong.asked()[0].mayKeep);
    QVERIFY(keeper->kept().empty());

    PreparedPerson right({{"sesame"}}, true);
    QVERIFY(connect(server.node(), right, std::make_shared<remote::Secrets>(keeper)));
    QCOMPARE(keeper->kept().size(), std::size_t(1));
    QCOMPARE(keeper->kept().begin()->first, std::string("password of ops for /fleet/hall.yaml"));

    PreparedPerson nobody;
    QVERIFY(connect(server.node("n02"), nobody, std::make_shared<remote::Secrets>(keeper)));
    QVERIFY(nobody.asked().empty());
}

void TestLoginPrompts::staleKeptPasswordIsForgotten()
{
    PromptingServer server(wantsPassword());
    const auto keeper = std::make_shared<FakeKeeper>();
    PreparedPerson keeps({{"sesame"}}, true);
    QVERIFY(connect(server.node(), keeps, std::make_shared<remote::Secrets>(keeper)));
    server.setPassword("other");
    PreparedPerson person({{"other"}});
    QVERIFY(connect(server.node(), person, std::make_shared<remote::Secrets>(keeper)));
    QCOMPARE(server.given(), (Words{"sesame", "sesame", "other"}));
    QVERIFY(person.asked()[0].refusedBefore);
    QVERIFY(keeper->kept().empty());
}

void TestLoginPrompts::noKeychainNoOffer()
{
    const PromptingServer server(wantsPassword());
    const auto keeper = std::make_shared<FakeKeeper>();
    keeper->breakDown("no secret service runs");
    PreparedPerson person({{"sesame"}}, true);
    QVERIFY(connect(server.node(), person, std::make_shared<remote::Secrets>(keeper)));
    QVERIFY(!person.asked()[0].mayKeep);
    QCOMPARE(person.asked()[0].whyNotKept, std::string("no secret service runs"));
    QVERIFY(keeper->kept().empty());
}

SEATRIAL_TEST_MAIN_IF(TestSshd::available(), TestLoginPrompts)
#include "test_login_prompts.moc"
