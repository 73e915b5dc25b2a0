// SPDX-License-Identifier: GPL-3.0-or-later
// A thousand nodes: connected, probed and found unchanged, and all connections held. The server stands beside it on the
// same cores, and each probe is a real shell, so the wall time is the server's; what counts is the share of this program.
//   bench_light_nodes [--nodes N] [--fan-out N]
// Exit 1 if a budget is exceeded, 2 if a node failed.
#include "remote/deploy/engine_deployer.h"
#include "remote/ssh/ssh_link_factory.h"
#include "tests/bench/ssh_io/measure.h"
#include "tests/light_sshd/light_nodes.h"

#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>

using namespace seatrial;

namespace {

constexpr double kCpuBudgetSecondsPerThousand = 4;
constexpr double kWallBudgetSecondsPerThousand = 60;

class NoQuestions : public campaign::Questions
{
public:
    campaign::HostKeyAnswer ask(const campaign::HostKeyQuestion &) override { return campaign::HostKeyAnswer::Refuse; }
    std::optional<campaign::SecretAnswer> askSecret(const campaign::SecretQuestion &) override { return std::nullopt; }
};

double ownCpuSeconds()
{
    rusage self{};
    getrusage(RUSAGE_SELF, &self);
    const auto seconds = [](const timeval &time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
    return seconds(self.ru_utime) + seconds(self.ru_stime);
}

int number(int argc, char **argv, const char *name, int otherwise)
{
    for (int i = 1; i + 1 < argc; ++i) {
        if (std::strcmp(argv[i], name) == 0)
            return std::atoi(argv[i + 1]);
    }
    return otherwise;
}

int line(const char *what, double value, const char *unit, double budget = 0)
{
    const bool good = budget <= 0 || value <= budget;
    std::printf("%-58s %10.2f %s", what, value, unit);
    if (budget > 0)
        std::printf("   (budget %.1f %s: %s)", budget, unit, good ? "kept" : "EXCEEDED");
    std::printf("\n");
    return good ? 0 : 1;
}

} // namespace

int main(int argc, char **argv)
{
    const int count = number(argc, argv, "--nodes", 1000);
    const int fanOut = number(argc, argv, "--fan-out", 64);
    const std::filesystem::path engine = SEATRIAL_BINARY_DIR "/bin/seatrial-engine";
    const tests::LightNodes nodes(count, engine);
    if (!nodes.problem().empty()) {
        std::fprintf(stderr, "%s\n", nodes.problem().c_str());
        return 2;
    }
    remote::SshLinkFactory factory;
    remote::EngineDeployer deployer(engine);
    std::vector<std::unique_ptr<campaign::NodeLink>> links(nodes.fleet().nodes.size());
    std::atomic<std::size_t> next = 0;
    std::atomic<int> unchanged = 0;
    std::atomic<int> failed = 0;

    const double memoryBefore = bench::anonymousKilobytes();
    const double cpuBefore = ownCpuSeconds();
    const auto wallBefore = bench::wallNow();
    const auto work = [&] {
        const std::atomic<bool> never = false;
        NoQuestions questions;
        for (std::size_t i; (i = next++) < links.size();) {
            auto link = factory.link(nodes.fleet().nodes[i]);
            std::vector<campaign::RecipeStep> steps;
            auto connected = link->connect(questions, never);
            const auto probe = connected ? deployer.prepare(*link, steps, never) : std::unexpected(connected.error());
            if (probe && probe->deployed)
                ++unchanged;
            else if (!probe && failed++ == 0)
                std::fprintf(stderr, "%s\n", domain::sentence(probe.error()).c_str());
            links[i] = std::move(link);
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < fanOut; ++i)
        threads.emplace_back(work);
    for (auto &thread : threads)
        thread.join();
    const double wall = static_cast<double>(bench::wallNow() - wallBefore) / 1e9;
    const double cpu = ownCpuSeconds() - cpuBefore;

    std::printf("%d nodes in one light SSH server beside it, %d at a time\n", count, fanOut);
    int exceeded = 0;
    exceeded += line("connect + probe + found unchanged, client CPU", cpu, "s", kCpuBudgetSecondsPerThousand * count / 1000);
    exceeded += line("the same, wall", wall, "s", kWallBudgetSecondsPerThousand * count / 1000);
    line("the server's own CPU, without the shells of the nodes", nodes.serverCpuSeconds(), "s");
    line("memory of a connected node", (bench::anonymousKilobytes() - memoryBefore) / count, "kB");
    const auto letGoBefore = bench::wallNow();
    links.clear();
    line("letting go of all of them, wall", static_cast<double>(bench::wallNow() - letGoBefore) / 1e9, "s");
    line("nodes found unchanged", unchanged, "");
    line("nodes that failed", failed, "");
    return unchanged != count ? 2 : exceeded > 0 ? 1 : 0;
}
