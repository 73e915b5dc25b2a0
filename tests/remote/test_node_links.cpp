// SPDX-License-Identifier: GPL-3.0-or-later
// One contract for every way to a node.
#ifndef Q_MOC_RUN // which stumbles over <poll.h>
#include "remote/links/local_link.h"
#include "remote/ssh/ssh_link_factory.h"
#include "tests/support/link_tools.h"
#include "tests/support/test_sshd.h"
#endif

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <thread>

using namespace seatrial;
using namespace seatrial::tests;
using domain::FailureKind;

namespace {

std::string why(const domain::Result<campaign::CommandOutput> &answer)
{
    return answer ? "" : domain::sentence(answer.error());
}

} // namespace

class TestNodeLinks : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void runs_data() { ways(); }
    void runs();
    void scriptsAreTakenAsTheyAre_data() { ways(); }
    void scriptsAreTakenAsTheyAre();
    void bigInputAndOutput_data() { ways(); }
    void bigInputAndOutput();
    void talksOnBothStreams_data() { ways(); }
    void talksOnBothStreams();
    void outputIsCapped_data() { ways(); }
    void outputIsCapped();
    void commandThatDoesNotRead_data() { ways(); }
    void commandThatDoesNotRead();
    void signalGivesStatus_data() { ways(); }
    void signalGivesStatus();
    void runTimesOut_data() { ways(); }
    void runTimesOut();
    void runIsCancelled_data() { ways(); }
    void runIsCancelled();
    void manyRunsOnOneLink_data() { ways(); }
    void manyRunsOnOneLink();
    void attachesAndTalks_data() { ways(); }
    void attachesAndTalks();
    void attachedCommandEnds_data() { ways(); }
    void attachedCommandEnds();
    void orderIsKept_data() { ways(); }
    void orderIsKept();
    void closeEndsTheCommand_data() { ways(); }
    void closeEndsTheCommand();
    void whatWasSentBeforeCloseArrives_data() { ways(); }
    void whatWasSentBeforeCloseArrives();
    void destroyedByItsSink_data() { ways(); }
    void destroyedByItsSink();
    void floodDoesNotStarveOthers_data() { ways(); }
    void floodDoesNotStarveOthers();
    void slowSinkHoldsTheNodeBack_data() { ways(); }
    void slowSinkHoldsTheNodeBack();
    void rekeyLosesNothing();
    void binaryBytesArriveUnchanged_data() { ways(); }
    void binaryBytesArriveUnchanged();

private:
    void ways()
    {
        QTest::addColumn<bool>("ssh");
        QTest::newRow("local") << false;
        if (TestSshd::available())
            QTest::newRow("ssh") << true;
    }
    std::unique_ptr<campaign::NodeLink> connected(bool ssh, TestSshd *server = nullptr)
    {
        const TestSshd &sshd = server != nullptr ? *server : *m_sshd;
        auto link = ssh ? m_overSsh->link(sshd.node()) : m_local.link({});
        FixedAnswer answer;
        const auto result = link->connect(answer, m_never);
        if (!result)
            qWarning("%s", domain::sentence(result.error()).c_str());
        return result ? std::move(link) : nullptr;
    }

    std::unique_ptr<TestSshd> m_sshd;
    std::unique_ptr<remote::SshLinkFactory> m_overSsh;
    remote::LocalLinkFactory m_local;
    const std::atomic<bool> m_never{false};
};

void TestNodeLinks::initTestCase()
{
    if (!TestSshd::available())
        return;
    m_sshd = std::make_unique<TestSshd>();
    m_overSsh = std::make_unique<remote::SshLinkFactory>();
}

void TestNodeLinks::runs()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    const auto answer = link->run("echo out; echo err >&2; cat; echo $LC_ALL; exit 3", "input\n", 20, m_never);
    QVERIFY2(answer, why(answer).c_str());
    QCOMPARE(answer->exitStatus, 3);
    QCOMPARE(answer->output, std::string("out\ninput\nC\n"));
    QCOMPARE(answer->errors, std::string("err\n"));
}

void TestNodeLinks::scriptsAreTakenAsTheyAre()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    const auto answer = link->run("a='it'\\''s'\nprintf '%s|' \"$a\" '!x' 'a\\nb' \"$(echo \"$a\")\" '%s' 'two\nlines' '\ttab'",
                                  {}, 20, m_never);
    QVERIFY2(answer, why(answer).c_str());
    QCOMPARE(answer->output, std::string("it's|!x|a\\nb|it's|%s|two\nlines|\ttab|"));
}

void TestNodeLinks::bigInputAndOutput()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    std::string input(30'000'000, 'x');
    for (std::size_t i = 0; i < input.size(); i += 997)
        input[i] = static_cast<char>(i % 251);
    const auto answer = link->run("cksum; echo done", input, 60, m_never);
    QVERIFY2(answer, why(answer).c_str());
    QVERIFY2(answer->output.find(" 30000000\ndone\n") != std::string::npos, answer->output.c_str());
    const auto echoed = link->run("cat", input.substr(0, 900'000), 60, m_never);
    QVERIFY2(echoed, why(echoed).c_str());
    QVERIFY(echoed->output == input.substr(0, 900'000));
}

/// Reading one stream may take in what belongs to the other: nothing may get stuck between.
void TestNodeLinks::talksOnBothStreams()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    std::string expected;
    for (int i = 1; i <= 1000; ++i)
        expected += "line " + std::to_string(i) + "\n";
    for (int round = 0; round < 5; ++round) {
        const auto answer = link->run("while read -r line; do echo \"$line\"; echo \"$line\" >&2; done", expected, 20, m_never);
        QVERIFY2(answer, why(answer).c_str());
        QVERIFY(answer->output == expected);
        QVERIFY(answer->errors == expected);
    }
}

void TestNodeLinks::outputIsCapped()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    const auto answer = link->run("head -c 5000000 /dev/zero; head -c 500000 /dev/zero >&2; exit 7", {}, 60, m_never);
    QVERIFY2(answer, why(answer).c_str());
    QCOMPARE(answer->output.size(), std::size_t(1'000'000));
    QCOMPARE(answer->errors.size(), std::size_t(64'000));
    QCOMPARE(answer->exitStatus, 7);
}

void TestNodeLinks::commandThatDoesNotRead()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    const auto answer = link->run("exec <&-; sleep 0.3; echo gone", std::string(20'000'000, 'x'), 30, m_never);
    QVERIFY2(answer, why(answer).c_str());
    QCOMPARE(answer->output, std::string("gone\n"));
}

void TestNodeLinks::signalGivesStatus()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    const auto answer = link->run("kill -TERM $$; sleep 5", {}, 20, m_never);
    QVERIFY2(answer, why(answer).c_str());
    QCOMPARE(answer->exitStatus, 128 + 15);
}

void TestNodeLinks::runTimesOut()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    QElapsedTimer timer;
    timer.start();
    const auto answer = link->run("echo begun; sleep 30", {}, 1, m_never);
    QVERIFY(!answer);
    QCOMPARE(answer.error().kind, FailureKind::Timeout);
    QVERIFY2(answer.error().what.find("begun") != std::string::npos, answer.error().what.c_str());
    QVERIFY(timer.elapsed() < 3000);
}

void TestNodeLinks::runIsCancelled()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    std::atomic<bool> cancelled{false};
    QElapsedTimer since;
    std::thread canceller([&] {
        QTest::qSleep(400);
        since.start();
        cancelled = true;
    });
    const auto answer = link->run("sleep 30", {}, 60, cancelled);
    const qint64 took = since.elapsed();
    canceller.join();
    QVERIFY(!answer);
    QCOMPARE(answer.error().kind, FailureKind::Cancelled);
    QVERIFY2(took < 200, qPrintable(QString::number(took)));
}

void TestNodeLinks::manyRunsOnOneLink()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    for (int i = 0; i < 15; ++i) { // more than sshd's MaxSessions at once: each must be closed properly
        const auto answer = link->run("cat", std::to_string(i), 20, m_never);
        QVERIFY2(answer, why(answer).c_str());
        QCOMPARE(answer->output, std::to_string(i));
    }
}

void TestNodeLinks::attachesAndTalks()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    const auto sink = std::make_shared<KeepingSink>();
    QVERIFY(link->attach("echo hello; exec cat", sink));
    QVERIFY(sink->awaitText("hello\n"));
    link->send("one\n");
    link->send("two\n");
    QVERIFY(sink->awaitText("one\ntwo\n"));
    QCOMPARE(sink->text(), std::string("hello\none\ntwo\n"));
}

void TestNodeLinks::attachedCommandEnds()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    const auto sink = std::make_shared<KeepingSink>();
    QVERIFY(link->attach("echo last words; echo trouble >&2; exit 5", sink));
    const auto end = sink->awaitEnd();
    QVERIFY(end && *end);
    QCOMPARE(**end, 5);
    QCOMPARE(sink->text(), std::string("last words\n"));
    QCOMPARE(sink->errors(), std::string("trouble\n"));
    link->send("into nothing");
    link->close();
}

void TestNodeLinks::orderIsKept()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    const auto sink = std::make_shared<KeepingSink>();
    QVERIFY(link->attach("exec cat", sink));
    std::string expected;
    for (int i = 0; i < 20'000; ++i) {
        const std::string line = "line " + std::to_string(i) + "\n";
        expected += line;
        link->send(line);
    }
    QVERIFY(sink->awaitTotal(expected.size()));
    QVERIFY(sink->text() == expected);
}

void TestNodeLinks::closeEndsTheCommand()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    const auto sink = std::make_shared<KeepingSink>();
    QVERIFY(link->attach("echo ready; exec cat", sink));
    QVERIFY(sink->awaitText("ready"));
    QElapsedTimer timer;
    timer.start();
    link->close();
    QVERIFY(timer.elapsed() < 50);
    const auto end = sink->awaitEnd(5);
    QVERIFY(end && !*end);
    QCOMPARE(end->error().kind, FailureKind::Cancelled);
}

void TestNodeLinks::whatWasSentBeforeCloseArrives()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    QTemporaryDir folder;
    const QString file = folder.filePath("heard");
    const auto sink = std::make_shared<KeepingSink>();
    QVERIFY(link->attach("trap '' HUP; echo ready; cat >" + file.toStdString() + "; echo >>" + file.toStdString(), sink));
    QVERIFY(sink->awaitText("ready"));
    link->send("the very last word");
    link->close();
    QTRY_COMPARE_WITH_TIMEOUT(TestSshd::read(file.toStdString()), std::string("the very last word\n"), 5000);
}

void TestNodeLinks::destroyedByItsSink()
{
    QFETCH(bool, ssh);
    auto link = connected(ssh);
    QVERIFY(link);
    auto *raw = link.get();
    const auto sink = std::make_shared<KeepingSink>();
    std::atomic<bool> destroyed{false};
    sink->onEnd = [&] {
        link.reset();
        destroyed = true;
    };
    QVERIFY(raw->attach("sleep 0.3; echo bye", sink));
    QTRY_VERIFY_WITH_TIMEOUT(destroyed.load(), 10'000);
    QVERIFY(!link);
}

void TestNodeLinks::floodDoesNotStarveOthers()
{
    QFETCH(bool, ssh);
    // As many floods as there can be I/O threads, so that the quiet one shares a thread with one of them.
    std::vector<std::unique_ptr<campaign::NodeLink>> floods;
    for (int i = 0; i < 4; ++i) {
        floods.push_back(connected(ssh));
        QVERIFY(floods.back());
        QVERIFY(floods.back()->attach("exec cat /dev/zero", std::make_shared<KeepingSink>()));
    }
    const auto quiet = connected(ssh);
    QVERIFY(quiet);
    const auto sink = std::make_shared<KeepingSink>();
    QVERIFY(quiet->attach("exec cat", sink));
    qint64 longest = 0;
    for (int i = 0; i < 20; ++i) {
        QElapsedTimer timer;
        timer.start();
        const std::string word = "ping " + std::to_string(i) + ".";
        quiet->send(word);
        QVERIFY(sink->awaitText(word));
        longest = std::max(longest, timer.elapsed());
    }
    // Four floods, five shells and the servers share the processors; only starvation would take longer.
    QVERIFY2(longest < 2000, qPrintable(QString::number(longest)));
}

void TestNodeLinks::slowSinkHoldsTheNodeBack()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    QTemporaryDir folder;
    const QString counter = folder.filePath("written");
    const auto sink = std::make_shared<KeepingSink>();
    std::atomic<bool> go{false};
    sink->onBytes = [&](std::string_view) {
        while (!go)
            QTest::qSleep(10);
    };
    // Writes 64 kB blocks and notes how many went out.
    QVERIFY(link->attach("i=0; while [ $i -lt 400 ]; do head -c 65536 /dev/zero; i=$((i+1)); echo $i >"
                             + counter.toStdString() + "; done",
                         sink));
    QTest::qSleep(1500);
    const int early = QString::fromStdString(TestSshd::read(counter.toStdString())).trimmed().toInt();
    QVERIFY2(early < 200, qPrintable(QString("%1 blocks left the node").arg(early)));
    go = true;
    QVERIFY(sink->awaitTotal(400 * 65536));
    const auto end = sink->awaitEnd();
    QVERIFY(end && *end);
    QCOMPARE(**end, 0);
}

void TestNodeLinks::rekeyLosesNothing()
{
    if (!TestSshd::available())
        QSKIP("no sshd");
    TestSshd server({.config = {"RekeyLimit 1M 1s"}});
    const auto link = connected(true, &server);
    QVERIFY(link);
    const auto sink = std::make_shared<KeepingSink>();
    QVERIFY(link->attach("exec cat", sink));
    std::string expected;
    for (int i = 0; i < 40; ++i) {
        std::string block(100'000, static_cast<char>('a' + i % 26));
        expected += block;
        link->send(block);
        QTest::qSleep(60);
    }
    QVERIFY(sink->awaitTotal(expected.size()));
    QVERIFY(sink->text() == expected);
}

void TestNodeLinks::binaryBytesArriveUnchanged()
{
    QFETCH(bool, ssh);
    const auto link = connected(ssh);
    QVERIFY(link);
    std::string all;
    for (int i = 0; i < 4096; ++i)
        all += static_cast<char>(i * 7);
    const auto answer = link->run("cat", all, 20, m_never);
    QVERIFY2(answer, why(answer).c_str());
    QVERIFY(answer->output == all);
}

QTEST_GUILESS_MAIN(TestNodeLinks)
#include "test_node_links.moc"
