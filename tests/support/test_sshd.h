// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/inventory.h"

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace seatrial::tests {

/// What a test's sshd is like.
struct SshdOptions {
    std::vector<std::string> config = {}; ///< further lines of sshd_config; the first of a keyword wins
    /// A mount namespace of its own, in which /tmp, /var/tmp, /dev/shm and the home folder are empty and its own.
    /// For root alone.
    bool ownFolders = false;
    /// Shell lines run inside before sshd starts; $1 is the folder with its keys, $HOME the home folder.
    std::string prepare = {};
};

/// A real sshd on the loopback address with its own keys and port. It ends with the object.
class TestSshd
{
public:
    explicit TestSshd(SshdOptions options = {});
    ~TestSshd();
    TestSshd(const TestSshd &) = delete;
    TestSshd &operator=(const TestSshd &) = delete;

    static bool available();
    static bool canHaveOwnFolders();

    /// The node as an inventory would give it: user, port, identity and known_hosts.
    domain::Node node(const std::string &name = "n01") const;
    std::uint16_t port() const { return m_port; }
    const std::filesystem::path &folder() const { return m_folder; }
    std::filesystem::path knownHosts() const { return m_folder / "known_hosts"; }
    std::filesystem::path identity() const { return m_folder / "user_key"; }
    std::string hostKey() const; ///< "ssh-ed25519 AAAA…"
    std::string log() const;
    /// Processes that serve connections (not the listener).
    std::vector<pid_t> sessions() const;
    /// Runs a shell line in the namespace of the sshd; what it prints.
    std::string inside(const std::string &script) const;

    static std::string makeKey(const std::filesystem::path &file, const std::string &passphrase = "");
    static std::string read(const std::filesystem::path &file);

private:
    void writeConfig(const SshdOptions &options, const std::filesystem::path &seenAs) const;
    void awaitListening() const;

    std::filesystem::path m_folder;
    std::uint16_t m_port = 0;
    pid_t m_pid = -1;
    bool m_ownFolders = false;
};

/// A listening socket on loopback that is never served: connections to it succeed and nobody speaks.
class SilentServer
{
public:
    explicit SilentServer(int backlog = 16);
    ~SilentServer();
    std::uint16_t port() const { return m_port; }
    int descriptor() const { return m_descriptor; }

private:
    int m_descriptor = -1;
    std::uint16_t m_port = 0;
};

/// Connects to a loopback port; -1 if that fails.
int connectLoopback(std::uint16_t port, bool wait = true);

} // namespace seatrial::tests
