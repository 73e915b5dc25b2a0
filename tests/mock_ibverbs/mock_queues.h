// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/mock_ibverbs/mock_ibverbs.h"

#include <deque>

namespace seatrial::engine::verbs {

struct DeviceTag {
    std::size_t adapter;
};

struct DomainTag {
    Context *context;
};

} // namespace seatrial::engine::verbs

namespace seatrial::tests {

namespace verbs = engine::verbs;

MockIbverbs &mock();
/// Counts a call of an adapter and tells with which errno it ends; 0: it works.
int called(const std::string &name, std::size_t adapter);
/// Whether what fails fails at this adapter.
bool isMeant(std::size_t adapter);

struct MockContext : verbs::Context {
    std::size_t adapter = 0;
    double busyUntil = 0;
};

/// A write on its way.
struct OnTheWay {
    verbs::SendWork work;
    verbs::Piece piece;
    std::uint64_t inlined = 0;
    double due = 0;
    struct MockPair *pair = nullptr;
};

struct MockQueue : verbs::CompletionQueue {
    int room = 0;
    std::deque<OnTheWay> waiting;
};

struct MockPair : verbs::QueuePair {
    int state = 0;
    bool failed = false;
    verbs::Capacity capacity{};
    int posted = 0; ///< and not completed
};

/// What the inline functions of the header find in a context.
int mockPoll(verbs::CompletionQueue *queue, int most, verbs::Completion *completions);
int mockPostSend(verbs::QueuePair *pair, verbs::SendWork *work, verbs::SendWork **refused);

/// The region with that key that holds all of it.
bool isRegistered(const verbs::Context *context, std::uint32_t key, std::uint64_t address, std::uint64_t bytes);

} // namespace seatrial::tests
