// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/tunnel.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace seatrial::remote {

namespace {

constexpr std::size_t kPacket = 32'000;
/// How long the last words of a session that is gone may take.
constexpr double kLastWordsSeconds = 5;

} // namespace

Tunnel::Tunnel(ssh_session session, Socket socket, std::string host, std::uint16_t port)
    : m_session(session), m_channel(ssh_channel_new(session)), m_socket(std::move(socket)), m_host(std::move(host)), m_port(port)
{
    m_callbacks.userdata = this;
    m_callbacks.channel_data_function = [](ssh_session, ssh_channel, void *data, std::uint32_t size, int isErrors, void *self) {
        return isErrors != 0 ? static_cast<int>(size) : static_cast<Tunnel *>(self)->take(static_cast<const char *>(data), size);
    };
    m_callbacks.channel_eof_function = [](ssh_session, ssh_channel, void *self) { static_cast<Tunnel *>(self)->m_remoteEof = true; };
    m_callbacks.channel_close_function = [](ssh_session, ssh_channel, void *self) { static_cast<Tunnel *>(self)->m_remoteClosed = true; };
    ssh_callbacks_init(&m_callbacks);
    if (m_channel != nullptr)
        ssh_set_channel_callbacks(m_channel, &m_callbacks);
}

Tunnel::~Tunnel()
{
    if (m_channel == nullptr)
        return;
    ssh_remove_channel_callbacks(m_channel, &m_callbacks);
    ssh_channel_free(m_channel); // tells the jump host to close it
}

Tunnel::Opening Tunnel::open()
{
    if (m_channel == nullptr)
        return Opening::Denied;
    // The last two are where the connection comes from, for the jump host's log.
    const int code = ssh_channel_open_forward(m_channel, m_host.c_str(), m_port, "127.0.0.1", 0);
    m_open = code == SSH_OK;
    return m_open ? Opening::Open : code == SSH_AGAIN ? Opening::Pending : Opening::Denied;
}

pollfd Tunnel::descriptor(bool mayWrite) const
{
    if (!m_open || m_hungUp)
        return {-1, 0, 0}; // a socket that was hung up is always ready: polling for it would be no waiting
    short events = m_full ? POLLOUT : 0;
    if (mayWrite && m_unsent.empty() && ssh_channel_window_size(m_channel) > 0)
        events |= POLLIN;
    return {m_socket.descriptor(), events, 0};
}

void Tunnel::heard(short events)
{
    m_readable = m_readable || (events & POLLIN) != 0;
    m_writable = m_writable || (events & POLLOUT) != 0;
    if ((events & (POLLHUP | POLLERR | POLLNVAL)) != 0)
        hangUp();
}

void Tunnel::hangUp()
{
    if (!m_hungUp)
        m_giveUpAt = after(kLastWordsSeconds);
    m_hungUp = true;
}

bool Tunnel::step(std::span<char> buffer)
{
    bool moved = m_full && (m_writable || m_hungUp) && takeLate(buffer);
    if (m_remoteEof && !m_full && !m_shutDown) {
        shutdown(m_socket.descriptor(), SHUT_WR);
        m_shutDown = true;
        moved = true;
    }
    return pass(buffer) || moved;
}

bool Tunnel::done() const
{
    const bool nothingToGive = m_inputEnded && m_unsent.empty();
    const bool allGiven = m_remoteClosed && !m_full;
    return nothingToGive || allGiven || (m_giveUpAt && secondsUntil(*m_giveUpAt) <= 0);
}

/// Called by libssh with all that the channel holds; what is not taken stays there and closes the window.
int Tunnel::take(const char *data, std::size_t size)
{
    if (m_hungUp)
        return static_cast<int>(size);
    return m_full ? 0 : static_cast<int>(give(data, size));
}

std::size_t Tunnel::give(const char *data, std::size_t size)
{
    const ssize_t count = send(m_socket.descriptor(), data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        hangUp();
        return size;
    }
    const auto given = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    if (given < size) {
        m_full = true;
        m_writable = false;
    }
    return given;
}

/// What the channel kept while the socket was full. Reading it opens the window again.
bool Tunnel::takeLate(std::span<char> buffer)
{
    bool moved = false;
    for (int budget = 16; budget > 0; --budget) { // then the others' turn
        if (m_hungUp)
            m_late.clear();
        if (!m_late.empty()) {
            const std::size_t given = give(m_late.data(), m_late.size());
            moved = moved || given > 0;
            m_late.erase(0, given);
            if (!m_late.empty())
                return moved;
        }
        const int count = ssh_channel_read_nonblocking(m_channel, buffer.data(), static_cast<std::uint32_t>(buffer.size()), 0);
        if (count <= 0) {
            m_full = false;
            return moved;
        }
        m_late.assign(buffer.data(), static_cast<std::size_t>(count));
        moved = true;
    }
    return moved;
}

/// One packet from the socket to the channel: more would only pile up in libssh's buffer.
bool Tunnel::pass(std::span<char> buffer)
{
    if (!m_open || m_remoteClosed || (ssh_get_poll_flags(m_session) & SSH_WRITE_PENDING) != 0)
        return false;
    if (m_unsent.empty() && !m_inputEnded && (m_readable || m_hungUp)) {
        const std::size_t window = ssh_channel_window_size(m_channel);
        const std::size_t size = std::min({kPacket, window, buffer.size()});
        if (size == 0)
            return false;
        const ssize_t count = recv(m_socket.descriptor(), buffer.data(), size, MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
            m_readable = false;
            return false;
        }
        if (count <= 0) {
            m_inputEnded = true;
            return true;
        }
        m_unsent.assign(buffer.data(), static_cast<std::size_t>(count));
    }
    if (m_unsent.empty())
        return false;
    const int written = ssh_channel_write(m_channel, m_unsent.data(), static_cast<std::uint32_t>(m_unsent.size()));
    if (written < 0) { // the session is gone, or the channel was closed while this packet was on its way
        m_inputEnded = true;
        m_unsent.clear();
        return true;
    }
    m_unsent.erase(0, static_cast<std::size_t>(written)); // 0 amid a new key exchange
    return written > 0;
}

} // namespace seatrial::remote
