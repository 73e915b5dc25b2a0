// SPDX-License-Identifier: GPL-3.0-or-later
// An sshd of our own on the loopback address, with its own keys, in a temporary folder. It ends with the object.
#pragma once

#include <arpa/inet.h>
#include <csignal>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace seatrial::bench {

struct Endpoint {
    std::uint16_t port = 0;
    std::string keyFile;
    std::string knownHostsFile;
};

class LoopbackSshd {
public:
    explicit LoopbackSshd(const std::string& rekeyLimit)
    {
        char name[] = "/tmp/seatrial-sshd-XXXXXX";
        if (mkdtemp(name) == nullptr) {
            throw std::runtime_error{"cannot create a folder in /tmp"};
        }
        m_folder = name;
        if (geteuid() == 0) {
            mkdir("/run/sshd", 0755); // sshd's privilege separation wants it; it may exist
        }
        makeKey("host_key");
        makeKey("user_key");
        std::filesystem::copy_file(m_folder / "user_key.pub", m_folder / "authorized_keys");
        const auto port = freePort();
        writeConfiguration(port, rekeyLimit);
        std::ofstream{m_folder / "known_hosts"} << "[127.0.0.1]:" << port << ' ' << read(m_folder / "host_key.pub");
        m_endpoint = {port, m_folder / "user_key", m_folder / "known_hosts"};
        const auto log = (m_folder / "log").string();
        m_pid = spawn({"/usr/sbin/sshd", "-D", "-f", m_folder / "sshd_config", "-E", log});
        waitUntilListening(log);
    }
    ~LoopbackSshd()
    {
        if (m_pid > 0) {
            kill(m_pid, SIGTERM);
            waitpid(m_pid, nullptr, 0);
        }
        removeFolder();
    }
    LoopbackSshd(const LoopbackSshd&) = delete;
    LoopbackSshd& operator=(const LoopbackSshd&) = delete;

    const Endpoint& endpoint() const { return m_endpoint; }

private:
    static std::string read(const std::filesystem::path& file)
    {
        std::ostringstream text;
        text << std::ifstream{file}.rdbuf();
        return text.str();
    }

    static pid_t spawn(std::vector<std::string> words)
    {
        const auto pid = fork();
        if (pid != 0) {
            return pid;
        }
        std::vector<char*> arguments;
        for (auto& word : words) {
            arguments.push_back(word.data());
        }
        arguments.push_back(nullptr);
        execv(arguments[0], arguments.data());
        _exit(127);
    }

    // A login that was just beginning may write its log once more.
    void removeFolder() const
    {
        std::error_code failure;
        for (int i = 0; i < 20; ++i) {
            std::filesystem::remove_all(m_folder, failure);
            if (!failure && !std::filesystem::exists(m_folder)) {
                return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
    }

    void makeKey(const char* name)
    {
        const auto pid = spawn({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", m_folder / name});
        int status = 0;
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
            throw std::runtime_error{"/usr/bin/ssh-keygen failed; install openssh-client"};
        }
    }

    static sockaddr_in loopback(std::uint16_t port)
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }

    static std::uint16_t freePort()
    {
        const int fd = socket(AF_INET, SOCK_STREAM, 0);
        auto address = loopback(0);
        socklen_t size = sizeof address;
        bind(fd, reinterpret_cast<sockaddr*>(&address), size);
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
        ::close(fd);
        return ntohs(address.sin_port);
    }

    void writeConfiguration(std::uint16_t port, const std::string& rekeyLimit)
    {
        std::ofstream{m_folder / "sshd_config"}
            << "ListenAddress 127.0.0.1\nPort " << port << "\nHostKey " << (m_folder / "host_key").string()
            << "\nAuthorizedKeysFile " << (m_folder / "authorized_keys").string()
            << "\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
               "PermitRootLogin prohibit-password\nPidFile none\nRekeyLimit "
            << rekeyLimit << '\n';
    }

    void waitUntilListening(const std::string& log) const
    {
        for (int i = 0; i < 100; ++i) {
            const int fd = socket(AF_INET, SOCK_STREAM, 0);
            const auto address = loopback(m_endpoint.port);
            const int rc = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
            ::close(fd);
            if (rc == 0) {
                return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        throw std::runtime_error{"/usr/sbin/sshd does not listen after 5 s; its log says: " + read(log)};
    }

    std::filesystem::path m_folder;
    Endpoint m_endpoint;
    pid_t m_pid = -1;
};

} // namespace seatrial::bench
