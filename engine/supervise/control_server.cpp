// SPDX-License-Identifier: Apache-2.0
#include "engine/supervise/control_server.h"

#include "core/protocol/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include <sys/socket.h>
#include <unistd.h>

namespace seatrial::engine {

using namespace protocol;

namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr int kBlocksATurn = 16;

bool isOurs(const Fd &stream)
{
    ucred peer{};
    socklen_t length = sizeof peer;
    return ::getsockopt(stream.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == ::geteuid();
}

std::optional<std::uint64_t> fromLine(std::string_view line)
{
    constexpr std::string_view kFrom = "from ";
    std::uint64_t from = 0;
    if (!line.starts_with(kFrom))
        return std::nullopt;
    const auto [rest, error] = std::from_chars(line.data() + kFrom.size(), line.data() + line.size(), from);
    if (error != std::errc() || rest != line.data() + line.size())
        return std::nullopt;
    return from;
}

} // namespace

std::optional<ControlServer> ControlServer::open(const std::filesystem::path &folder, std::string &error)
{
    ControlServer server;
    server.m_listener = listenLocal(openFolder(folder), kSocketName);
    if (server.m_listener.isOpen())
        return server;
    error = "cannot listen at " + (folder / kSocketName).string() + ": " + errnoText(errno);
    return std::nullopt;
}

void ControlServer::addTo(std::vector<pollfd> &polled) const
{
    polled.push_back({m_listener.get(), POLLIN, 0});
    for (const Client &client : m_clients)
        polled.push_back({client.stream.get(), static_cast<short>(client.pending.empty() ? POLLIN : POLLIN | POLLOUT), 0});
}

void ControlServer::accept()
{
    for (std::size_t turn = 0; turn < kMaxClients; ++turn) {
        Client client;
        client.stream = Fd(::accept4(m_listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!client.stream.isOpen())
            return;
        if (m_clients.size() < kMaxClients && isOurs(client.stream))
            m_clients.push_back(std::move(client));
    }
}

std::vector<ControlServer::Said> ControlServer::receive(const Journal &journal)
{
    std::vector<Said> said;
    accept();
    for (Client &client : m_clients)
        readFrom(client, journal, said);
    dropGone();
    return said;
}

void ControlServer::readFrom(Client &client, const Journal &journal, std::vector<Said> &said)
{
    std::array<char, kBlockBytes> bytes;
    const ssize_t count = ::recv(client.stream.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count == 0)
        client.gone = true;
    else if (count < 0)
        client.gone = errno != EAGAIN && errno != EINTR;
    else
        client.cutter.feed({bytes.data(), static_cast<std::size_t>(count)},
                           [&](const std::string &line, std::uint64_t discarded) {
                               takeLine(client, line, discarded, journal, said);
                           });
}

void ControlServer::takeLine(Client &client, const std::string &line, std::uint64_t discarded, const Journal &journal,
                             std::vector<Said> &said)
{
    if (client.greeted && discarded > 0) {
        said.push_back(Malformed{"the line is too long", excerptOf(line)});
    } else if (client.greeted) {
        auto read = decodeControl(line);
        said.push_back(std::move(read));
    } else if (const auto from = fromLine(line)) {
        client.greeted = client.follows = true;
        client.offset = journal.offsetOf(*from);
    } else if (line == "control") {
        client.greeted = true;
    } else {
        client.gone = true; // nobody of ours
    }
}

void ControlServer::send(const Journal &journal)
{
    for (Client &client : m_clients) {
        refill(client, journal);
        for (int block = 0; block < kBlocksATurn && !client.pending.empty(); ++block) {
            const ssize_t sent = ::send(client.stream.get(), client.pending.data(), client.pending.size(),
                                        MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent < 0) {
                client.gone = errno != EAGAIN && errno != EINTR;
                break;
            }
            client.pending.erase(0, static_cast<std::size_t>(sent));
            refill(client, journal); // what is left over makes the next poll() wait for room
        }
    }
    dropGone();
}

void ControlServer::refill(Client &client, const Journal &journal)
{
    if (!client.follows || !client.pending.empty())
        return;
    client.pending = journal.read(client.offset, kBlockBytes);
    client.offset += client.pending.size();
}

void ControlServer::dropGone()
{
    std::erase_if(m_clients, [](const Client &client) { return client.gone; });
}

std::size_t ControlServer::attached() const
{
    return static_cast<std::size_t>(std::ranges::count_if(m_clients, &Client::follows));
}

bool ControlServer::everythingSent(const Journal &journal) const
{
    return std::ranges::all_of(m_clients, [&](const Client &client) {
        return !client.follows || (client.pending.empty() && client.offset >= journal.size());
    });
}

} // namespace seatrial::engine
