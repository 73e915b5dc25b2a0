// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/net/socket.h"
#include "engine/checks/net/transfer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace seatrial::engine {

/// The asking side of a network pair. Each answer is empty-handed with a sentence where something went wrong.
class PairClient
{
public:
    struct Peer {
        std::string host;
        std::uint16_t port = 0;
        std::string token;
    };

    struct Latency {
        Samples microseconds; ///< there and back
        std::string problem;
    };

    struct Throughput {
        std::vector<std::uint64_t> slices; ///< bytes received by 100 ms
        std::uint64_t retransmits = 0;
        Socket::TcpFacts tcp; ///< of one stream
        std::string problem;
        std::string corrupt;
    };

    PairClient(Peer peer, FaultyBlock faulty, const std::atomic<bool> *stop);

    /// Opens a session; a sentence if that fails.
    std::string open();
    Latency ping(std::size_t count, double seconds);
    Throughput sendThere(const TransferPlan &plan);
    Throughput sendBack(const TransferPlan &plan);
    void end();

private:
    Socket connectAs(const std::string &role, std::string &problem);
    std::vector<Socket> openStreams(unsigned count, std::string &problem);
    std::string order(const std::string &line);
    /// The answer behind @p word, or a sentence in problem or corrupt.
    std::string answer(const std::string &word, double seconds, std::string &problem, std::string &corrupt);
    std::string name() const;

    Peer m_peer;
    FaultyBlock m_faulty;
    const std::atomic<bool> *m_stop;
    Socket m_control;
    std::string m_session;
};

} // namespace seatrial::engine
