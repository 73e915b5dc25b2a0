// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/tcp.h"

#include "remote/text.h"
#include "remote/wait.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace seatrial::remote {

using namespace domain;

Socket::~Socket()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

struct Lookup {
    int error = 0;
    std::vector<Address> addresses;
};

/// What the waiting thread and the one inside getaddrinfo() share; the last of them frees it.
struct PendingLookup {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<Lookup> result;
};

Lookup lookUp(const std::string &host, std::uint16_t port, int family, int flags)
{
    addrinfo hints{};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo *list = nullptr;
    Lookup found;
    found.error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
    if (found.error != 0)
        return found;
    for (const addrinfo *entry = list; entry != nullptr; entry = entry->ai_next) {
        Address address;
        address.size = entry->ai_addrlen;
        std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
        found.addresses.push_back(address);
    }
    freeaddrinfo(list);
    return found;
}

Failure unresolved(const std::string &where, const std::string &host, int error)
{
    Failure failure{Stage::Resolve, FailureKind::NotFound, {}, "looking up '" + host + "'", {}};
    if (error == EAI_AGAIN) {
        failure.kind = FailureKind::Timeout;
        failure.what = where + ": the name service did not answer for '" + host + "'";
        failure.advice = "check the network and the name server of this computer, then run again";
        return failure;
    }
    failure.what = where + ": there is no host named '" + host + "' (" + gai_strerror(error) + ")";
    failure.advice = "correct the address in the inventory, or add the name to the name service or /etc/hosts";
    return failure;
}

Failure cancelledAt(Stage stage, const std::string &where)
{
    return {stage, FailureKind::Cancelled, where + ": cancelled", {}, {}};
}

Result<std::vector<Address>> resolve(const SshSettings &settings, const std::string &where, double seconds,
                                     const std::atomic<bool> &cancelled)
{
    if (auto numeric = lookUp(settings.host, settings.port, settings.addressFamily, AI_NUMERICHOST); numeric.error == 0)
        return std::move(numeric.addresses);

    const auto pending = std::make_shared<PendingLookup>();
    try {
        std::thread([pending, host = settings.host, port = settings.port, family = settings.addressFamily] {
            Lookup result = lookUp(host, port, family, AI_ADDRCONFIG);
            const std::lock_guard lock(pending->mutex);
            pending->result = std::move(result);
            pending->done.notify_all();
        }).detach();
    } catch (const std::system_error &) {
        return std::unexpected(unresolved(where, settings.host, EAI_MEMORY));
    }
    const Moment deadline = after(seconds);
    std::unique_lock lock(pending->mutex);
    while (!pending->result) {
        if (cancelled)
            return std::unexpected(cancelledAt(Stage::Resolve, where));
        if (secondsUntil(deadline) <= 0)
            return std::unexpected(unresolved(where, settings.host, EAI_AGAIN));
        pending->done.wait_for(lock, std::chrono::milliseconds(50));
    }
    if (pending->result->error != 0)
        return std::unexpected(unresolved(where, settings.host, pending->result->error));
    return pending->result->addresses;
}

std::string addressesText(const std::vector<Address> &addresses)
{
    std::string text;
    for (const Address &address : addresses) {
        std::array<char, NI_MAXHOST> host;
        if (getnameinfo(reinterpret_cast<const sockaddr *>(&address.storage), address.size, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) != 0)
            continue;
        if (const std::string one = host.data(); text.find(one) == std::string::npos && text.size() < 200)
            text += (text.empty() ? "" : ", ") + one;
    }
    return text;
}

Failure unconnected(const std::string &where, int error, double seconds)
{
    Failure failure{Stage::Connect, FailureKind::Broken, {}, "TCP connection", {}};
    switch (error) {
    case ETIMEDOUT:
        failure.kind = FailureKind::Timeout;
        failure.what = where + ": no answer for " + secondsText(seconds);
        failure.advice = "check power and cabling of the node and firewalls on the way, then run again";
        break;
    case ECONNREFUSED:
        failure.kind = FailureKind::Refused;
        failure.what = where + ": connection refused";
        failure.advice = "check that sshd runs there and that address and port in the inventory are right";
        break;
    case EHOSTUNREACH:
    case ENETUNREACH:
        failure.kind = FailureKind::Timeout;
        failure.what = where + ": no route there (" + std::strerror(error) + ")";
        failure.advice = "check power and cabling of the node and the network between, then run again";
        break;
    case ECONNRESET:
        failure.kind = FailureKind::Throttled;
        failure.what = where + ": the connection was reset";
        break;
    default:
        failure.what = where + ": cannot connect: " + std::strerror(error);
        failure.advice = "check the network of this computer ('ulimit -n' if there are too many open files)";
    }
    return failure;
}

/// 0 when connected, else an errno; ECANCELED when cancelled.
int connectTo(const Address &address, Moment deadline, const std::atomic<bool> &cancelled, Socket &into)
{
    Socket socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket.descriptor() < 0)
        return errno;
    // libssh keeps only 16 bits of a descriptor that is handed to it.
    if (socket.descriptor() > 0xFFFF)
        return EMFILE;
    const int on = 1;
    setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket.descriptor(), reinterpret_cast<const sockaddr *>(&address.storage), address.size) != 0) {
        if (errno != EINPROGRESS)
            return errno;
        pollfd fd{socket.descriptor(), POLLOUT, 0};
        const Waited waited = waitFor({&fd, 1}, deadline, cancelled);
        if (waited != Waited::Ready)
            return waited == Waited::Cancelled ? ECANCELED : ETIMEDOUT;
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(socket.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0)
            return error;
    }
    into = std::move(socket);
    return 0;
}

} // namespace

Result<Socket> connectTcp(const SshSettings &settings, const std::string &where, double seconds,
                          const std::atomic<bool> &cancelled, const std::function<void(const std::string &)> &resolved)
{
    const auto addresses = resolve(settings, where, seconds, cancelled);
    if (!addresses)
        return std::unexpected(addresses.error());
    if (resolved)
        resolved(addressesText(*addresses));
    const Moment deadline = after(seconds);
    int error = ETIMEDOUT;
    for (std::size_t i = 0; i < addresses->size(); ++i) {
        // A dead address must not use up the time of those after it.
        const double share = secondsUntil(deadline) / static_cast<double>(addresses->size() - i);
        Socket socket;
        error = connectTo((*addresses)[i], after(share), cancelled, socket);
        if (error == 0)
            return socket;
        if (error == ECANCELED)
            return std::unexpected(cancelledAt(Stage::Connect, where));
    }
    return std::unexpected(unconnected(where, error, seconds));
}

namespace {

Failure noGreeting(const std::string &where, std::string_view said)
{
    Failure failure{Stage::Connect, FailureKind::Throttled, {}, "SSH greeting", {}};
    if (said.find("MaxStartups") != std::string_view::npos) {
        failure.what = where + ": too many logins at once (the node says: " + printable(said) + ")";
        failure.advice = "wait a little; raise MaxStartups in the node's sshd_config if this stays";
    } else if (said.find("Not allowed at this time") != std::string_view::npos) {
        failure.what = where + ": the node shuts this computer out after failed logins (it says: " + printable(said) + ")";
        failure.advice = "wait some minutes, then correct user or key before trying again (PerSourcePenalties of sshd)";
    } else if (said.empty()) {
        failure.what = where + ": the node closed the connection before its greeting";
        failure.advice = "too many logins at once, or a filter on the node (MaxStartups, fail2ban, hosts.deny)";
    } else {
        failure.kind = FailureKind::Unsupported;
        failure.what = where + ": this is no SSH server; it says: " + printable(said.substr(0, 80));
        failure.advice = "correct the port in the inventory";
    }
    return failure;
}

} // namespace

Result<void> awaitGreeting(const Socket &socket, const std::string &where, double seconds,
                           const std::atomic<bool> &cancelled)
{
    // Lines may precede the greeting, but who says something else for so long is no SSH server.
    constexpr double otherWordsSeconds = 2;
    Moment deadline = after(seconds);
    std::array<char, 512> buffer;
    std::string_view said;
    while (true) {
        pollfd fd{socket.descriptor(), POLLIN | POLLRDHUP, 0};
        const Waited waited = waitFor({&fd, 1}, deadline, cancelled);
        if (waited == Waited::Cancelled)
            return std::unexpected(cancelledAt(Stage::Connect, where));
        if (waited == Waited::TimedOut)
            break;
        const ssize_t count = recv(socket.descriptor(), buffer.data(), buffer.size(), MSG_PEEK);
        if (said.empty() && count > 0)
            deadline = std::min(deadline, after(otherWordsSeconds));
        said = {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
        if (said.starts_with("SSH-") || said.find("\nSSH-") != std::string_view::npos)
            return {};
        const bool ended = (fd.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
        if (ended || said.size() == buffer.size())
            return std::unexpected(noGreeting(where, said));
        // The bytes stay in the socket, so poll() alone would return at once.
        if (secondsUntil(deadline) <= 0)
            break;
        pauseFor(0.02, cancelled);
    }
    if (!said.empty())
        return std::unexpected(noGreeting(where, said));
    return std::unexpected(Failure{Stage::Connect, FailureKind::Timeout,
                                   where + ": connected, but no greeting for " + secondsText(seconds), "SSH greeting",
                                   "sshd there hangs or the node is overloaded: look at its console"});
}

} // namespace seatrial::remote
