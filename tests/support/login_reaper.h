// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <thread>

namespace seatrial::tests {

/// Does to the logins of a test's sshd what logind does with KillUserProcesses=yes: once a connection is gone, every
/// process that was started from it gets a signal, whatever session or parent it has by now. Logins are told apart by
/// the variable SSH_CONNECTION, as logind tells them apart by their control group: who drops it has left the login.
class LoginReaper
{
public:
    LoginReaper(std::uint16_t sshdPort, int signal);
    ~LoginReaper();
    int ended() const { return m_ended; }

private:
    void look();

    const std::uint16_t m_port;
    const int m_signal;
    std::atomic<int> m_ended = 0;
    std::atomic<bool> m_stop = false;
    std::map<int, int> m_missed; ///< looks in a row that did not find the connection, by its client port
    std::thread m_thread;
};

} // namespace seatrial::tests
