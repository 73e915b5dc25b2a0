// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/net/transfer.h"

#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <memory>
#include <thread>

namespace seatrial::engine {

namespace {

constexpr double idleSeconds = 3; ///< without a byte, the peer counts as dead

/// Nodes of one cluster share their byte order; the mark tells if they do not.
struct Header {
    std::uint64_t mark = 0;
    std::uint64_t stream = 0;
    std::uint64_t sequence = 0;
    std::uint64_t hash = 0;
};
constexpr std::uint64_t headerMark = 0x5ea7'41a1'0001'b10c;
constexpr std::size_t bodyWords = (transferBlockBytes - sizeof(Header)) / sizeof(std::uint64_t);

struct Block {
    Header header;
    std::array<std::uint64_t, bodyWords> body;
};
static_assert(sizeof(Block) == transferBlockBytes);

/// Light on purpose: the network is measured, not the CPU. Any single flipped bit shows.
std::uint64_t hashOf(const Block &block)
{
    std::uint64_t hash = 0;
    for (const auto word : block.body)
        hash ^= word;
    return hash ^ block.header.stream << 48 ^ block.header.sequence;
}

void fillBody(Block &block, unsigned stream)
{
    std::uint64_t value = 0x9e3779b97f4a7c15 * (stream + 1);
    for (auto &word : block.body)
        word = value += 0xbf58476d1ce4e5b9;
}

std::string corruption(const Block &block, std::uint64_t sequence)
{
    const auto where = "block " + std::to_string(sequence) + " of stream " + std::to_string(block.header.stream);
    if (block.header.mark != headerMark)
        return "block " + std::to_string(sequence) + " does not start as a block does (0x" + hexText(block.header.mark) + ")";
    if (block.header.sequence != sequence)
        return where + " calls itself block " + std::to_string(block.header.sequence);
    if (const auto hash = hashOf(block); hash != block.header.hash)
        return where + " has the hash 0x" + hexText(hash) + " instead of 0x" + hexText(block.header.hash);
    return {};
}

/// Near the end of the planned time either side may be the first to leave.
bool timeIsUp(double elapsed, double seconds)
{
    return elapsed >= 0.9 * seconds;
}

std::string lost(const Socket &socket, IoEnd end)
{
    return "the other side " + std::string(describe(end)) + (socket.problem().empty() ? "" : " (" + socket.problem() + ")");
}

template<typename Work>
std::vector<StreamEnd> forAll(std::vector<Socket> &sockets, Work work)
{
    std::vector<StreamEnd> ends(sockets.size());
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < sockets.size(); ++i)
        threads.emplace_back([&, i] { ends[i] = work(sockets[i], unsigned(i)); });
    threads.clear(); // joins
    return ends;
}

} // namespace

SliceCounter::SliceCounter(double seconds) : m_slices(std::size_t(seconds / sliceSeconds + 1e-6)) {}

void SliceCounter::count(std::size_t bytes)
{
    const double now = monotonicSeconds();
    double start = m_start.load(std::memory_order_relaxed);
    if (start == 0 && m_start.compare_exchange_strong(start, now))
        start = now;
    const auto slice = std::size_t(std::max(0.0, now - start) / sliceSeconds);
    if (slice < m_slices.size())
        m_slices[slice].fetch_add(bytes, std::memory_order_relaxed);
}

double SliceCounter::elapsedSeconds() const
{
    const double start = m_start.load(std::memory_order_relaxed);
    return start == 0 ? 0 : monotonicSeconds() - start;
}

std::vector<std::uint64_t> SliceCounter::slices() const
{
    return {m_slices.begin(), m_slices.end()};
}

Samples gigabitsPerSecond(const std::vector<std::uint64_t> &slices)
{
    Samples samples;
    for (std::size_t i = SliceCounter::warmupSlices; i < slices.size(); ++i)
        samples.add(double(slices[i]) * 8e-9 / SliceCounter::sliceSeconds);
    return samples;
}

StreamEnd sendBlocks(Socket &socket, unsigned stream, double seconds, const std::atomic<bool> *stop, FaultyBlock faulty)
{
    StreamEnd result;
    const auto block = std::make_unique<Block>();
    fillBody(*block, stream);
    const double start = monotonicSeconds();
    const Patience patience{Deadline::after(seconds), stop};
    IoEnd end = IoEnd::Done;
    while (end == IoEnd::Done && !patience.over()) {
        block->header = {headerMark, stream, result.blocks, 0};
        block->header.hash = hashOf(*block);
        const bool spoil = stream == 0 && std::int64_t(result.blocks) == faulty;
        block->body[bodyWords / 2] ^= spoil ? 1u << 7 : 0u;
        end = socket.send(std::as_bytes(std::span(block.get(), 1)), patience);
        block->body[bodyWords / 2] ^= spoil ? 1u << 7 : 0u;
        result.blocks += end == IoEnd::Done;
    }
    result.tcp = socket.tcpFacts();
    socket.endSending();
    if (end != IoEnd::Done && end != IoEnd::Stopped && !timeIsUp(monotonicSeconds() - start, seconds))
        result.problem = lost(socket, end);
    return result;
}

StreamEnd receiveBlocks(Socket &socket, SliceCounter &counter, double seconds, const std::atomic<bool> *stop)
{
    StreamEnd result;
    const auto block = std::make_unique<Block>();
    const auto bytes = std::as_writable_bytes(std::span(block.get(), 1));
    std::size_t filled = 0;
    while (true) {
        std::size_t got = 0;
        const auto end = socket.receiveSome(bytes.subspan(filled), {Deadline::after(idleSeconds), stop}, got);
        if (end != IoEnd::Done) {
            if (end != IoEnd::Stopped && !timeIsUp(counter.elapsedSeconds(), seconds))
                result.problem = lost(socket, end);
            return result;
        }
        counter.count(got);
        filled += got;
        if (filled == bytes.size()) {
            result.corrupt = corruption(*block, result.blocks);
            if (!result.corrupt.empty())
                return result;
            ++result.blocks;
            filled = 0;
        }
        // What a slow network still holds back is not worth waiting for.
        if (counter.elapsedSeconds() > seconds + SliceCounter::sliceSeconds || stopRequested(stop))
            return result;
    }
}

std::vector<StreamEnd> sendAll(std::vector<Socket> &sockets, double seconds, const std::atomic<bool> *stop, FaultyBlock faulty)
{
    return forAll(sockets, [&](Socket &socket, unsigned stream) { return sendBlocks(socket, stream, seconds, stop, faulty); });
}

std::vector<StreamEnd> receiveAll(std::vector<Socket> &sockets, SliceCounter &counter, double seconds, const std::atomic<bool> *stop)
{
    return forAll(sockets, [&](Socket &socket, unsigned) { return receiveBlocks(socket, counter, seconds, stop); });
}

} // namespace seatrial::engine
