// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/net/socket.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Addresses resolve(const char *host, const char *port, int flags, std::string &problem)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo *found = nullptr;
    const int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0)
        problem = gai_strerror(error);
    return Addresses(error == 0 ? found : nullptr, &freeaddrinfo);
}

int openSocket(const addrinfo &address)
{
    return ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol);
}

} // namespace

Socket &Socket::operator=(Socket &&other) noexcept
{
    if (this != &other) {
        close();
        m_fd = std::exchange(other.m_fd, -1);
        m_problem = std::move(other.m_problem);
    }
    return *this;
}

void Socket::close()
{
    if (m_fd >= 0)
        ::close(m_fd);
    m_fd = -1;
}

Socket Socket::connectTo(const std::string &host, std::uint16_t port, const Patience &patience)
{
    Socket failed;
    const auto addresses = resolve(host.c_str(), std::to_string(port).c_str(), 0, failed.m_problem);
    for (const addrinfo *address = addresses.get(); address; address = address->ai_next) {
        Socket socket(openSocket(*address));
        if (!socket.isOpen()) {
            failed.m_problem = std::strerror(errno);
            continue;
        }
        int error = ::connect(socket.m_fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
        if (error == EINPROGRESS) {
            const auto end = socket.wait(POLLOUT, patience);
            if (end != IoEnd::Done) {
                failed.m_problem = describe(end);
                return failed;
            }
            socklen_t size = sizeof error;
            getsockopt(socket.m_fd, SOL_SOCKET, SO_ERROR, &error, &size);
        }
        if (error == 0)
            return socket;
        failed.m_problem = std::strerror(error);
    }
    return failed;
}

Socket Socket::listenOn(const std::string &address)
{
    Socket failed;
    for (const char *any : {"::", "0.0.0.0"}) { // "::" takes both families where IPv6 exists
        const auto addresses = resolve(address.empty() ? any : address.c_str(), "0", AI_PASSIVE | AI_NUMERICHOST, failed.m_problem);
        for (const addrinfo *candidate = addresses.get(); candidate; candidate = candidate->ai_next) {
            Socket socket(openSocket(*candidate));
            if (socket.isOpen() && ::bind(socket.m_fd, candidate->ai_addr, candidate->ai_addrlen) == 0 && ::listen(socket.m_fd, 128) == 0)
                return socket;
            failed.m_problem = std::strerror(errno);
        }
        if (!address.empty())
            break;
    }
    return failed;
}

Socket Socket::accept(const Patience &patience)
{
    while (wait(POLLIN, patience) == IoEnd::Done) {
        const int fd = ::accept4(m_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            return Socket(fd);
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
            break; // no room now: let the caller finish something first
    }
    return {};
}

std::uint16_t Socket::localPort() const
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (getsockname(m_fd, reinterpret_cast<sockaddr *>(&address), &size) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(reinterpret_cast<const sockaddr_in6 &>(address).sin6_port);
    return ntohs(reinterpret_cast<const sockaddr_in &>(address).sin_port);
}

std::string Socket::localAddress() const
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (getsockname(m_fd, reinterpret_cast<sockaddr *>(&address), &size) != 0)
        return {};
    char text[NI_MAXHOST] = {};
    if (getnameinfo(reinterpret_cast<const sockaddr *>(&address), size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0)
        return {};
    constexpr std::string_view mapped = "::ffff:";
    const std::string_view all = text;
    return std::string(all.starts_with(mapped) && all.find('.') != all.npos ? all.substr(mapped.size()) : all);
}

IoEnd Socket::wait(short events, const Patience &patience)
{
    constexpr double slice = 0.05; // how soon a request to stop is noticed
    while (!patience.over()) {
        pollfd entry{m_fd, events, 0};
        const int milliseconds = int(std::min(slice, patience.deadline.remainingSeconds()) * 1000) + 1;
        const int ready = ::poll(&entry, 1, milliseconds);
        if (ready > 0)
            return IoEnd::Done; // errors show in the call that follows
        if (ready < 0 && errno != EINTR)
            return failure();
    }
    return stopRequested(patience.stop) ? IoEnd::Stopped : IoEnd::TimedOut;
}

IoEnd Socket::failure()
{
    if (errno == EPIPE || errno == ECONNRESET)
        return IoEnd::Closed;
    m_problem = std::strerror(errno);
    return errno == ETIMEDOUT ? IoEnd::TimedOut : IoEnd::Failed;
}

IoEnd Socket::send(std::span<const std::byte> bytes, const Patience &patience)
{
    while (!bytes.empty()) {
        const ssize_t sent = ::send(m_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            bytes = bytes.subspan(std::size_t(sent));
            if (!patience.over())
                continue;
        } else if (errno != EAGAIN && errno != EINTR) {
            return failure();
        }
        if (bytes.empty())
            break;
        if (const auto end = wait(POLLOUT, patience); end != IoEnd::Done)
            return end;
    }
    return IoEnd::Done;
}

IoEnd Socket::receiveSome(std::span<std::byte> bytes, const Patience &patience, std::size_t &received)
{
    received = 0;
    while (true) {
        const ssize_t got = ::recv(m_fd, bytes.data(), bytes.size(), 0);
        if (got > 0) {
            received = std::size_t(got);
            return IoEnd::Done;
        }
        if (got == 0)
            return IoEnd::Closed;
        if (errno != EAGAIN && errno != EINTR)
            return failure();
        if (const auto end = wait(POLLIN, patience); end != IoEnd::Done)
            return end;
    }
}

IoEnd Socket::receive(std::span<std::byte> bytes, const Patience &patience, std::size_t &received)
{
    received = 0;
    while (received < bytes.size()) {
        std::size_t got = 0;
        if (const auto end = receiveSome(bytes.subspan(received), patience, got); end != IoEnd::Done)
            return end;
        received += got;
    }
    return IoEnd::Done;
}

IoEnd Socket::receiveLine(std::string &line, const Patience &patience, std::size_t limit)
{
    // Looks before it takes, so that nothing behind the line is lost; lines are few and short.
    line.clear();
    while (true) {
        char ahead[4096];
        const ssize_t seen = ::recv(m_fd, ahead, sizeof ahead, MSG_PEEK);
        if (seen == 0)
            return IoEnd::Closed;
        if (seen < 0) {
            if (errno != EAGAIN && errno != EINTR)
                return failure();
            if (const auto end = wait(POLLIN, patience); end != IoEnd::Done)
                return end;
            continue;
        }
        const auto *newline = static_cast<const char *>(std::memchr(ahead, '\n', std::size_t(seen)));
        const auto take = newline ? std::size_t(newline - ahead) + 1 : std::size_t(seen);
        if (::recv(m_fd, ahead, take, 0) != ssize_t(take))
            return IoEnd::Failed;
        line.append(ahead, newline ? take - 1 : take);
        if (line.size() > limit) {
            m_problem = "a line was longer than " + std::to_string(limit) + " bytes";
            return IoEnd::Failed;
        }
        if (newline)
            return IoEnd::Done;
        if (patience.over())
            return IoEnd::TimedOut;
    }
}

void Socket::endSending()
{
    ::shutdown(m_fd, SHUT_WR);
}

void Socket::sendAtOnce()
{
    const int on = 1;
    setsockopt(m_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Socket::TcpFacts Socket::tcpFacts() const
{
    TcpFacts facts;
    tcp_info info{};
    socklen_t size = sizeof info;
    if (getsockopt(m_fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
        facts.retransmits = info.tcpi_total_retrans;
        facts.segmentBytes = info.tcpi_snd_mss;
    }
    char name[16] = {};
    size = sizeof name;
    if (getsockopt(m_fd, IPPROTO_TCP, TCP_CONGESTION, name, &size) == 0)
        facts.congestionControl.assign(name, strnlen(name, sizeof name));
    return facts;
}

std::string_view describe(IoEnd end)
{
    switch (end) {
    case IoEnd::Done: return "went well";
    case IoEnd::Closed: return "closed the connection";
    case IoEnd::TimedOut: return "did not answer in time";
    case IoEnd::Stopped: return "was not waited for any longer: told to stop";
    case IoEnd::Failed: return "could not be reached";
    }
    return "";
}

} // namespace seatrial::engine
