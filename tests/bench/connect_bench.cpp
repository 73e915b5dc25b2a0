// SPDX-License-Identifier: GPL-3.0-or-later
// What reaching a node costs this computer: client CPU for connect + probe + unchanged deploy, beside one `ssh` process
// to the same sshd in the same run, and the memory of a connected node. Exit 1 if a budget is exceeded.
//   bench_connect [--nodes N] [--engine FILE]
#include "remote/deploy/engine_deployer.h"
#include "remote/shell_quote.h"
#include "remote/ssh/ssh_link_factory.h"
#include "tests/bench/ssh_io/loopback_sshd.h"
#include "tests/bench/ssh_io/measure.h"

#include <pwd.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <thread>

using namespace seatrial;

namespace {

constexpr double kCpuBudgetMs = 4;
constexpr double kMemoryBudgetKb = 100;
constexpr int kFanOut = 8;

class NoQuestions : public campaign::Questions
{
public:
    campaign::HostKeyAnswer ask(const campaign::HostKeyQuestion &) override { return campaign::HostKeyAnswer::Refuse; }
    std::optional<campaign::SecretAnswer> askSecret(const campaign::SecretQuestion &) override { return std::nullopt; }
};

class Silence : public campaign::StreamSink
{
public:
    explicit Silence(std::atomic<int> &attached) : m_attached(attached) {}
    void bytes(std::string_view) override
    {
        if (!m_heard.exchange(true))
            ++m_attached;
    }
    void ended(domain::Result<int>, std::string) override {}

private:
    std::atomic<int> &m_attached;
    std::atomic<bool> m_heard{false};
};

double childrenCpuMs()
{
    rusage usage{};
    getrusage(RUSAGE_CHILDREN, &usage);
    const auto ms = [](const timeval &time) { return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3; };
    return ms(usage.ru_utime) + ms(usage.ru_stime);
}

double ownCpuMs()
{
    return static_cast<double>(bench::processCpuNow()) / 1e6;
}

domain::Node nodeAt(const bench::Endpoint &endpoint, int number)
{
    domain::Node node;
    node.id = domain::NodeId("n" + std::to_string(number));
    node.address = "127.0.0.1";
    node.ssh.user = getpwuid(geteuid())->pw_name;
    node.ssh.port = endpoint.port;
    node.ssh.identity = endpoint.keyFile;
    node.ssh.knownHosts = endpoint.knownHostsFile;
    return node;
}

struct Nodes {
    std::vector<std::unique_ptr<campaign::NodeLink>> links;
    std::atomic<int> failed{0};
    std::string bundle; ///< of the first

    /// Connects and prepares @p count nodes, kFanOut at a time.
    void reach(int count, const bench::Endpoint &endpoint, remote::SshLinkFactory &factory, campaign::Deployer &deployer)
    {
        links.resize(static_cast<std::size_t>(count));
        std::atomic<int> next{0};
        const auto work = [&] {
            const std::atomic<bool> never{false};
            NoQuestions questions;
            for (int i; (i = next++) < count;) {
                auto link = factory.link(nodeAt(endpoint, i));
                std::vector<campaign::RecipeStep> steps;
                auto connected = link->connect(questions, never);
                auto probe = connected ? deployer.prepare(*link, steps, never) : std::unexpected(connected.error());
                if (!probe && failed++ == 0)
                    std::fprintf(stderr, "%s\n", domain::sentence(probe.error()).c_str());
                if (probe && i == 0)
                    bundle = probe->bundle;
                links[static_cast<std::size_t>(i)] = std::move(link);
            }
        };
        std::vector<std::thread> threads;
        for (int i = 0; i < kFanOut; ++i)
            threads.emplace_back(work);
        for (auto &thread : threads)
            thread.join();
    }
};

double sshProcessCpuMs(const bench::Endpoint &endpoint, int times)
{
    const std::string command = "ssh -F /dev/null -p " + std::to_string(endpoint.port) + " -i " + endpoint.keyFile
        + " -o UserKnownHostsFile=" + endpoint.knownHostsFile + " -o BatchMode=yes 127.0.0.1 true </dev/null";
    const double before = childrenCpuMs();
    for (int i = 0; i < times; ++i) {
        if (std::system(command.c_str()) != 0)
            std::fprintf(stderr, "the ssh process failed\n");
    }
    return (childrenCpuMs() - before) / times;
}

/// Only what this run put there: other engines may lie beside it.
void removeBundle(const bench::Endpoint &endpoint, remote::SshLinkFactory &factory, const std::string &bundle)
{
    NoQuestions questions;
    const std::atomic<bool> never{false};
    const auto link = factory.link(nodeAt(endpoint, 0));
    if (!bundle.empty() && link->connect(questions, never))
        (void)link->run("rm -rf -- " + remote::shellQuote(bundle), {}, 30, never);
}

int line(const char *what, double value, const char *unit, double budget)
{
    const bool good = budget <= 0 || value <= budget;
    std::printf("%-58s %10.2f %s", what, value, unit);
    if (budget > 0)
        std::printf("   (budget %.0f %s: %s)", budget, unit, good ? "kept" : "EXCEEDED");
    std::printf("\n");
    return good ? 0 : 1;
}

std::string argument(int argc, char **argv, const char *name, const std::string &otherwise)
{
    for (int i = 1; i + 1 < argc; ++i) {
        if (std::strcmp(argv[i], name) == 0)
            return argv[i + 1];
    }
    return otherwise;
}

int run(int count, std::string engine)
{
    const bench::LoopbackSshd sshd("default none");
    const auto &endpoint = sshd.endpoint();
    if (engine.empty()) {
        engine = endpoint.keyFile + ".engine";
        std::ofstream(engine) << "#!/bin/sh\nexit 0\n#" << std::string(2'000'000, 'x') << '\n';
    }
    remote::SshLinkFactory factory;
    remote::EngineDeployer deployer(engine);
    {
        Nodes first; // uploads; also what is paid once for all nodes: ssh -G, hashing the engine
        first.reach(1, endpoint, factory, deployer);
        if (first.failed != 0)
            return 2;
    }

    const double memoryBefore = bench::anonymousKilobytes();
    const double ownBefore = ownCpuMs();
    const double childrenBefore = childrenCpuMs();
    const auto wallBefore = bench::wallNow();
    Nodes nodes;
    nodes.reach(count, endpoint, factory, deployer);
    const double wall = static_cast<double>(bench::wallNow() - wallBefore) / 1e9;
    const double cpu = (ownCpuMs() - ownBefore + childrenCpuMs() - childrenBefore) / count;

    std::atomic<int> attached{0};
    for (const auto &link : nodes.links)
        (void)link->attach("echo here; exec cat >/dev/null", std::make_shared<Silence>(attached));
    for (int i = 0; i < 200 && attached < count; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const double memory = (bench::anonymousKilobytes() - memoryBefore) / count;

    std::printf("%d nodes (one sshd on loopback), %d at a time, engine %s\n", count, kFanOut, engine.c_str());
    int exceeded = 0;
    exceeded += line("connect + probe + unchanged deploy, client CPU a node", cpu, "ms", kCpuBudgetMs);
    exceeded += line("the same, wall for all nodes", wall, "s", 0);
    exceeded += line("one 'ssh node true' process, client CPU (peer)", sshProcessCpuMs(endpoint, 10), "ms", 0);
    exceeded += line("memory of a connected and attached node", memory, "kB", kMemoryBudgetKb);
    exceeded += line("nodes that failed", nodes.failed, "", 0);
    exceeded += line("nodes attached", attached, "", 0);
    nodes.links.clear();
    removeBundle(endpoint, factory, nodes.bundle);
    return nodes.failed != 0 || attached != count ? 2 : exceeded > 0 ? 1 : 0;
}

} // namespace

int main(int argc, char **argv)
{
    return run(std::stoi(argument(argc, argv, "--nodes", "40")), argument(argc, argv, "--engine", ""));
}
