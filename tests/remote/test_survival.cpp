// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef Q_MOC_RUN // which stumbles over <poll.h>
#include "core/campaign/campaign.h"
#include "core/campaign/preflight_text.h"
#include "remote/deploy/engine_deployer.h"
#include "remote/deploy/scripts.h"
#include "remote/shell_quote.h"
#include "remote/ssh/ssh_link_factory.h"
#include "tests/support/link_tools.h"
#include "tests/support/login_reaper.h"
#include "tests/support/test_sshd.h"
#endif
#include "tests/support/test_main_if.h"

#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <mutex>
#include <thread>

using namespace seatrial;
using namespace seatrial::campaign;
using namespace seatrial::tests;

namespace {

constexpr const char *kPlan = R"(version: 1
name: test
title: Test
description: Steps that take as long as they are told to
steps:
  - { id: first, check: test.sleep, title: First, need: informative, scope: node, deadline: 30, expected: 1, parameters: { milliseconds: "300" } }
  - { id: second, check: test.sleep, title: Second, need: informative, scope: node, deadline: 30, expected: 1, parameters: { milliseconds: "1500" } }
  - { id: third, check: test.sleep, title: Third, need: informative, scope: node, deadline: 30, expected: 1, parameters: { milliseconds: "300" } }
)";

constexpr const char *kCriteria = R"(version: 1
name: test
revision: "1"
criteria:
  - { check: host.memory, metric: triad, subject: node, kind: fleet, direction: at least, marginal: 0.85, failed: 0.7, unit: GB/s, source: "test" }
)";

/// Has the probe find a sign that the site ends detached processes.
constexpr const char *kSign = "cp /etc/pam.d/sshd /mnt/pam 2>/dev/null || :; echo 'account required pam_slurm_adopt.so' >>/mnt/pam\n"
                              "[ -e /etc/pam.d/sshd ] && mount --bind /mnt/pam /etc/pam.d/sshd || mount --bind /mnt/pam /etc/pam.d/common-session\n";

/// A user's systemd that takes its scopes out of the login. loginctl notes what it is asked for.
constexpr const char *kScopes = "mkdir -p /mnt/bin; export PATH=/mnt/bin:$PATH\n"
                                "printf '#!/bin/sh\\nwhile [ \"$1\" != -- ]; do shift; done; shift\\nunset SSH_CONNECTION; exec \"$@\"\\n' >/mnt/bin/systemd-run\n"
                                "printf '#!/bin/sh\\necho \"$@\" >>/mnt/loginctl\\n' >/mnt/bin/loginctl\n"
                                "chmod 755 /mnt/bin/systemd-run /mnt/bin/loginctl\n";

class Watcher : public Observer
{
public:
    void published(std::shared_ptr<const Snapshot> snapshot) override
    {
        const std::scoped_lock lock(m_mutex);
        m_last = std::move(snapshot);
    }
    void said(const LogLine &line) override
    {
        const std::scoped_lock lock(m_mutex);
        m_text += line.text + '\n';
    }
    std::string text()
    {
        const std::scoped_lock lock(m_mutex);
        return m_text;
    }
    bool works(const std::string &title)
    {
        const std::scoped_lock lock(m_mutex);
        return m_last && !m_last->nodes.empty() && m_last->nodes[0].doing.starts_with(title);
    }

private:
    std::mutex m_mutex;
    std::shared_ptr<const Snapshot> m_last;
    std::string m_text;
};

int eventsIn(const Snapshot &snapshot, const std::string &code)
{
    return static_cast<int>(std::ranges::count_if(snapshot.data->events, [&](const auto &event) { return event.event.code == code; }));
}

std::string baseOf(const TestSshd &sshd)
{
    return sshd.inside("echo /var/tmp/seatrial-$(id -u)").substr(0, std::string("/var/tmp/seatrial-").size() + 1);
}

} // namespace

/// Sites where what a login has started ends with it.
class TestSurvival : public QObject
{
    Q_OBJECT

    /// A run over @p sshd whose connection is cut during its second step; its last snapshot.
    static std::shared_ptr<const Snapshot> runWithACut(const TestSshd &sshd, std::string &said)
    {
        QTemporaryDir folder;
        auto store = store::openSqliteStore((folder.path() + "/s.db").toStdString());
        if (!store)
            return nullptr;
        remote::SshLinkFactory links;
        remote::EngineDeployer deployer(TEST_ENGINE);
        FixedAnswer questions;
        Watcher watcher;
        Terms terms;
        terms.plan = *domain::parsePlan(kPlan, "plan.yaml");
        terms.criteria = *analysis::parseCriteria(kCriteria, "criteria.yaml");
        terms.fleet.name = "test";
        terms.fleet.nodes.push_back(sshd.node("n01"));
        terms.nodes.emplace_back("n01");
        terms.operatorName = "tester";
        auto run = Campaign::begin({links, deployer, questions, **store, watcher}, std::move(terms));
        if (!run)
            return nullptr;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(40);
        while (!watcher.works("Second") && !(*run)->finished() && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        for (const pid_t session : sshd.sessions())
            kill(session, SIGKILL);
        while (!(*run)->finished() && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        if (!(*run)->finished())
            (*run)->cancel("the test takes too long");
        auto last = (*run)->wait();
        said = watcher.text();
        return last;
    }

    static void verifyWhole(const Snapshot *last, const std::string &said)
    {
        QVERIFY(last);
        QVERIFY2(last->data->info.state == domain::RunState::Finished, said.c_str());
        QVERIFY2(last->nodes[0].phase == NodePhase::Done, said.c_str());
        for (const auto *step : {"first", "second", "third"}) {
            const bool done = std::ranges::any_of(last->data->results, [&](const auto &result) {
                return result.key.step.text() == step && result.finished.status == protocol::StepStatus::Completed;
            });
            QVERIFY2(done, (std::string(step) + " was never completed\n" + said).c_str());
        }
    }

    static Ladder climb(const TestSshd &sshd, const char *engine = TEST_ENGINE)
    {
        remote::SshLinkFactory links;
        remote::EngineDeployer deployer(engine);
        FixedAnswer questions;
        const std::atomic<bool> cancelled = false;
        return preflight(links, deployer, questions, {sshd.node("n01")}, 1, [](const Ladder &) {}, cancelled).front();
    }

private slots:
    void initTestCase()
    {
        if (!TestSshd::canHaveOwnFolders())
            QSKIP("needs root, sshd and mount namespaces");
    }

    void aSiteThatSaysSo_data()
    {
        QTest::addColumn<int>("signal");
        QTest::newRow("TERM") << SIGTERM;
        QTest::newRow("KILL") << SIGKILL;
    }
    void aSiteThatSaysSo()
    {
        QFETCH(int, signal);
        const TestSshd sshd({.ownFolders = true, .prepare = kSign});
        const LoginReaper reaper(sshd.port(), signal);
        std::string said;
        const auto last = runWithACut(sshd, said);
        verifyWhole(last.get(), said);
        QVERIFY(reaper.ended() > 0);
        QCOMPARE(eventsIn(*last, "supervisor.attached"), 2); // and once more after the cut
        QVERIFY2(said.find("works only while somebody is attached") != std::string::npos, said.c_str());
        QVERIFY2(said.find("pam_slurm_adopt in ") != std::string::npos, said.c_str());
        QVERIFY2(said.find("Its step in work ends with it") != std::string::npos, said.c_str());
        QVERIFY(sshd.inside("cat " + baseOf(sshd) + "/survival").find(" dies ") != std::string::npos);
    }

    void nobodyKnew_data() { aSiteThatSaysSo_data(); }
    void nobodyKnew()
    {
        QFETCH(int, signal);
        const TestSshd sshd({.ownFolders = true});
        const LoginReaper reaper(sshd.port(), signal);
        std::string said;
        const auto last = runWithACut(sshd, said);
        verifyWhole(last.get(), said);
        QCOMPARE(eventsIn(*last, "supervisor.attached"), 1);
        QVERIFY2(said.find("the supervisor had ended with the last login") != std::string::npos, said.c_str());
    }

    void aUserScopeOutlives()
    {
        const TestSshd sshd({.config = {"SetEnv PATH=/mnt/bin:/usr/local/bin:/usr/bin:/bin"}, .ownFolders = true, .prepare = std::string(kSign) + kScopes});
        const LoginReaper reaper(sshd.port(), SIGTERM);
        std::string said;
        const auto last = runWithACut(sshd, said);
        verifyWhole(last.get(), said);
        QVERIFY2(said.find("works in a scope of the user's own systemd") != std::string::npos, said.c_str());
        QCOMPARE(eventsIn(*last, "supervisor.attached"), 0);
        QCOMPARE(eventsIn(*last, "supervisor.restarted"), 0); // it went on without us
        QVERIFY(sshd.inside("cat /mnt/loginctl").find("enable-linger") != std::string::npos);
        // Lingering was switched on for the run: clean switches it off again.
        remote::SshLinkFactory links;
        remote::EngineDeployer deployer(TEST_ENGINE);
        FixedAnswer questions;
        const std::atomic<bool> cancelled = false;
        const auto link = links.link(sshd.node("n01"));
        QVERIFY(link->connect(questions, cancelled));
        QVERIFY(deployer.clean(*link, cancelled));
        QVERIFY(sshd.inside("cat /mnt/loginctl").find("disable-linger") != std::string::npos);
    }

    void theProbeReadsWhatTheSiteHasWritten_data()
    {
        QTest::addColumn<QString>("conf");
        QTest::addColumn<QString>("extra"); // in logind.conf.d, read later
        QTest::addColumn<int>("uid");
        QTest::addColumn<QString>("sign");
        QTest::newRow("nothing") << "[Login]\n#KillUserProcesses=yes\n" << "" << 65534 << "";
        QTest::newRow("yes") << "[Login]\nKillUserProcesses=yes\n" << "" << 65534 << "KillUserProcesses=yes in /etc/systemd/logind.conf";
        QTest::newRow("with blanks") << "KillUserProcesses = yes" << "" << 65534 << "KillUserProcesses=yes in /etc/systemd/logind.conf";
        QTest::newRow("taken back") << "KillUserProcesses=yes\n" << "KillUserProcesses=no\n" << 65534 << "";
        QTest::newRow("added") << "" << "KillUserProcesses=true\n" << 65534 << "KillUserProcesses=yes in /etc/systemd/logind.conf.d/site.conf";
        QTest::newRow("root is spared") << "KillUserProcesses=yes\n" << "" << 0 << "";
    }
    void theProbeReadsWhatTheSiteHasWritten()
    {
        QFETCH(QString, conf);
        QFETCH(QString, extra);
        QFETCH(int, uid);
        QFETCH(QString, sign);
        const std::string files = "mount -t tmpfs -o mode=755 t /etc/systemd; mkdir /etc/systemd/logind.conf.d\n"
            "printf '" + conf.toStdString() + "' >/etc/systemd/logind.conf; printf '" + extra.toStdString() + "' >/etc/systemd/logind.conf.d/site.conf\n";
        const TestSshd sshd({.ownFolders = true, .prepare = files});
        const std::string id = std::to_string(uid);
        const std::string said = sshd.inside("exec setpriv --reuid " + id + " --regid " + id + " --clear-groups env HOME=/nowhere sh -c "
                                             + remote::shellQuote(remote::probeScript({"0123", 1000})));
        QVERIFY2(said.find("\ndeployed no\n") != std::string::npos, said.c_str());
        const std::size_t at = said.find("survival doubted ");
        QCOMPARE(QString::fromStdString(at == std::string::npos ? "" : said.substr(at + 17, said.find('\n', at) - at - 17)), sign);
    }

    void anOrdinarySitePaysNoSecondLogin()
    {
        const TestSshd sshd({.ownFolders = true});
        std::string said;
        const auto last = runWithACut(sshd, said);
        verifyWhole(last.get(), said);
        QCOMPARE(eventsIn(*last, "supervisor.attached"), 0);
        QCOMPARE(eventsIn(*last, "supervisor.restarted"), 0);
        const std::string log = sshd.log();
        int logins = 0;
        for (std::size_t at = log.find("Accepted publickey"); at != std::string::npos; at = log.find("Accepted publickey", at + 1))
            ++logins;
        QCOMPARE(logins, 2); // the second one after the cut
    }

    void preflightOfAnOrdinaryNode()
    {
        const TestSshd sshd({.ownFolders = true});
        const Ladder ladder = climb(sshd);
        QVERIFY2(ladder.state() == RungState::Passed || ladder.rungs[10].state == RungState::Warned, ladderText(ladder).c_str());
        for (std::size_t i = 0; i < 10; ++i)
            QVERIFY2(ladder.rungs[i].state == RungState::Passed && !ladder.rungs[i].found.empty(), ladderText(ladder).c_str());
        QVERIFY2(ladder.rungs[0].found.find("127.0.0.1") != std::string::npos, ladderText(ladder).c_str());
        QVERIFY2(ladder.rungs[3].found.find("SHA256:") != std::string::npos, ladderText(ladder).c_str());
        QCOMPARE(sshd.inside("ls -A /var/tmp /tmp /dev/shm; pgrep -x sleep -a | grep ' 61$'"), std::string("/dev/shm:\n\n/tmp:\n\n/var/tmp:\n")); // nothing stays
    }

    void preflightOfASiteThatEndsProcesses()
    {
        const TestSshd sshd({.ownFolders = true});
        {
            const LoginReaper reaper(sshd.port(), SIGKILL);
            const Ladder ladder = climb(sshd);
            QCOMPARE(ladder.rungs[9].state, RungState::Warned);
            QVERIFY2(ladder.rungs[9].found.find("only while somebody is attached") != std::string::npos, ladderText(ladder).c_str());
        }
        QCOMPARE(sshd.inside("ls -A /var/tmp"), std::string()); // nothing stays where there was nothing
        // Where there was a run, the next one knows. Once the site has changed its mind, the next preflight sees that too.
        const std::string base = baseOf(sshd);
        sshd.inside("mkdir -m 700 " + base + "; mkdir -p " + base + "/runs/r");
        {
            const LoginReaper reaper(sshd.port(), SIGKILL);
            climb(sshd);
        }
        QVERIFY(sshd.inside("cat " + base + "/survival").find(" dies ") != std::string::npos);
        QCOMPARE(climb(sshd).rungs[9].state, RungState::Passed);
        QVERIFY(sshd.inside("cat " + base + "/survival").find(" lives") != std::string::npos);
    }

    void preflightLeavesNothingSwitchedOn()
    {
        const TestSshd sshd({.config = {"SetEnv PATH=/mnt/bin:/usr/local/bin:/usr/bin:/bin"}, .ownFolders = true, .prepare = std::string(kSign) + kScopes});
        const LoginReaper reaper(sshd.port(), SIGTERM);
        const Ladder ladder = climb(sshd);
        QVERIFY2(ladder.rungs[9].found.find("runs use one") != std::string::npos, ladderText(ladder).c_str());
        const std::string asked = sshd.inside("cat /mnt/loginctl");
        QVERIFY2(asked.find("enable-linger") != std::string::npos && asked.find("disable-linger") != std::string::npos, asked.c_str());
        QCOMPARE(sshd.inside("ls -A /var/tmp"), std::string());
    }

    void preflightFindsWhatIsWrong()
    {
        const TestSshd noisy({.ownFolders = true, .prepare = "printf 'echo one\\necho two >&2\\necho three\\n' >\"$HOME/.bashrc\"; cp \"$HOME/.bashrc\" \"$HOME/.profile\""});
        const Ladder ladder = climb(noisy);
        QVERIFY2(ladder.rungs[5].state == RungState::Warned && ladder.rungs[5].found.find("lines before our output (\"one three\")") != std::string::npos, ladderText(ladder).c_str());

        const TestSshd small({.ownFolders = true, .prepare = "for d in /var/tmp /tmp /dev/shm \"$HOME\"; do mount -o remount,size=1m $d; done"});
        const Ladder full = climb(small);
        QVERIFY2(full.rungs[7].state == RungState::Failed && full.rungs[7].found.find("MB needed") != std::string::npos, ladderText(full).c_str());

        const TestSshd noexec({.ownFolders = true, .prepare = "for d in /var/tmp /tmp /dev/shm \"$HOME\"; do mount -o remount,noexec $d; done"});
        const Ladder nowhere = climb(noexec);
        QVERIFY2(nowhere.rungs[8].state == RungState::Failed && nowhere.rungs[8].found.find("noexec") != std::string::npos, ladderText(nowhere).c_str());
    }

    void preflightLeavesADriverThatHangs_data()
    {
        QTest::addColumn<QString>("smi"); // what nvidia-smi does
        QTest::addColumn<QString>("found");
        QTest::newRow("answers") << "exit 0" << "NVIDIA driver 535.104.05, 2 GPUs";
        QTest::newRow("fails") << "echo 'Unable to determine the device handle'; exit 9" << "nvidia-smi says: Unable to determine the device handle";
        QTest::newRow("hangs") << "trap '' TERM; exec sleep 83" << "nvidia-smi did not answer for 8 s";
    }
    void preflightLeavesADriverThatHangs()
    {
        QFETCH(QString, smi);
        QFETCH(QString, found);
        const std::string driver = "mkdir -p /mnt/bin; printf '#!/bin/sh\\n%s\\n' \"" + smi.toStdString() + "\" >/mnt/bin/nvidia-smi; chmod 755 /mnt/bin/nvidia-smi\n"
            "mount -t tmpfs t /proc/driver; mkdir -p /proc/driver/nvidia/gpus/0000:17:00.0 /proc/driver/nvidia/gpus/0000:3d:00.0\n"
            "echo 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023' >/proc/driver/nvidia/version\n";
        const TestSshd sshd({.config = {"SetEnv PATH=/mnt/bin:/usr/local/bin:/usr/bin:/bin"}, .ownFolders = true, .prepare = driver});
        const Ladder ladder = climb(sshd);
        QVERIFY2(ladder.rungs[10].found.find(found.toStdString()) != std::string::npos, ladderText(ladder).c_str());
        QCOMPARE(ladder.rungs[10].state, smi == "exit 0" ? RungState::Passed : RungState::Warned);
        QCOMPARE(ladder.rungs[11].state, RungState::Passed); // the way goes on behind it
        QCOMPARE(sshd.inside("pgrep -x sleep -a | grep ' 83$'; ls -A /var/tmp"), std::string());
    }

    void preflightOfAWayThatIsBlocked()
    {
        const SilentServer silent;
        domain::Node node;
        node.id = domain::NodeId("n01");
        node.address = "127.0.0.1";
        node.ssh.port = silent.port();
        node.ssh.user = "nobody";
        remote::SshLinkFactory links;
        remote::EngineDeployer deployer(TEST_ENGINE);
        FixedAnswer questions;
        std::atomic<bool> cancelled = false;
        std::thread stopper([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(700));
            cancelled = true;
        });
        const Ladder ladder = preflight(links, deployer, questions, {node}, 1, [](const Ladder &) {}, cancelled).front();
        stopper.join();
        QCOMPARE(ladder.rungs[1].state, RungState::Passed);
        QCOMPARE(ladder.rungs[2].state, RungState::NotReached); // stopped there
        QCOMPARE(ladder.state(), RungState::NotReached);
    }
};

SEATRIAL_TEST_MAIN_IF(TestSshd::canHaveOwnFolders(), TestSurvival)
#include "test_survival.moc"
