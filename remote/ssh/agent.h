// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "remote/wait.h"

#include <atomic>
#include <string>
#include <thread>

namespace seatrial::remote {

/// A connection to the agent that listens at @p path, or -1.
int connectToAgent(const std::string &path);

/// libssh waits for the agent without end, and an agent may wait for a person to touch a key. This ends the agent's
/// connection when the login is cancelled or late.
class AgentGuard
{
public:
    AgentGuard(int descriptor, Moment deadline, const std::atomic<bool> &cancelled);
    ~AgentGuard();

private:
    std::atomic<bool> m_done{false};
    std::thread m_thread;
};

} // namespace seatrial::remote
