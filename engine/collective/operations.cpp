// SPDX-License-Identifier: Apache-2.0
#include "engine/collective/operations.h"

#include <gloo/allgather.h>
#include <gloo/allreduce.h>
#include <gloo/alltoall.h>
#include <gloo/barrier.h>
#include <gloo/broadcast.h>
#include <gloo/reduce.h>

#include <algorithm>
#include <vector>

namespace seatrial::engine::collective {

namespace {

/// Slots of our own; Gloo's are built of a number of the operation in the bits above.
constexpr std::uint64_t ringSlot = 0x41ull << 40;
constexpr std::uint64_t shiftSlot = 0x42ull << 40;
constexpr std::size_t segmentElements = 256 * 1024; ///< of 4 bytes: as large as Gloo's own

void addFloats(void *sum, const void *one, const void *other, std::size_t count)
{
    auto *to = static_cast<float *>(sum);
    const auto *a = static_cast<const float *>(one);
    const auto *b = static_cast<const float *>(other);
    for (std::size_t i = 0; i < count; ++i)
        to[i] = a[i] + b[i];
}

void largerDoubles(void *larger, const void *one, const void *other, std::size_t count)
{
    auto *to = static_cast<double *>(larger);
    const auto *a = static_cast<const double *>(one);
    const auto *b = static_cast<const double *>(other);
    for (std::size_t i = 0; i < count; ++i)
        to[i] = std::max(a[i], b[i]);
}

float *floats(std::span<std::uint32_t> words)
{
    return reinterpret_cast<float *>(words.data());
}

/// Reduce-scatter around a ring: each piece is passed on ranks - 1 times, and everybody on the way adds its own. Segment
/// by segment, two under way at a time. Gloo's own works by halving, with other bytes on the wire where the number of
/// ranks is no power of two.
class RingReduceScatter
{
public:
    RingReduceScatter(const std::shared_ptr<Mesh> &mesh, std::uint64_t share, std::span<std::uint32_t> input, std::span<std::uint32_t> output)
        : m_mesh(mesh), m_share(share), m_input(input), m_output(output), m_sums(input.size()), m_arriving(std::min<std::size_t>(share, segmentElements) * 2)
        , m_sumsBuffer(mesh->createUnboundBuffer(m_sums.data(), m_sums.size() * elementBytes))
        , m_arrivingBuffer(mesh->createUnboundBuffer(m_arriving.data(), m_arriving.size() * elementBytes))
    {
    }

    void once()
    {
        std::copy(m_input.begin(), m_input.end(), m_sums.begin());
        const int n = m_mesh->size;
        const int next = (m_mesh->rank + 1) % n, before = (m_mesh->rank + n - 1) % n;
        const auto segments = (m_share + segmentElements - 1) / segmentElements;
        const auto all = std::uint64_t(n - 1) * segments;
        const auto offset = [&](std::uint64_t turn, int behind) { // elements; of the piece that is passed in this turn
            const auto piece = std::uint64_t(((m_mesh->rank - behind - int(turn / segments)) % n + n) % n);
            return piece * m_share + turn % segments * segmentElements;
        };
        const auto count = [&](std::uint64_t turn) { return std::min<std::uint64_t>(segmentElements, m_share - turn % segments * segmentElements); };
        const auto half = [&](std::uint64_t turn) { return (turn & 1) * (m_arriving.size() / 2); };
        const auto begin = [&](std::uint64_t turn) {
            m_arrivingBuffer->recv(before, ringSlot, half(turn) * elementBytes, count(turn) * elementBytes);
            m_sumsBuffer->send(next, ringSlot, offset(turn, 1) * elementBytes, count(turn) * elementBytes);
        };
        // What is sent in a turn was added a whole round of segments before, so that with two segments or more two may be
        // under way; with one segment only one.
        const std::uint64_t ahead = segments > 1 ? 2 : 1;
        for (std::uint64_t turn = 0; turn < std::min(ahead, all); ++turn)
            begin(turn);
        for (std::uint64_t turn = 0; turn < all; ++turn) {
            m_arrivingBuffer->waitRecv();
            auto *sum = m_sums.data() + offset(turn, 2);
            addFloats(sum, sum, m_arriving.data() + half(turn), count(turn));
            m_sumsBuffer->waitSend();
            if (turn + ahead < all)
                begin(turn + ahead);
        }
        const auto own = m_sums.begin() + std::ptrdiff_t(std::uint64_t(m_mesh->rank) * m_share);
        std::copy(own, own + std::ptrdiff_t(m_share), m_output.begin());
    }

private:
    std::shared_ptr<Mesh> m_mesh;
    std::uint64_t m_share;
    std::span<std::uint32_t> m_input;
    std::span<std::uint32_t> m_output;
    std::vector<std::uint32_t> m_sums;
    std::vector<std::uint32_t> m_arriving;
    std::unique_ptr<::gloo::transport::UnboundBuffer> m_sumsBuffer;
    std::unique_ptr<::gloo::transport::UnboundBuffer> m_arrivingBuffer;
};

Prepared allReduce(const std::shared_ptr<Mesh> &mesh, std::span<std::uint32_t> input, std::span<std::uint32_t> output)
{
    auto options = std::make_shared<::gloo::AllreduceOptions>(mesh);
    options->setInput(floats(input), input.size());
    options->setOutput(floats(output), output.size());
    options->setReduceFunction(addFloats);
    options->setAlgorithm(::gloo::AllreduceOptions::Algorithm::RING);
    return {[options] { ::gloo::allreduce(*options); }, "ring (Gloo allreduce)"};
}

Prepared allGather(const std::shared_ptr<Mesh> &mesh, std::span<std::uint32_t> input, std::span<std::uint32_t> output)
{
    auto options = std::make_shared<::gloo::AllgatherOptions>(mesh);
    options->setInput(input.data(), input.size());
    options->setOutput(output.data(), output.size());
    return {[options] { ::gloo::allgather(*options); }, "ring (Gloo allgather)"};
}

Prepared broadcast(const std::shared_ptr<Mesh> &mesh, std::span<std::uint32_t> input, std::span<std::uint32_t> output)
{
    auto options = std::make_shared<::gloo::BroadcastOptions>(mesh);
    options->setRoot(0);
    if (mesh->rank == 0)
        options->setInput(input.data(), input.size());
    options->setOutput(output.data(), output.size());
    return {[options] { ::gloo::broadcast(*options); }, "binomial tree (Gloo broadcast)"};
}

Prepared reduce(const std::shared_ptr<Mesh> &mesh, std::span<std::uint32_t> input, std::span<std::uint32_t> output)
{
    auto options = std::make_shared<::gloo::ReduceOptions>(mesh);
    options->setRoot(0);
    options->setInput(floats(input), input.size());
    options->setOutput(floats(output), output.size());
    options->setReduceFunction(addFloats);
    return {[options] { ::gloo::reduce(*options); }, "ring, then gathered by rank 0 (Gloo reduce)"};
}

Prepared allToAll(const std::shared_ptr<Mesh> &mesh, std::span<std::uint32_t> input, std::span<std::uint32_t> output)
{
    auto options = std::make_shared<::gloo::AlltoallOptions>(mesh);
    options->setInput(input.data(), input.size());
    options->setOutput(output.data(), output.size());
    return {[options] { ::gloo::alltoall(*options); }, "all pairs at once (Gloo alltoall)"};
}

/// Each rank sends to the next one and receives from the one before, both at once.
Prepared sendRecv(const std::shared_ptr<Mesh> &mesh, std::span<std::uint32_t> input, std::span<std::uint32_t> output)
{
    const std::shared_ptr<::gloo::transport::UnboundBuffer> from = mesh->createUnboundBuffer(input.data(), input.size_bytes());
    const std::shared_ptr<::gloo::transport::UnboundBuffer> to = mesh->createUnboundBuffer(output.data(), output.size_bytes());
    const int n = mesh->size, next = (mesh->rank + 1) % n, before = (mesh->rank + n - 1) % n;
    return {[from, to, next, before] {
                to->recv(before, shiftSlot);
                from->send(next, shiftSlot);
                to->waitRecv();
                from->waitSend();
            },
            "to the next rank, from the one before"};
}

} // namespace

Prepared prepare(const std::shared_ptr<Mesh> &mesh, const Stage &stage, const Shape &shape, std::span<std::uint32_t> input,
                 std::span<std::uint32_t> output)
{
    switch (stage.operation) {
    case Operation::AllReduce: return allReduce(mesh, input, output);
    case Operation::AllGather: return allGather(mesh, input, output);
    case Operation::Broadcast: return broadcast(mesh, input, output);
    case Operation::Reduce: return reduce(mesh, input, output);
    case Operation::AllToAll: return allToAll(mesh, input, output);
    case Operation::SendRecv: return sendRecv(mesh, input, output);
    case Operation::ReduceScatter: break;
    }
    auto ring = std::make_shared<RingReduceScatter>(mesh, shape.share, input, output);
    return {[ring] { ring->once(); }, "ring, over Gloo's send and recv"};
}

void meetAll(const std::shared_ptr<Mesh> &mesh)
{
    ::gloo::BarrierOptions options(mesh);
    ::gloo::barrier(options);
}

void largestOfAll(const std::shared_ptr<Mesh> &mesh, std::span<double> figures)
{
    ::gloo::AllreduceOptions options(mesh);
    options.setOutput(figures.data(), figures.size());
    options.setReduceFunction(largerDoubles);
    options.setTag(1);
    ::gloo::allreduce(options);
}

} // namespace seatrial::engine::collective
