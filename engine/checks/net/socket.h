// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/measure/clock.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace seatrial::engine {

/// How long to wait for a peer, and the flag that ends waiting at once.
struct Patience {
    Deadline deadline;
    const std::atomic<bool> *stop = nullptr;

    bool over() const { return deadline.passed() || stopRequested(stop); }
};

enum class IoEnd {
    Done,
    Closed,   ///< the peer closed or reset the connection
    TimedOut,
    Stopped,
    Failed,   ///< the operating system refused; @see Socket::problem
};

/// A TCP connection (or listener). Never blocks longer than the patience it is given.
class Socket
{
public:
    Socket() = default;
    explicit Socket(int fd) : m_fd(fd) {}
    ~Socket() { close(); }
    Socket(Socket &&other) noexcept : m_fd(std::exchange(other.m_fd, -1)), m_problem(std::move(other.m_problem)) {}
    Socket &operator=(Socket &&other) noexcept;

    /// Tries each address of @p host in turn. Not open on failure, @see problem.
    static Socket connectTo(const std::string &host, std::uint16_t port, const Patience &patience);
    /// Listens on an ephemeral port of @p address, or of all addresses if it is empty.
    static Socket listenOn(const std::string &address);

    bool isOpen() const { return m_fd >= 0; }
    const std::string &problem() const { return m_problem; }
    void close();

    /// The next connection; not open if patience is over.
    Socket accept(const Patience &patience);
    std::uint16_t localPort() const;
    /// The address of this end as numbers: "10.0.0.1", "fe80::1%eth0". One of IPv4 is told as that also where an IPv6 socket took it.
    std::string localAddress() const;

    IoEnd send(std::span<const std::byte> bytes, const Patience &patience);
    IoEnd send(std::string_view text, const Patience &patience) { return send(std::as_bytes(std::span(text)), patience); }
    /// Fills @p bytes wholly; @p received counts what came, even if not all did.
    IoEnd receive(std::span<std::byte> bytes, const Patience &patience, std::size_t &received);
    /// At least one byte of @p bytes.
    IoEnd receiveSome(std::span<std::byte> bytes, const Patience &patience, std::size_t &received);
    /// One line without its end, at most @p limit bytes: a longer one counts as failed.
    IoEnd receiveLine(std::string &line, const Patience &patience, std::size_t limit);
    void endSending();
    void sendAtOnce(); ///< TCP_NODELAY

    struct TcpFacts {
        std::uint32_t retransmits = 0; ///< segments sent again over the life of the connection
        std::uint32_t segmentBytes = 0;
        std::string congestionControl;
    };
    TcpFacts tcpFacts() const;

private:
    IoEnd wait(short events, const Patience &patience);
    IoEnd failure();

    int m_fd = -1;
    std::string m_problem;
};

/// "did not answer in time", "closed the connection", …
std::string_view describe(IoEnd end);

} // namespace seatrial::engine
