// SPDX-License-Identifier: GPL-3.0-or-later
// Many nodes at a time: every one is reached, probed and found unchanged, and all connections are held.
#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "remote/deploy/engine_deployer.h"
#include "remote/ssh/ssh_link_factory.h"
#include "tests/light_sshd/light_nodes.h"
#include "tests/support/link_tools.h"
#endif

#include <QDir>
#include <QTest>

#include <sys/resource.h>

#include <chrono>
#include <thread>

using namespace seatrial;

namespace {

/// What this process itself worked, in all of its threads; the nodes are processes of their own.
double ownCpuSeconds()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval &time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

} // namespace

class LightNodesTest : public QObject
{
    Q_OBJECT

private slots:
    void aHundredNodes() { reach(100, 0.8); } // a thread's start weighs more here
    void aThousandNodes()
    {
        if (!qEnvironmentVariableIsSet("SEATRIAL_LONG_TESTS"))
            QSKIP("takes most of a minute; tst_thousand_nodes (long) runs it");
        reach(1000, 5);
    }

private:
    static void reach(int count, double mostCpuSeconds);
};

void LightNodesTest::reach(int count, double mostCpuSeconds)
{
    constexpr int kFanOut = 64;
    const std::filesystem::path engine = SEATRIAL_BINARY_DIR "/bin/seatrial-engine";
    const tests::LightNodes nodes(count, engine);
    QVERIFY2(nodes.problem().empty(), nodes.problem().c_str());
    QCOMPARE(nodes.fleet().nodes.size(), static_cast<std::size_t>(count));

    remote::SshLinkFactory factory;
    remote::EngineDeployer deployer(engine);
    std::vector<std::unique_ptr<campaign::NodeLink>> links(nodes.fleet().nodes.size());
    std::vector<std::string> bases(links.size());
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        const std::atomic<bool> never = false;
        tests::FixedAnswer refuse;
        for (std::size_t i; (i = next++) < links.size();) {
            auto link = factory.link(nodes.fleet().nodes[i]);
            std::vector<campaign::RecipeStep> steps;
            auto connected = link->connect(refuse, never);
            const auto probe = connected ? deployer.prepare(*link, steps, never) : std::unexpected(connected.error());
            bases[i] = !probe ? sentence(probe.error()) : probe->deployed ? probe->base : "not deployed";
            links[i] = std::move(link);
        }
    };
    const double cpuBefore = ownCpuSeconds();
    const auto begun = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (int i = 0; i < kFanOut; ++i)
        threads.emplace_back(work);
    for (auto &thread : threads)
        thread.join();
    const double cpu = ownCpuSeconds() - cpuBefore;
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    qInfo("%d nodes reached and probed: %.2f s of this process's CPU, %.1f s by the clock", count, cpu, wall);
    // On a quiet machine 2 ms a node; by the clock nothing is asserted.
    QVERIFY2(cpu < mostCpuSeconds, "reaching nodes takes too much work on the desktop");

    // Each was found in its own folder: no two links were mixed up.
    for (std::size_t i = 0; i < links.size(); ++i) {
        const std::string own = (nodes.folder() / nodes.fleet().nodes[i].id.text()).string();
        QVERIFY2(bases[i].starts_with(own + "/"), bases[i].c_str());
    }
    const auto descriptors = QDir("/proc/self/fd").entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot).size();
    QVERIFY2(descriptors >= count, "the connections are not held");
}

QTEST_GUILESS_MAIN(LightNodesTest)
#include "tst_light_nodes.moc"
