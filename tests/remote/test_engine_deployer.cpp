// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef Q_MOC_RUN // which stumbles over <poll.h>
#include "remote/deploy/engine_deployer.h"
#include "remote/links/local_link.h"
#include "remote/ssh/ssh_link_factory.h"
#include "tests/support/link_tools.h"
#include "tests/support/test_sshd.h"
#endif
#include "tests/support/test_main_if.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <thread>

using namespace seatrial;
using namespace seatrial::tests;
using domain::FailureKind;

namespace {

/// A link that counts round trips.
class CountingLink : public campaign::NodeLink
{
public:
    explicit CountingLink(std::unique_ptr<campaign::NodeLink> link) : m_link(std::move(link)) {}
    domain::Result<void> connect(campaign::Questions &questions, const std::atomic<bool> &cancelled) override
    {
        return m_link->connect(questions, cancelled);
    }
    domain::Result<campaign::CommandOutput> run(const std::string &script, std::string_view input, double seconds,
                                                const std::atomic<bool> &cancelled) override
    {
        ++runs;
        return m_link->run(script, input, seconds, cancelled);
    }
    domain::Result<void> attach(const std::string &script, std::shared_ptr<campaign::StreamSink> sink) override
    {
        return m_link->attach(script, std::move(sink));
    }
    void send(std::string bytes) override { m_link->send(std::move(bytes)); }
    void close() override { m_link->close(); }

    int runs = 0;

private:
    std::unique_ptr<campaign::NodeLink> m_link;
};

/// Passes its self-test, notes what it is called with, and speaks when attached to.
constexpr const char *kEngine = R"sh(#!/bin/sh
echo "$@" >>/mnt/engine_calls
case $1 in
--selftest) exit 0 ;;
quit) rm -f "$3/runs/alive"; exit 0 ;;
attach) echo "attached $3 from $5"; exec cat ;;
esac
)sh";

} // namespace

/// Deploying and cleaning touch /var/tmp and the like: only ever those of a namespace of our own.
class TestEngineDeployer : public QObject
{
    Q_OBJECT

private slots:
    void firstUpload();
    void unchangedCostsOneRoundTrip();
    void corruptedIsReplaced_data();
    void corruptedIsReplaced();
    void otherContentLiesBeside();
    void noexecIsSkipped();
    void fullIsSkipped();
    void foreignFolderIsRefused_data();
    void foreignFolderIsRefused();
    void placeOfOurOwnGroup();
    void baseFromTheEnvironment();
    void baseBelowWhatOthersMayReplace_data();
    void baseBelowWhatOthersMayReplace();
    void chosenFolderIsKept();
    void nowhereToGo();
    void noisyShell();
    void failingSelftest();
    void wrongMachine();
    void missingEngine();
    void twoDesktopsAtOnce();
    void brokenUploadLeavesNothing();
    void staleTemporaryIsRemoved();
    void attachCommandRuns();
    void attachCommandIsQuoted();
    void onlyWhatWasNotTriedIsGuessed();
    void cleanLeavesNothing();
    void cleanTouchesOnlyOurs();
    void cleanAsksEveryEngine();
    void cleanLeavesWhatIsHeld();
    void cleanOfNothing();
    void withoutSha256sum();
    void garbledAnswer_data();
    void garbledAnswer();

private:
    std::string engine(const std::string &text = kEngine)
    {
        const std::string file = m_folder.filePath(QString("engine_%1").arg(++m_engines)).toStdString();
        std::ofstream(file) << text;
        return file;
    }
    std::unique_ptr<TestSshd> server(const std::string &prepare = {}, std::vector<std::string> config = {})
    {
        return std::make_unique<TestSshd>(SshdOptions{std::move(config), true, prepare});
    }
    std::unique_ptr<CountingLink> link(const TestSshd &sshd)
    {
        auto link = std::make_unique<CountingLink>(m_links.link(sshd.node()));
        FixedAnswer answer;
        const auto connected = link->connect(answer, m_never);
        if (!connected)
            qWarning("%s", domain::sentence(connected.error()).c_str());
        return link;
    }
    domain::Result<campaign::Probe> prepare(const TestSshd &sshd, const std::string &file)
    {
        remote::EngineDeployer deployer(file);
        const auto way = link(sshd);
        m_steps.clear();
        auto probe = deployer.prepare(*way, m_steps, m_never);
        m_runs = way->runs;
        if (!probe)
            m_failure = domain::sentence(probe.error());
        return probe;
    }

    QTemporaryDir m_folder;
    int m_engines = 0;
    remote::SshLinkFactory m_links;
    std::vector<campaign::RecipeStep> m_steps;
    std::string m_failure;
    int m_runs = 0;
    const std::atomic<bool> m_never{false};
};

void TestEngineDeployer::firstUpload()
{
    const auto sshd = server();
    const auto file = engine();
    const auto probe = prepare(*sshd, file);
    QVERIFY2(probe, m_failure.c_str());
    QVERIFY(!probe->deployed); // it was not when it was probed
    QCOMPARE(probe->base, std::string("/var/tmp/seatrial-0"));
    QVERIFY(probe->bundle.starts_with("/var/tmp/seatrial-0/bundles/"));
    QCOMPARE(probe->machine + "\n", sshd->inside("uname -m"));
    QVERIFY(probe->libc.starts_with("glibc 2."));
    QCOMPARE(probe->user, std::string("root"));
    QVERIFY(probe->freeBytes > 1e6);
    QCOMPARE(m_steps.size(), std::size_t(2));
    QCOMPARE(m_steps[1].name, std::string("upload"));
    QVERIFY2(m_steps[1].detail.find("by SHA-256") != std::string::npos, m_steps[1].detail.c_str());
    QCOMPARE(sshd->inside("cat " + probe->bundle + "/seatrial-engine"), std::string(kEngine));
    QCOMPARE(sshd->inside("cat /mnt/engine_calls"), std::string("--selftest\n"));
    QCOMPARE(sshd->inside("stat -c %a " + probe->base), std::string("700\n"));
    QCOMPARE(sshd->inside("ls " + probe->bundle), std::string("ok\nseatrial-engine\n"));
}

void TestEngineDeployer::unchangedCostsOneRoundTrip()
{
    const auto sshd = server();
    const auto file = engine();
    QVERIFY(prepare(*sshd, file));
    QCOMPARE(m_runs, 2);
    const auto probe = prepare(*sshd, file);
    QVERIFY(probe);
    QVERIFY(probe->deployed);
    QCOMPARE(m_runs, 1);
    QCOMPARE(m_steps.size(), std::size_t(1));
    QCOMPARE(sshd->inside("cat /mnt/engine_calls"), std::string("--selftest\n"));
}

void TestEngineDeployer::corruptedIsReplaced_data()
{
    QTest::addColumn<QString>("damage");
    QTest::newRow("one byte") << "printf X | dd of=seatrial-engine bs=1 seek=40 conv=notrunc 2>/dev/null";
    QTest::newRow("cut") << "truncate -s 20 seatrial-engine";
    QTest::newRow("gone") << "rm seatrial-engine";
    QTest::newRow("not executable") << "chmod 600 seatrial-engine";
    QTest::newRow("never finished") << "rm ok";
    QTest::newRow("link") << "mv seatrial-engine x; ln -s x seatrial-engine";
}

void TestEngineDeployer::corruptedIsReplaced()
{
    QFETCH(QString, damage);
    const auto sshd = server();
    const auto file = engine();
    const auto first = prepare(*sshd, file);
    QVERIFY(first);
    sshd->inside("cd " + first->bundle + " && " + damage.toStdString());
    const auto second = prepare(*sshd, file);
    QVERIFY2(second, m_failure.c_str());
    QVERIFY(!second->deployed);
    QCOMPARE(m_runs, 2);
    QCOMPARE(sshd->inside("cat " + second->bundle + "/seatrial-engine"), std::string(kEngine));
    QVERIFY(prepare(*sshd, file)->deployed);
}

void TestEngineDeployer::otherContentLiesBeside()
{
    const auto sshd = server();
    const auto first = prepare(*sshd, engine());
    const auto second = prepare(*sshd, engine(std::string(kEngine) + "# newer\n"));
    QVERIFY(first && second);
    QCOMPARE(first->base, second->base);
    QVERIFY(first->bundle != second->bundle);
    QCOMPARE(sshd->inside("ls " + first->base + "/bundles | wc -l"), std::string("2\n"));
}

void TestEngineDeployer::noexecIsSkipped()
{
    const auto sshd = server("mount -o remount,noexec /var/tmp");
    const auto probe = prepare(*sshd, engine());
    QVERIFY2(probe, m_failure.c_str());
    QVERIFY2(probe->base.starts_with("/root/.cache/seatrial-0-"), probe->base.c_str());
    QCOMPARE(probe->refused.size(), std::size_t(1));
    QVERIFY2(probe->refused[0].starts_with("/var/tmp: ") && probe->refused[0].find("noexec") != std::string::npos,
             probe->refused[0].c_str());
    QCOMPARE(sshd->inside("ls -A /var/tmp"), std::string()); // what was tried left nothing
}

void TestEngineDeployer::fullIsSkipped()
{
    const auto sshd = server("mount -o remount,size=20m /var/tmp");
    const auto probe = prepare(*sshd, engine());
    QVERIFY2(probe, m_failure.c_str());
    QVERIFY(!probe->base.starts_with("/var/tmp"));
    QVERIFY2(probe->refused[0].find("20 MB free") != std::string::npos, probe->refused[0].c_str());
}

void TestEngineDeployer::foreignFolderIsRefused_data()
{
    QTest::addColumn<QString>("make");
    QTest::newRow("of another user") << "mkdir -m 700 /var/tmp/seatrial-0; chown 12345 /var/tmp/seatrial-0";
    QTest::newRow("symbolic link") << "mkdir -m 700 /var/tmp/x; ln -s x /var/tmp/seatrial-0";
    QTest::newRow("open to others") << "mkdir -m 755 /var/tmp/seatrial-0";
    QTest::newRow("file") << "touch /var/tmp/seatrial-0";
    QTest::newRow("place not sticky") << "chmod 777 /var/tmp";
    QTest::newRow("place of a group") << "chgrp 12345 /var/tmp; chmod 770 /var/tmp";
    QTest::newRow("place of another user") << "chown 12345 /var/tmp";
    QTest::newRow("dangling link") << "ln -s nowhere /var/tmp/seatrial-0";
}

void TestEngineDeployer::foreignFolderIsRefused()
{
    QFETCH(QString, make);
    const auto sshd = server(make.toStdString());
    const auto before = sshd->inside("ls -lAR /var/tmp");
    const auto probe = prepare(*sshd, engine());
    QVERIFY2(probe, m_failure.c_str());
    QVERIFY(probe->base.starts_with("/root/.cache/"));
    QCOMPARE(probe->refused.size(), std::size_t(1));
    QCOMPARE(sshd->inside("ls -lAR /var/tmp"), before);
}

/// As with umask 002 where each user has a group: nobody else is in it.
void TestEngineDeployer::placeOfOurOwnGroup()
{
    const auto sshd = server("chmod 775 /var/tmp");
    const auto probe = prepare(*sshd, engine());
    QVERIFY2(probe, m_failure.c_str());
    QCOMPARE(probe->base, std::string("/var/tmp/seatrial-0"));
}

void TestEngineDeployer::baseBelowWhatOthersMayReplace_data()
{
    QTest::addColumn<QString>("make");
    QTest::addColumn<QString>("why");
    QTest::newRow("owner") << "mkdir -p /tmp/a/b; chown 12345 /tmp/a" << "the user with number 12345 may replace folders in /tmp/a";
    QTest::newRow("group") << "mkdir -p /tmp/a/b; chgrp 12345 /tmp/a; chmod 2775 /tmp/a" << "group 12345 may replace folders in /tmp/a";
    QTest::newRow("anybody") << "mkdir -p /tmp/a/b; chmod 777 /tmp/a" << "anybody may replace folders in /tmp/a";
    QTest::newRow("where a link leads") << "mkdir -p /tmp/x/b /tmp/a; chmod 777 /tmp/x; ln -s /tmp/x/b /tmp/a/b" << "anybody may replace folders in /tmp/x";
}

void TestEngineDeployer::baseBelowWhatOthersMayReplace()
{
    QFETCH(QString, make);
    QFETCH(QString, why);
    const auto sshd = server(make.toStdString(), {"SetEnv SEATRIAL_BASE=/tmp/a/b"});
    const auto probe = prepare(*sshd, engine());
    QVERIFY2(probe, m_failure.c_str());
    QCOMPARE(probe->base, std::string("/var/tmp/seatrial-0"));
    QCOMPARE(probe->refused.size(), std::size_t(1));
    QCOMPARE(QString::fromStdString(probe->refused[0]), "/tmp/a/b: " + why);
}

void TestEngineDeployer::baseFromTheEnvironment()
{
    const auto sshd = server("mkdir '/tmp/a place'; mkdir -m 700 /var/tmp/seatrial-0", {"SetEnv \"SEATRIAL_BASE=/tmp/a place\""});
    const auto probe = prepare(*sshd, engine());
    QVERIFY2(probe, m_failure.c_str());
    QCOMPARE(probe->base, std::string("/tmp/a place/seatrial-0"));
    QVERIFY(prepare(*sshd, engine())->deployed);
}

/// Runs live below the folder: it must not move when an earlier one becomes usable again.
void TestEngineDeployer::chosenFolderIsKept()
{
    const auto sshd = server("mount -o remount,noexec /var/tmp");
    const auto file = engine();
    const auto first = prepare(*sshd, file);
    QVERIFY(first);
    sshd->inside("mount -o remount,exec /var/tmp");
    const auto second = prepare(*sshd, file);
    QVERIFY(second && second->deployed);
    QCOMPARE(second->base, first->base);
}

void TestEngineDeployer::nowhereToGo()
{
    const auto sshd = server("for d in /var/tmp /tmp /dev/shm \"$HOME\"; do mount -o remount,noexec $d; done");
    QVERIFY(!prepare(*sshd, engine()));
    for (const char *place : {"/var/tmp", "/root/.cache", "/tmp", "/dev/shm", "SEATRIAL_BASE"})
        QVERIFY2(m_failure.find(place) != std::string::npos, m_failure.c_str());
    QCOMPARE(sshd->inside("ls -A /var/tmp /tmp /dev/shm | grep seatrial"), std::string());
}

void TestEngineDeployer::noisyShell()
{
    const auto sshd = server("echo 'echo machine toaster; echo deployed yes; echo base /etc' >\"$HOME/.bashrc\"");
    const auto probe = prepare(*sshd, engine());
    QVERIFY2(probe, m_failure.c_str());
    QCOMPARE(probe->base, std::string("/var/tmp/seatrial-0"));
    QVERIFY(probe->machine != "toaster");
    QCOMPARE(m_runs, 2);
}

void TestEngineDeployer::failingSelftest()
{
    const auto sshd = server();
    const auto probe = prepare(*sshd, engine("#!/bin/sh\necho 'libfancy.so.9: not found'; exit 9\n"));
    QVERIFY(!probe);
    QCOMPARE(probe.error().kind, FailureKind::Unsupported);
    QVERIFY2(m_failure.find("libfancy.so.9: not found") != std::string::npos, m_failure.c_str());
    QCOMPARE(sshd->inside("find /var/tmp/seatrial-0 -type f"), std::string());
}

void TestEngineDeployer::wrongMachine()
{
    const auto sshd = server();
    std::string elf(64, '\0');
    elf.replace(0, 4, "\177ELF");
    elf[18] = static_cast<char>(183); // AArch64
    const auto probe = prepare(*sshd, engine(elf));
    QVERIFY(!probe);
    QCOMPARE(probe.error().kind, FailureKind::Unsupported);
    QVERIFY2(m_failure.find("aarch64") != std::string::npos && m_failure.find("x86_64") != std::string::npos, m_failure.c_str());
    QCOMPARE(m_runs, 1);
}

void TestEngineDeployer::missingEngine()
{
    const auto sshd = server();
    const auto probe = prepare(*sshd, "/nowhere/seatrial-engine");
    QVERIFY(!probe);
    QCOMPARE(probe.error().kind, FailureKind::NotFound);
    QCOMPARE(m_runs, 0);
}

void TestEngineDeployer::twoDesktopsAtOnce()
{
    const auto sshd = server();
    const auto file = engine("#!/bin/sh\nsleep 0.3\n#" + std::string(3'000'000, 'x') + "\n");
    std::atomic<int> good{0};
    std::vector<std::thread> desktops;
    for (int i = 0; i < 4; ++i) {
        desktops.emplace_back([&] {
            remote::EngineDeployer deployer(file);
            const auto way = link(*sshd);
            std::vector<campaign::RecipeStep> steps;
            if (deployer.prepare(*way, steps, m_never))
                ++good;
        });
    }
    for (auto &desktop : desktops)
        desktop.join();
    QCOMPARE(good.load(), 4);
    QVERIFY(prepare(*sshd, file)->deployed);
    QCOMPARE(sshd->inside("find /var/tmp/seatrial-0 -name '*.tmp*'"), std::string());
}

void TestEngineDeployer::brokenUploadLeavesNothing()
{
    const auto sshd = server();
    const auto file = engine("#!/bin/sh\n#" + std::string(200'000'000, 'x') + "\n");
    remote::EngineDeployer deployer(file);
    auto way = link(*sshd);
    std::vector<campaign::RecipeStep> steps;
    std::atomic<bool> cancelled{false};
    std::thread canceller([&] {
        while (sshd->inside("find /var/tmp/seatrial-0 -name '*.tmp' -size +0 2>/dev/null").empty())
            QTest::qSleep(20);
        cancelled = true;
    });
    const auto probe = deployer.prepare(*way, steps, cancelled);
    canceller.join();
    QVERIFY(!probe);
    QCOMPARE(probe.error().kind, FailureKind::Cancelled);
    way.reset();
    QTRY_COMPARE_WITH_TIMEOUT(sshd->inside("find /var/tmp/seatrial-0 -type f"), std::string(), 10'000);
    QVERIFY(prepare(*sshd, engine()));
}

void TestEngineDeployer::staleTemporaryIsRemoved()
{
    const auto sshd = server();
    const auto file = engine();
    const auto probe = prepare(*sshd, file);
    QVERIFY(probe);
    sshd->inside("touch -d '2 hours ago' " + probe->bundle + "/upload-1.tmp; touch " + probe->bundle + "/upload-2.tmp");
    QVERIFY(prepare(*sshd, file));
    QCOMPARE(sshd->inside("cd " + probe->bundle + "; ls *.tmp"), std::string("upload-2.tmp\n"));
}

void TestEngineDeployer::attachCommandRuns()
{
    const auto sshd = server();
    remote::EngineDeployer deployer(engine());
    const auto way = link(*sshd);
    const auto probe = deployer.prepare(*way, m_steps, m_never);
    QVERIFY(probe);
    const auto sink = std::make_shared<KeepingSink>();
    QVERIFY(way->attach(deployer.attachCommand(*probe, "a'b c", 42, false), sink));
    QVERIFY(sink->awaitText("attached /var/tmp/seatrial-0/runs/a'b c from 42\n"));
    way->send("control\n");
    QVERIFY(sink->awaitText("control\n"));
}

void TestEngineDeployer::attachCommandIsQuoted()
{
    remote::EngineDeployer deployer("x");
    campaign::Probe probe;
    probe.base = "/a b/seatrial-0";
    probe.bundle = probe.base + "/bundles/0";
    QCOMPARE(deployer.attachCommand(probe, "$(id);'", 7, false),
             std::string("exec '/a b/seatrial-0/bundles/0/seatrial-engine' attach --dir "
                         "'/a b/seatrial-0/runs/$(id);'\\''' --from 7"));
}

/// After a loss a dead supervisor ended with the last login: only as long as nobody has tried what becomes of processes.
void TestEngineDeployer::onlyWhatWasNotTriedIsGuessed()
{
    using enum campaign::Survival;
    remote::EngineDeployer deployer("x");
    for (const auto survival : {Assumed, Lives, InScope, Dies}) {
        campaign::Probe probe;
        probe.survival = survival;
        const std::string command = deployer.attachCommand(probe, "t", 1, true);
        QVERIFY2((command.find("--attached-if-died") != std::string::npos) == (survival == Assumed), command.c_str());
    }
}

void TestEngineDeployer::cleanLeavesNothing()
{
    const auto sshd = server("mkdir /tmp/elsewhere; mkdir -m 700 /dev/shm/seatrial-0; touch /dev/shm/seatrial-0/old",
                             {"SetEnv SEATRIAL_BASE=/tmp/elsewhere"});
    remote::EngineDeployer deployer(engine());
    const auto way = link(*sshd);
    const auto probe = deployer.prepare(*way, m_steps, m_never);
    QVERIFY(probe);
    sshd->inside("mkdir -m 700 /var/tmp/seatrial-0; touch " + probe->base + "/runs/alive; "
                 "ln -s /etc /var/tmp/seatrial-0/etc");
    const auto removed = deployer.clean(*way, m_never);
    QVERIFY2(removed, removed ? "" : domain::sentence(removed.error()).c_str());
    QCOMPARE(removed->size(), std::size_t(3));
    QVERIFY2((*removed)[0].starts_with("removed /tmp/elsewhere/seatrial-0 ("), (*removed)[0].c_str());
    QCOMPARE(sshd->inside("ls -A /var/tmp /dev/shm /tmp/elsewhere | grep seatrial; ls -A $HOME"), std::string());
    QVERIFY(sshd->inside("cat /mnt/engine_calls").find("quit --base " + probe->base + "\n") != std::string::npos);
    QVERIFY(!sshd->inside("ls /etc/passwd").empty());
}

void TestEngineDeployer::cleanTouchesOnlyOurs()
{
    const auto sshd = server("mkdir -m 700 /var/tmp/seatrial-0; chown 12345 /var/tmp/seatrial-0; touch /var/tmp/seatrial-0/theirs\n"
                             "mkdir -m 700 /tmp/x; touch /tmp/x/precious; ln -s x /tmp/seatrial-0; touch /var/tmp/seatrial-1");
    remote::EngineDeployer deployer(engine());
    const auto way = link(*sshd);
    const auto removed = deployer.clean(*way, m_never);
    QVERIFY(!removed);
    const std::string told = domain::sentence(removed.error());
    QVERIFY2(told.find("/var/tmp/seatrial-0: it belongs to the user with number 12345") != std::string::npos, told.c_str());
    QVERIFY2(told.find("/tmp/seatrial-0: it is a symbolic link") != std::string::npos, told.c_str());
    QCOMPARE(sshd->inside("ls /var/tmp/seatrial-0 /tmp/x /var/tmp/seatrial-1 | wc -l"), std::string("7\n"));
}

/// A program that says yes to everything does not speak for the engines beside it.
void TestEngineDeployer::cleanAsksEveryEngine()
{
    const auto sshd = server();
    remote::EngineDeployer deployer(engine());
    const auto way = link(*sshd);
    const auto probe = deployer.prepare(*way, m_steps, m_never);
    QVERIFY(probe);
    sshd->inside("mkdir " + probe->base + "/bundles/0; printf '#!/bin/sh\nexit 0\n' >" + probe->base + "/bundles/0/seatrial-engine; chmod 700 "
                 + probe->base + "/bundles/0/seatrial-engine");
    QVERIFY(deployer.clean(*way, m_never));
    QVERIFY(sshd->inside("cat /mnt/engine_calls").find("quit --base " + probe->base + "\n") != std::string::npos);
}

void TestEngineDeployer::cleanLeavesWhatIsHeld()
{
    const auto sshd = server();
    remote::EngineDeployer deployer(engine());
    const auto way = link(*sshd);
    const auto probe = deployer.prepare(*way, m_steps, m_never);
    QVERIFY(probe);
    const std::string run = probe->base + "/runs/r";
    sshd->inside("mkdir " + run + "; setsid flock " + run + "/lock sleep 60 </dev/null >/dev/null 2>&1 & echo $! >/mnt/holder; sleep 0.5; cat /mnt/holder >"
                 + run + "/lock");
    const auto removed = deployer.clean(*way, m_never);
    QVERIFY(!removed);
    const std::string told = domain::sentence(removed.error());
    QVERIFY2(told.find("still holds " + run + "/lock") != std::string::npos, told.c_str());
    sshd->inside("pkill -P $(cat /mnt/holder); kill $(cat /mnt/holder); sleep 0.3");
    QVERIFY(deployer.clean(*way, m_never));
    QCOMPARE(sshd->inside("ls -A /var/tmp"), std::string());
}

void TestEngineDeployer::cleanOfNothing()
{
    const auto sshd = server();
    remote::EngineDeployer deployer("/nowhere");
    const auto way = link(*sshd);
    const auto removed = deployer.clean(*way, m_never);
    QVERIFY(removed);
    QVERIFY(removed->empty());
}

void TestEngineDeployer::withoutSha256sum()
{
    const auto sshd = server("for tool in sha256sum openssl; do for d in /usr/bin /bin; do\n"
                             "[ ! -e $d/$tool ] || { printf '' >/mnt/none; mount --bind /mnt/none $d/$tool; }; done; done");
    const auto file = engine();
    QVERIFY2(prepare(*sshd, file), m_failure.c_str());
    QVERIFY2(m_steps[1].detail.find("by size and self-test only") != std::string::npos, m_steps[1].detail.c_str());
    QVERIFY(prepare(*sshd, file)->deployed);
}

void TestEngineDeployer::garbledAnswer_data()
{
    QTest::addColumn<QByteArray>("output");
    QTest::addColumn<int>("status");
    QTest::newRow("nothing") << QByteArray() << 0;
    QTest::newRow("failed") << QByteArray("machine x86_64\n") << 127;
    QTest::newRow("binary") << QByteArray("\0\1\2\xff", 4) << 0;
    QTest::newRow("no line end") << QByteArray(100'000, 'x') << 0;
}

void TestEngineDeployer::garbledAnswer()
{
    QFETCH(QByteArray, output);
    QFETCH(int, status);
    const auto probe = remote::EngineDeployer::parseProbe({status, output.toStdString(), "sh: id: not found"}, "0");
    QVERIFY(!probe);
    QCOMPARE(probe.error().stage, domain::Stage::Preflight);
    QVERIFY(domain::sentence(probe.error()).size() < 2000);
}

SEATRIAL_TEST_MAIN_IF(TestSshd::canHaveOwnFolders(), TestEngineDeployer)
#include "test_engine_deployer.moc"
