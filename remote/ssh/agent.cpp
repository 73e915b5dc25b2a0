// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/agent.h"

#include "remote/ssh/tcp.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace seatrial::remote {

int connectToAgent(const std::string &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return -1;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(socket.descriptor(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return -1;
    return socket.release();
}

AgentGuard::AgentGuard(int descriptor, Moment deadline, const std::atomic<bool> &cancelled)
    : m_thread([this, descriptor, deadline, &cancelled] {
          while (!m_done && !cancelled && secondsUntil(deadline) > 0)
              pauseFor(0.05, m_done);
          if (!m_done)
              shutdown(descriptor, SHUT_RDWR);
      })
{
}

AgentGuard::~AgentGuard()
{
    m_done = true;
    m_thread.join();
}

} // namespace seatrial::remote
