// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/net/pair_client.h"

#include "engine/checks/net/pair_protocol.h"
#include "engine/measure/text.h"

#include <array>
#include <cmath>
#include <utility>

namespace seatrial::engine {

namespace {

constexpr std::size_t warmupPings = 50;

std::string orderText(const char *word, const TransferPlan &plan)
{
    return std::string(word) + ' ' + std::to_string(plan.streams) + ' ' + std::to_string(std::llround(plan.seconds * 1000));
}

} // namespace

PairClient::PairClient(Peer peer, FaultyBlock faulty, const std::atomic<bool> *stop)
    : m_peer(std::move(peer)), m_faulty(faulty), m_stop(stop)
{
}

std::string PairClient::name() const
{
    return m_peer.host + " port " + std::to_string(m_peer.port);
}

Socket PairClient::connectAs(const std::string &role, std::string &problem)
{
    auto socket = Socket::connectTo(m_peer.host, m_peer.port, {Deadline::after(pair::connectSeconds), m_stop});
    if (!socket.isOpen()) {
        problem = "no TCP connection to " + name() + " within " + numberText(pair::connectSeconds) + " s: " + socket.problem()
            + ". Is a firewall between the nodes?";
        return socket;
    }
    const auto line = std::string(pair::greeting) + m_peer.token + ' ' + role + '\n';
    if (const auto end = socket.send(line, {Deadline::after(pair::answerSeconds), m_stop}); end != IoEnd::Done) {
        problem = name() + ' ' + std::string(describe(end));
        socket.close();
    }
    return socket;
}

std::string PairClient::open()
{
    std::string problem;
    m_control = connectAs("control", problem);
    if (!problem.empty())
        return problem;
    m_control.sendAtOnce();
    std::string line;
    const auto end = m_control.receiveLine(line, {Deadline::after(pair::answerSeconds), m_stop}, pair::longestOrder);
    if (end == IoEnd::Closed)
        return name() + " closed the connection: it does not know the token, or serves something else";
    if (end != IoEnd::Done)
        return name() + ' ' + std::string(describe(end));
    if (line == "busy")
        return name() + " serves another node right now";
    const auto parts = words(line);
    if (parts.size() != 2 || parts[0] != "ready")
        return name() + " answered something else: \"" + printable(line.substr(0, 80)) + '"';
    m_session = std::string(parts[1]);
    return {};
}

std::string PairClient::order(const std::string &line)
{
    if (const auto end = m_control.send(line + '\n', {Deadline::after(pair::answerSeconds), m_stop}); end != IoEnd::Done)
        return name() + ' ' + std::string(describe(end));
    std::string ignored, problem;
    answer("go", pair::answerSeconds, problem, ignored);
    return problem;
}

std::string PairClient::answer(const std::string &word, double seconds, std::string &problem, std::string &corrupt)
{
    std::string line;
    const auto end = m_control.receiveLine(line, {Deadline::after(seconds), m_stop}, pair::longestAnswer);
    const auto rest = line.find(' ') == line.npos ? std::string() : line.substr(line.find(' ') + 1);
    if (end != IoEnd::Done)
        problem = name() + ' ' + std::string(describe(end));
    else if (line.starts_with("corrupt "))
        corrupt = printable(rest);
    else if (line.starts_with("failed "))
        problem = name() + " says: " + printable(rest);
    else if (line == word || line.starts_with(word + ' '))
        return rest;
    else
        problem = name() + " answered something else: \"" + printable(line.substr(0, 80)) + '"';
    return {};
}

std::vector<Socket> PairClient::openStreams(unsigned count, std::string &problem)
{
    std::vector<Socket> streams;
    while (streams.size() < count && problem.empty())
        streams.push_back(connectAs("stream " + m_session, problem));
    return streams;
}

PairClient::Latency PairClient::ping(std::size_t count, double seconds)
{
    Latency result;
    result.problem = order("echo");
    if (!result.problem.empty())
        return result;
    auto stream = connectAs("stream " + m_session, result.problem);
    if (!result.problem.empty())
        return result;
    stream.sendAtOnce();

    std::array<std::byte, pair::pingBytes> message{}, back{};
    const double start = monotonicSeconds();
    for (std::size_t i = 0; i < count + warmupPings && !stopRequested(m_stop); ++i) {
        message[0] = std::byte(i);
        const Patience patience{Deadline::after(pair::answerSeconds), m_stop};
        std::size_t received = 0;
        const double before = monotonicSeconds();
        auto end = stream.send(message, patience);
        if (end == IoEnd::Done)
            end = stream.receive(back, patience, received);
        const double now = monotonicSeconds();
        if (end != IoEnd::Done) {
            result.problem = name() + ' ' + std::string(describe(end)) + " while small messages went to and fro";
            return result;
        }
        if (back != message) {
            result.problem = name() + " sent back another message than it got";
            return result;
        }
        if (i >= warmupPings)
            result.microseconds.add((now - before) * 1e6);
        if (now - start > seconds && !result.microseconds.empty())
            break;
    }
    stream.close();
    std::string corrupt;
    answer("done", pair::answerSeconds, result.problem, corrupt);
    return result;
}

PairClient::Throughput PairClient::sendThere(const TransferPlan &plan)
{
    Throughput result;
    result.problem = order(orderText("receive", plan));
    if (!result.problem.empty())
        return result;
    auto streams = openStreams(plan.streams, result.problem);
    if (!result.problem.empty())
        return result;
    std::string lost;
    for (const auto &end : sendAll(streams, plan.seconds, m_stop, m_faulty)) {
        result.retransmits += end.tcp.retransmits;
        result.tcp = end.tcp;
        lost = lost.empty() ? end.problem : lost;
    }
    streams.clear();
    const auto line = answer("received", plan.seconds + pair::answerSeconds, result.problem, result.corrupt);
    if (result.problem.empty() && result.corrupt.empty()) // the receiver knows best why a stream ended
        result.problem = lost;
    for (const auto piece : split(line, ',')) {
        if (const auto bytes = parseInteger(piece); bytes && *bytes >= 0)
            result.slices.push_back(std::uint64_t(*bytes));
    }
    return result;
}

PairClient::Throughput PairClient::sendBack(const TransferPlan &plan)
{
    Throughput result;
    result.problem = order(orderText("send", plan));
    if (!result.problem.empty())
        return result;
    auto streams = openStreams(plan.streams, result.problem);
    if (!result.problem.empty())
        return result;
    SliceCounter counter(plan.seconds);
    for (const auto &end : receiveAll(streams, counter, plan.seconds, m_stop)) {
        result.corrupt = result.corrupt.empty() ? end.corrupt : result.corrupt;
        result.problem = result.problem.empty() ? end.problem : result.problem;
    }
    result.tcp = streams.front().tcpFacts();
    streams.clear();
    if (!result.corrupt.empty() || !result.problem.empty())
        return result;
    const auto line = answer("sent", plan.seconds + pair::answerSeconds, result.problem, result.corrupt);
    result.retransmits = std::uint64_t(parseInteger(line).value_or(0));
    result.slices = counter.slices();
    return result;
}

void PairClient::end()
{
    if (!m_control.isOpen())
        return;
    m_control.send("end\n", {Deadline::after(1), m_stop});
    std::string line;
    m_control.receiveLine(line, {Deadline::after(1), m_stop}, pair::longestOrder);
    m_control.close();
}

} // namespace seatrial::engine
