// SPDX-License-Identifier: GPL-3.0-or-later
// What a jump host costs: an upload through it and client CPU for each node behind it, beside `ssh -J` and a direct way
// in the same run.
//   bench_jump [--nodes N] [--megabytes N]
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

class NoQuestions : public campaign::Questions
{
public:
    campaign::HostKeyAnswer ask(const campaign::HostKeyQuestion &) override { return campaign::HostKeyAnswer::Refuse; }
    std::optional<campaign::SecretAnswer> askSecret(const campaign::SecretQuestion &) override { return std::nullopt; }
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

double seconds(std::int64_t since)
{
    return static_cast<double>(bench::wallNow() - since) / 1e9;
}

std::string hostBlock(const std::string &name, const bench::Endpoint &at)
{
    return "Host " + name + "\n  HostName 127.0.0.1\n  Port " + std::to_string(at.port) + "\n  IdentityFile " + at.keyFile
        + "\n  IdentitiesOnly yes\n  UserKnownHostsFile " + at.knownHostsFile + "\n";
}

domain::Node nodeNamed(const std::string &address)
{
    domain::Node node;
    node.id = domain::NodeId("n01");
    node.address = address;
    return node;
}

/// Client CPU in ms a node for connecting @p count of them, eight at a time.
double connectAll(remote::SshLinkFactory &factory, const std::string &address, int count, double &wall)
{
    std::vector<std::unique_ptr<campaign::NodeLink>> links(static_cast<std::size_t>(count));
    std::atomic<int> next{0};
    std::atomic<int> failed{0};
    const double before = ownCpuMs();
    const auto begin = bench::wallNow();
    const auto work = [&] {
        NoQuestions questions;
        const std::atomic<bool> never{false};
        for (int i; (i = next++) < count;) {
            auto &link = links[static_cast<std::size_t>(i)];
            link = factory.link(nodeNamed(address));
            if (const auto connected = link->connect(questions, never); !connected && failed++ == 0)
                std::fprintf(stderr, "%s\n", domain::sentence(connected.error()).c_str());
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back(work);
    for (auto &thread : threads)
        thread.join();
    wall = seconds(begin);
    return (ownCpuMs() - before) / count;
}

/// MB/s; client CPU in ms goes to @p cpu.
double upload(remote::SshLinkFactory &factory, const std::string &address, const std::string &bytes, double &cpu)
{
    NoQuestions questions;
    const std::atomic<bool> never{false};
    const auto link = factory.link(nodeNamed(address));
    if (!link->connect(questions, never))
        return 0;
    const double before = ownCpuMs();
    const auto begin = bench::wallNow();
    const auto answer = link->run("cat >/dev/null", bytes, 600, never);
    cpu = ownCpuMs() - before;
    return answer && answer->exitStatus == 0 ? static_cast<double>(bytes.size()) / 1e6 / seconds(begin) : 0;
}

/// The same by a process: @p options and a command that reads @p file.
double process(const std::string &config, const std::string &words, const std::string &file, double &cpu)
{
    const double before = childrenCpuMs();
    const auto begin = bench::wallNow();
    const std::string line = "ssh -F " + config + " -o BatchMode=yes " + words + " 'cat >/dev/null' <" + file;
    if (std::system(line.c_str()) != 0)
        std::fprintf(stderr, "failed: %s\n", line.c_str());
    cpu = childrenCpuMs() - before;
    return seconds(begin);
}

void line(const char *what, double value, const char *unit, double cpu)
{
    std::printf("%-52s %9.2f %-5s %9.1f ms client CPU\n", what, value, unit, cpu);
}

int number(int argc, char **argv, const char *name, int otherwise)
{
    for (int i = 1; i + 1 < argc; ++i) {
        if (std::strcmp(argv[i], name) == 0)
            return std::stoi(argv[i + 1]);
    }
    return otherwise;
}

} // namespace

int main(int argc, char **argv)
{
    const int count = number(argc, argv, "--nodes", 40);
    const std::size_t megabytes = static_cast<std::size_t>(number(argc, argv, "--megabytes", 64));
    const bench::LoopbackSshd gate("default none");
    const bench::LoopbackSshd node("default none");
    const std::string config = gate.endpoint().keyFile + ".config";
    const std::string file = gate.endpoint().keyFile + ".bytes";
    std::ofstream(config) << hostBlock("gate", gate.endpoint()) << hostBlock("direct", node.endpoint())
                          << hostBlock("behind", node.endpoint()) << "  ProxyJump gate\n";
    const std::string bytes(megabytes * 1'000'000, 'x');
    std::ofstream(file) << bytes;
    std::ofstream(file + ".empty").close();

    remote::SshLinkFactory factory({}, config);
    std::printf("%zu MB up, then %d logins, eight at a time; sshd and client share this machine\n", megabytes, count);
    double cpu = 0;
    for (int round = 0; round < 3; ++round) {
        double speed = upload(factory, "direct", bytes, cpu);
        line("upload, direct", speed, "MB/s", cpu);
        speed = upload(factory, "behind", bytes, cpu);
        line("upload, behind one jump host", speed, "MB/s", cpu);
        double took = process(config, "direct", file, cpu);
        line("upload, 'ssh direct' (peer, login included)", static_cast<double>(megabytes) / took, "MB/s", cpu);
        took = process(config, "behind", file, cpu);
        line("upload, 'ssh -J' (peer, logins included)", static_cast<double>(megabytes) / took, "MB/s", cpu);
    }
    double wall = 0;
    cpu = connectAll(factory, "direct", count, wall);
    line("logins, direct, wall for all; CPU for each", wall, "s", cpu);
    cpu = connectAll(factory, "behind", count, wall);
    line("logins, behind one jump host", wall, "s", cpu);
    const double took = process(config, "behind", file + ".empty", cpu);
    line("one 'ssh -J' process (peer)", took, "s", cpu);
    return 0;
}
