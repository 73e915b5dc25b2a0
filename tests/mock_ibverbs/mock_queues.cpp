// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/mock_ibverbs/mock_queues.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <unistd.h>

namespace seatrial::tests {

using namespace engine::verbs;

namespace {

double seconds()
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// What a write leaves in memory.
void arrive(const OnTheWay &write, bool meant)
{
    auto *const to = reinterpret_cast<char *>(write.work.remoteAddress);
    const bool leftOut = meant && mock().neverArrives >= 0 && mock().writes == static_cast<std::uint64_t>(mock().neverArrives);
    if (!leftOut && (write.work.flags & sendInline))
        std::memcpy(to, &write.inlined, write.piece.bytes);
    else if (!leftOut)
        std::memcpy(to, reinterpret_cast<const char *>(write.piece.address), write.piece.bytes);
    if (meant && mock().wrongAfter >= 0 && mock().writes >= static_cast<std::uint64_t>(mock().wrongAfter))
        to[std::min<std::uint64_t>(mock().wrongOffset, write.piece.bytes - 1)] ^= 0x10;
}

} // namespace

int mockPoll(CompletionQueue *queue, int most, Completion *completions)
{
    auto &waiting = static_cast<MockQueue *>(queue)->waiting;
    const std::size_t adapter = static_cast<MockContext *>(queue->context)->adapter;
    const bool meant = isMeant(adapter);
    if (meant && mock().pollFails != 0)
        return mock().pollFails;
    if (meant && mock().pollSleepsSeconds > 0)
        ::sleep(static_cast<unsigned>(mock().pollSleepsSeconds));
    int count = 0;
    while (count < most && !waiting.empty() && waiting.front().due <= seconds()) {
        if (meant && mock().hangsAfter >= 0 && mock().writes >= static_cast<std::uint64_t>(mock().hangsAfter))
            return count;
        const OnTheWay write = waiting.front();
        waiting.pop_front();
        --write.pair->posted;
        Completion &completion = completions[count++];
        completion = {};
        completion.id = write.work.id;
        completion.queuePair = write.pair->number;
        const bool fails = meant && mock().failsAfter >= 0 && mock().writes >= static_cast<std::uint64_t>(mock().failsAfter);
        if (write.pair->failed || fails) {
            completion.status = write.pair->failed ? static_cast<int>(completionFlushed) : mock().status;
            completion.vendorError = 0x81;
            write.pair->failed = true;
            if (mock().goesDown)
                mock().adapters[adapter].state = 1;
            continue;
        }
        arrive(write, meant);
        ++mock().writes;
    }
    return count;
}

int mockPostSend(QueuePair *pair, SendWork *work, SendWork **refused)
{
    auto &self = *static_cast<MockPair *>(pair);
    auto &context = *static_cast<MockContext *>(pair->context);
    auto &queue = *static_cast<MockQueue *>(pair->sendQueue);
    *refused = work;
    if (const int error = called("ibv_post_send", context.adapter))
        return error;
    if (self.state != stateReadyToSend || work->operation != workRdmaWrite || work->pieceCount != 1 || work->next || !(work->flags & sendSignaled))
        return EINVAL;
    const Piece piece = *work->pieces;
    const bool isInline = work->flags & sendInline;
    if (isInline ? piece.bytes > self.capacity.inlineBytes : !isRegistered(pair->context, piece.key, piece.address, piece.bytes))
        return EINVAL;
    if (!isRegistered(pair->context, work->remoteKey, work->remoteAddress, piece.bytes))
        return EFAULT;
    if (self.posted >= static_cast<int>(self.capacity.sends) || static_cast<int>(queue.waiting.size()) >= queue.room)
        return ENOMEM;
    OnTheWay write{*work, piece, 0, 0, &self};
    if (isInline)
        std::memcpy(&write.inlined, reinterpret_cast<const char *>(piece.address), piece.bytes);
    const auto &port = mock().adapters[context.adapter];
    context.busyUntil = std::max(context.busyUntil, seconds()) + piece.bytes * 8 / (port.gigabitsPerSecond * 1e9);
    write.due = context.busyUntil + port.seconds;
    ++self.posted;
    queue.waiting.push_back(write);
    mock().mostOnTheWay = std::max(mock().mostOnTheWay, static_cast<int>(queue.waiting.size()));
    return 0;
}

} // namespace seatrial::tests
