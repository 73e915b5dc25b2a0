// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/node_link.h"
#include "remote/ssh/ssh_link_factory.h"
#include "tests/support/link_tools.h"
#include "tests/support/test_sshd.h"

#include <QObject>
#include <QTemporaryDir>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <thread>

namespace seatrial::tests {

inline bool contains(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

/// How an ssh configuration says the way to @p sshd.
inline std::string hostBlock(const std::string &name, const TestSshd &sshd)
{
    return "Host " + name + "\n  HostName 127.0.0.1\n  Port " + std::to_string(sshd.port()) + "\n  User " + sshd.node().ssh.user
        + "\n  IdentityFile " + sshd.identity().string() + "\n  IdentitiesOnly yes\n  UserKnownHostsFile " + sshd.knownHosts().string() + "\n";
}

inline int linesWith(const TestSshd &sshd, const std::string &words)
{
    std::istringstream log(sshd.log());
    int count = 0;
    for (std::string line; std::getline(log, line);)
        count += contains(line, words) ? 1 : 0;
    return count;
}

inline int logins(const TestSshd &sshd)
{
    return linesWith(sshd, "Accepted publickey");
}

inline int connections(const TestSshd &sshd)
{
    return linesWith(sshd, "Connection from");
}

/// Connections at a time that had not logged in, by the log: "Connection from 127.0.0.1 port 5 on …", "Accepted
/// publickey for root from 127.0.0.1 port 5 …".
inline int mostUnauthenticated(const TestSshd &sshd)
{
    std::istringstream log(sshd.log());
    std::set<std::string> open;
    std::size_t most = 0;
    for (std::string line; std::getline(log, line);) {
        const auto at = line.find(" port ");
        if (at == std::string::npos)
            continue;
        const std::string port = line.substr(at + 6, line.find_first_of(" :", at + 6) - at - 6);
        if (contains(line, "Connection from"))
            open.insert(port);
        else
            open.erase(port);
        most = std::max(most, open.size());
    }
    return static_cast<int>(most);
}

inline std::size_t entries(const std::filesystem::path &folder)
{
    std::size_t count = 0;
    for ([[maybe_unused]] const auto &entry : std::filesystem::directory_iterator(folder))
        ++count;
    return count;
}

inline std::size_t residentMegabytes()
{
    std::ifstream in("/proc/self/statm");
    std::size_t all = 0;
    std::size_t resident = 0;
    in >> all >> resident;
    return resident * 4096 / 1'000'000;
}

/// Takes nothing.
class FullSink : public campaign::StreamSink
{
public:
    bool full() const override { return true; }
    void bytes(std::string_view) override {}
    void ended(domain::Result<int>, std::string) override {}
};

/// Links that are connected all at the same time.
struct Crowd {
    Crowd(campaign::LinkFactory &factory, int count, const std::function<domain::Node(int)> &node)
    {
        for (int i = 0; i < count; ++i)
            links.push_back(factory.link(node(i)));
    }
    void connect(campaign::Questions &questions)
    {
        results.assign(links.size(), {});
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < links.size(); ++i)
            threads.emplace_back([this, i, &questions] { results[i] = links[i]->connect(questions, cancelled); });
        for (auto &thread : threads)
            thread.join();
    }
    /// Cancels after a while; how many milliseconds it went on then.
    std::int64_t cancel(campaign::Questions &questions, int milliseconds)
    {
        std::chrono::steady_clock::time_point at;
        std::thread canceller([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
            at = std::chrono::steady_clock::now();
            cancelled = true;
        });
        connect(questions);
        const auto end = std::chrono::steady_clock::now();
        canceller.join();
        cancelled = false;
        return std::chrono::duration_cast<std::chrono::milliseconds>(end - at).count();
    }

    std::vector<std::unique_ptr<campaign::NodeLink>> links;
    std::vector<domain::Result<void>> results;
    std::atomic<bool> cancelled{false};
};

/// What tests of jump hosts have in common: two of them, a node, and an ssh configuration that names the two.
class JumpFixture : public QObject
{
protected:
    void start()
    {
        m_config = m_folder.filePath("config").toStdString();
        qunsetenv("SSH_AUTH_SOCK");
        m_gate = std::make_unique<TestSshd>();
        m_inner = std::make_unique<TestSshd>();
        m_sshd = std::make_unique<TestSshd>();
        writeConfig();
    }
    std::unique_ptr<remote::SshLinkFactory> factory(remote::SshLimits limits = {}) const
    {
        return std::make_unique<remote::SshLinkFactory>(limits, m_config);
    }
    domain::Node nodeBehind(const TestSshd &sshd, std::vector<std::string> jumps, const std::string &name = "n07") const
    {
        domain::Node node = sshd.node(name);
        node.ssh.jumps = std::move(jumps);
        return node;
    }
    domain::Result<void> echo(campaign::NodeLink &link) const
    {
        const auto answer = link.run("echo hello", {}, 20, m_never);
        if (!answer)
            return std::unexpected(answer.error());
        if (answer->output != "hello\n")
            return std::unexpected(domain::Failure{domain::Stage::Run, domain::FailureKind::Broken, "it said: " + answer->output, {}, {}});
        return {};
    }
    void writeConfig(const std::string &more = {}) const
    {
        std::ofstream(m_config) << hostBlock("gate", *m_gate) << hostBlock("inner", *m_inner) << more;
    }

    QTemporaryDir m_folder;
    std::filesystem::path m_config;
    std::unique_ptr<TestSshd> m_gate;
    std::unique_ptr<TestSshd> m_inner;
    std::unique_ptr<TestSshd> m_sshd; ///< the node
    FixedAnswer m_refuse;
    const std::atomic<bool> m_never{false};
};

} // namespace seatrial::tests
