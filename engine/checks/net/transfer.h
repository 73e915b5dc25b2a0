// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/checks/net/socket.h"
#include "engine/measure/samples.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace seatrial::engine {

/// How much is sent for how long, the same words on both sides.
struct TransferPlan {
    unsigned streams = 4;
    double seconds = 2;
};

/// Bytes of all streams of one direction by 100 ms since the first byte, counted where they arrive.
class SliceCounter
{
public:
    static constexpr double sliceSeconds = 0.1;
    static constexpr std::size_t warmupSlices = 3; ///< TCP's slow start

    explicit SliceCounter(double seconds);
    void count(std::size_t bytes);
    /// Seconds since the first byte of any stream; 0 before.
    double elapsedSeconds() const;
    /// Bytes of each slice that lies wholly within the time.
    std::vector<std::uint64_t> slices() const;

private:
    std::atomic<double> m_start{0};
    std::vector<std::atomic<std::uint64_t>> m_slices;
};

/// Gbit/s of the slices behind the warm-up.
Samples gigabitsPerSecond(const std::vector<std::uint64_t> &slices);

/// What one stream came to.
struct StreamEnd {
    std::string problem; ///< the connection failed
    std::string corrupt; ///< a block was not what was sent
    std::uint64_t blocks = 0;
    Socket::TcpFacts tcp; ///< of a sending stream
};

/// A test breaks this block (from 0) of stream 0 on its way out; -1 leaves all whole.
using FaultyBlock = std::int64_t;

/// Sends numbered blocks, each with a hash of its content, for the time planned.
StreamEnd sendBlocks(Socket &socket, unsigned stream, double seconds, const std::atomic<bool> *stop, FaultyBlock faulty = -1);
/// Receives and verifies blocks until the time is over or the sender ends.
StreamEnd receiveBlocks(Socket &socket, SliceCounter &counter, double seconds, const std::atomic<bool> *stop);

/// Both for all streams at once, one thread each.
std::vector<StreamEnd> sendAll(std::vector<Socket> &sockets, double seconds, const std::atomic<bool> *stop, FaultyBlock faulty);
std::vector<StreamEnd> receiveAll(std::vector<Socket> &sockets, SliceCounter &counter, double seconds, const std::atomic<bool> *stop);

constexpr std::size_t transferBlockBytes = 128 * 1024;

} // namespace seatrial::engine
