// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "remote/ssh/tcp.h"
#include "remote/wait.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include <optional>
#include <span>
#include <string>

namespace seatrial::remote {

/// A direct-tcpip channel of a jump host's session, and our end of the socket pair whose other end a session to a node
/// uses. Belongs to the thread of that session; nothing here waits, and what is held back is bounded: one packet on the
/// way there, libssh's window (1.3 MB) on the way back.
class Tunnel
{
public:
    Tunnel(ssh_session session, Socket socket, std::string host, std::uint16_t port);
    ~Tunnel();
    Tunnel(const Tunnel &) = delete;
    Tunnel &operator=(const Tunnel &) = delete;

    enum class Opening { Pending, Open, Denied };
    /// To be called again until it is decided.
    Opening open();

    pollfd descriptor(bool mayWrite) const;
    void heard(short events);
    /// Moves what can be moved without waiting. True if anything moved.
    bool step(std::span<char> buffer);
    /// The socket back, of one that was not opened.
    Socket takeSocket() { return std::move(m_socket); }
    /// Whether both directions are through.
    bool done() const;
    /// Has bytes that no key exchange or window lets through now.
    bool stuck() const { return !m_unsent.empty() || (m_hungUp && !m_inputEnded); }

private:
    int take(const char *data, std::size_t size);
    bool takeLate(std::span<char> buffer);
    bool pass(std::span<char> buffer);
    std::size_t give(const char *data, std::size_t size);
    void hangUp();

    ssh_session m_session;
    ssh_channel m_channel;
    ssh_channel_callbacks_struct m_callbacks{};
    Socket m_socket;
    const std::string m_host;
    const std::uint16_t m_port;
    bool m_open = false;
    bool m_readable = false; ///< as far as is known: nothing is tried before poll() says so
    bool m_writable = false;
    bool m_full = false;     ///< the socket takes no more: the rest stays in the channel
    std::string m_late;      ///< taken out of the channel, not yet into the socket
    std::string m_unsent;    ///< taken out of the socket, not yet into the channel
    bool m_remoteEof = false;
    bool m_remoteClosed = false;
    bool m_shutDown = false; ///< the end of the remote side was told to the socket
    bool m_hungUp = false;   ///< nobody is at the other end of the socket any more
    bool m_inputEnded = false; ///< all that the socket had was taken
    std::optional<Moment> m_giveUpAt;
};

} // namespace seatrial::remote
