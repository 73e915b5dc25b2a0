// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/net/pair_server.h"

#include "engine/checks/net/pair_protocol.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <optional>

namespace seatrial::engine {

namespace {

constexpr std::size_t mostGuests = 256;

/// Compares in a time that does not tell how much was right.
bool sameToken(std::string_view given, std::string_view token)
{
    unsigned difference = given.size() != token.size();
    for (std::size_t i = 0; i < std::min(given.size(), token.size()); ++i)
        difference |= unsigned(given[i] ^ token[i]);
    return difference == 0;
}

struct TransferOrder {
    unsigned streams = 0;
    double seconds = 0;
};

std::optional<TransferOrder> parseTransfer(const std::vector<std::string_view> &parts)
{
    if (parts.size() != 3)
        return std::nullopt;
    const auto streams = parseInteger(parts[1]);
    const auto milliseconds = parseInteger(parts[2]);
    if (!streams || *streams < 1 || *streams > pair::mostStreams || !milliseconds || *milliseconds < 1
        || double(*milliseconds) > pair::longestTransfer * 1000)
        return std::nullopt;
    return TransferOrder{unsigned(*streams), double(*milliseconds) / 1000};
}

} // namespace

PairServer::PairServer(Socket listener, std::string token, FaultyBlock faulty)
    : m_listener(std::move(listener)), m_token(std::move(token)), m_faulty(faulty)
{
}

PairServer::~PairServer()
{
    m_quit = true;
    sweep(true);
}

PairServer::Outcome PairServer::serve(unsigned sessions, const Patience &patience)
{
    while (!patience.over()) {
        {
            const std::lock_guard lock(m_mutex);
            if (m_outcome.sessions >= sessions || !m_outcome.corrupt.empty())
                break;
        }
        const auto look = Deadline::after(0.05).sooner(patience.deadline);
        auto socket = m_listener.accept({look, patience.stop});
        sweep(false);
        if (!socket.isOpen())
            continue;
        if (m_guests.size() >= mostGuests) {
            reject();
            continue;
        }
        auto &guest = m_guests.emplace_back();
        guest.thread = std::jthread([this, &guest, held = std::move(socket)]() mutable {
            try {
                welcome(std::move(held));
            } catch (const std::exception &) { // no memory or no threads: the peer sees its connection close
                reject();
            }
            guest.gone = true;
        });
    }
    m_quit = true;
    sweep(true);
    const std::lock_guard lock(m_mutex);
    return m_outcome;
}

/// Forgets guests that have left; all of them, if asked, once they have.
void PairServer::sweep(bool all)
{
    m_guests.remove_if([all](const Guest &guest) { return all || guest.gone; }); // joins
}

void PairServer::reject()
{
    const std::lock_guard lock(m_mutex);
    ++m_outcome.rejected;
}

void PairServer::welcome(Socket socket)
{
    std::string line;
    const auto end = socket.receiveLine(line, {Deadline::after(pair::greetingSeconds), &m_quit}, pair::longestGreeting);
    if (end != IoEnd::Done || !line.starts_with(pair::greeting))
        return reject();
    const auto parts = words(std::string_view(line).substr(pair::greeting.size()));
    if (parts.size() < 2 || !sameToken(parts[0], m_token))
        return reject();
    if (parts[1] == "control")
        return runSession(std::move(socket));
    {
        const std::lock_guard lock(m_mutex);
        const bool expected = parts[1] == "stream" && parts.size() == 3 && !m_session.empty() && parts[2] == m_session
            && m_streams.size() < pair::mostStreams;
        if (expected)
            m_streams.push_back(std::move(socket));
        else
            ++m_outcome.rejected;
    }
    m_streamArrived.notify_all();
}

void PairServer::runSession(Socket control)
{
    std::string name;
    {
        const std::lock_guard lock(m_mutex);
        if (m_session.empty())
            name = m_session = std::to_string(++m_sessionNumber);
    }
    if (name.empty()) {
        control.send("busy\n", {Deadline::after(1), &m_quit});
        return;
    }
    control.sendAtOnce();
    control.send("ready " + name + '\n', {Deadline::after(pair::answerSeconds), &m_quit});
    std::string order;
    bool more = true;
    while (more && control.receiveLine(order, {Deadline::after(pair::pauseSeconds), &m_quit}, pair::longestOrder) == IoEnd::Done)
        more = order != "end" && obey(control, order);
    const bool proper = order == "end";
    {
        const std::lock_guard lock(m_mutex);
        m_session.clear();
        m_streams.clear();
        ++(proper ? m_outcome.sessions : m_outcome.broken);
    }
    if (proper) // only now: who hears this may open the next session at once
        control.send("bye\n", {Deadline::after(1), nullptr});
}

/// False if the session cannot go on.
bool PairServer::obey(Socket &control, const std::string &order)
{
    const Patience patience{Deadline::after(pair::answerSeconds), &m_quit};
    const auto parts = words(order);
    const bool echoes = order == "echo";
    const auto transfer = parseTransfer(parts);
    if (!echoes && !(transfer && (parts[0] == "receive" || parts[0] == "send"))) {
        control.send("failed the order was not understood\n", patience);
        return false;
    }
    if (control.send("go\n", patience) != IoEnd::Done)
        return false;
    std::string answer;
    if (echoes)
        answer = echo();
    else
        answer = parts[0] == "receive" ? receive(transfer->streams, transfer->seconds) : send(transfer->streams, transfer->seconds);
    return control.send(answer + '\n', {Deadline::after(pair::answerSeconds), &m_quit}) == IoEnd::Done;
}

/// As many streams of this session as were announced, or fewer if they do not come.
std::vector<Socket> PairServer::awaitStreams(unsigned count)
{
    const Patience patience{Deadline::after(pair::answerSeconds), &m_quit};
    std::unique_lock lock(m_mutex);
    while (m_streams.size() < count && !patience.over())
        m_streamArrived.wait_for(lock, std::chrono::milliseconds(50));
    std::vector<Socket> streams;
    while (!m_streams.empty() && streams.size() < count) {
        streams.push_back(std::move(m_streams.front()));
        m_streams.pop_front();
    }
    return streams;
}

std::string PairServer::echo()
{
    auto streams = awaitStreams(1);
    if (streams.empty())
        return "failed the stream did not come";
    streams[0].sendAtOnce();
    std::array<std::byte, pair::pingBytes> message{};
    std::size_t received = 0;
    while (streams[0].receive(message, {Deadline::after(pair::answerSeconds), &m_quit}, received) == IoEnd::Done) {
        if (streams[0].send(message, {Deadline::after(pair::answerSeconds), &m_quit}) != IoEnd::Done)
            break;
    }
    return "done";
}

std::string PairServer::receive(unsigned streams, double seconds)
{
    auto sockets = awaitStreams(streams);
    if (sockets.size() < streams)
        return "failed only " + std::to_string(sockets.size()) + " of " + std::to_string(streams) + " streams came";
    SliceCounter counter(seconds);
    for (const auto &end : receiveAll(sockets, counter, seconds, &m_quit)) {
        if (!end.corrupt.empty()) {
            const std::lock_guard lock(m_mutex);
            m_outcome.corrupt = end.corrupt;
            return "corrupt " + end.corrupt;
        }
        if (!end.problem.empty())
            return "failed " + end.problem;
    }
    std::string answer = "received ";
    for (const auto bytes : counter.slices())
        answer += std::to_string(bytes) + ',';
    answer.pop_back();
    return answer;
}

std::string PairServer::send(unsigned streams, double seconds)
{
    auto sockets = awaitStreams(streams);
    if (sockets.size() < streams)
        return "failed only " + std::to_string(sockets.size()) + " of " + std::to_string(streams) + " streams came";
    std::uint64_t retransmits = 0;
    for (const auto &end : sendAll(sockets, seconds, &m_quit, m_faulty)) {
        if (!end.problem.empty())
            return "failed " + end.problem;
        retransmits += end.tcp.retransmits;
    }
    return "sent " + std::to_string(retransmits);
}

} // namespace seatrial::engine
