// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/login_reaper.h"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <sys/types.h>

namespace seatrial::tests {

namespace {

/// The kernel's table is read in pieces while it changes, so one look may miss a connection that stands.
constexpr int kLooks = 5;

/// Client ports of connections on loopback that stand.
std::set<int> standing()
{
    std::set<int> ports;
    std::ifstream in("/proc/net/tcp");
    for (std::string line; std::getline(in, line);) {
        unsigned localPort = 0;
        unsigned state = 0;
        if (std::sscanf(line.c_str(), "%*d: %*x:%x %*x:%*x %x", &localPort, &state) == 2 && state == 1)
            ports.insert(static_cast<int>(localPort));
    }
    return ports;
}

} // namespace

LoginReaper::LoginReaper(std::uint16_t sshdPort, int signal)
    : m_port(sshdPort), m_signal(signal), m_thread([this] {
          while (!m_stop) {
              look();
              std::this_thread::sleep_for(std::chrono::milliseconds(10));
          }
      })
{
}

LoginReaper::~LoginReaper()
{
    m_stop = true;
    m_thread.join();
}

void LoginReaper::look()
{
    const std::string here = " 127.0.0.1 " + std::to_string(m_port);
    const std::set<int> stand = standing();
    for (const int client : stand)
        m_missed.erase(client);
    std::set<int> missing; // counted once a look, however many processes a login has
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
        const int pid = std::atoi(entry->path().filename().c_str());
        if (pid <= 1)
            continue;
        std::ifstream in(entry->path() / "environ", std::ios::binary);
        const std::string environment{std::istreambuf_iterator<char>(in), {}};
        const std::size_t at = ('\0' + environment).find(std::string("\0SSH_CONNECTION=", 16));
        if (at == std::string::npos)
            continue;
        const std::string connection = environment.substr(at + 15, environment.find('\0', at) - at - 15); // "CLIENT PORT SERVER PORT"
        if (!connection.ends_with(here))
            continue;
        const int client = std::atoi(connection.c_str() + connection.find(' '));
        if (stand.contains(client))
            continue;
        if (missing.insert(client).second)
            ++m_missed[client];
        if (m_missed[client] >= kLooks && kill(pid, m_signal) == 0)
            ++m_ended;
    }
}

} // namespace seatrial::tests
