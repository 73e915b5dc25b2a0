// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/inventory.h"

#include <atomic>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace seatrial::tests {

/// What a PromptingServer wants of whoever logs in.
struct ServerWants {
    struct Prompt {
        std::string text;
        bool echo = false;
        std::string answer;
    };
    struct Round {
        std::string instruction;
        std::vector<Prompt> prompts;
    };
    bool keyFirst = false;       ///< any public key, and then one of the others
    std::vector<Round> rounds;   ///< keyboard-interactive; none: not offered
    std::string password;        ///< of the method of that name; empty: not offered
    int mostFailures = 6;        ///< then it hangs up, as MaxAuthTries has it
    double graceSeconds = 120;   ///< for the whole login
};

/// An SSH server of the tests' own that asks as PAM would, and cannot do anything else. One thread a connection.
class PromptingServer
{
public:
    explicit PromptingServer(ServerWants wants);
    ~PromptingServer();
    PromptingServer(const PromptingServer &) = delete;
    PromptingServer &operator=(const PromptingServer &) = delete;

    /// Its key is in a known_hosts file of its own; the identity is a key that it accepts only with @c keyFirst.
    domain::Node node(const std::string &name = "n01") const;
    std::uint16_t port() const { return m_port; }
    std::filesystem::path folder() const { return m_folder; }

    int logins() const { return m_logins; }
    /// Everything that was given as an answer or as a password, right or wrong, in this order.
    std::vector<std::string> given() const;
    void setPassword(const std::string &password);

private:
    struct Connection;
    void serve(int descriptor);
    void note(const std::string &answer);
    std::string password() const;

    ServerWants m_wants;
    std::filesystem::path m_folder;
    int m_listening = -1;
    std::uint16_t m_port = 0;
    std::atomic<bool> m_ending{false};
    std::atomic<int> m_logins{0};
    mutable std::mutex m_mutex;
    std::vector<std::string> m_given;
    std::set<int> m_open;
    std::vector<std::thread> m_threads;
    std::thread m_accepting;
};

} // namespace seatrial::tests
