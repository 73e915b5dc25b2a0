// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"
#include "remote/ssh/ssh_settings.h"

#include <atomic>
#include <functional>
#include <string>
#include <utility>

namespace seatrial::remote {

/// A connected socket that closes itself.
class Socket
{
public:
    explicit Socket(int descriptor = -1) : m_descriptor(descriptor) {}
    Socket(Socket &&other) noexcept : m_descriptor(std::exchange(other.m_descriptor, -1)) {}
    Socket &operator=(Socket &&other) noexcept
    {
        std::swap(m_descriptor, other.m_descriptor);
        return *this;
    }
    ~Socket();
    int descriptor() const { return m_descriptor; }
    int release() { return std::exchange(m_descriptor, -1); }

private:
    int m_descriptor;
};

/// Resolves the name and connects, without ever blocking longer than 50 ms beyond a cancel: getaddrinfo() cannot be
/// interrupted, so it runs in a thread of its own that is left behind when nobody waits any more.
/// @p resolved is called in between with the addresses of the name.
domain::Result<Socket> connectTcp(const SshSettings &settings, const std::string &where, double seconds,
                                  const std::atomic<bool> &cancelled,
                                  const std::function<void(const std::string &addresses)> &resolved = {});

/// Waits for the server's greeting without taking it, so that a server that throttles, says nothing or is no SSH server
/// can be told apart.
domain::Result<void> awaitGreeting(const Socket &socket, const std::string &where, double seconds,
                                   const std::atomic<bool> &cancelled);

} // namespace seatrial::remote
