// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/deployment.h"
#include "core/campaign/node_link.h"
#include "core/protocol/stream_reader.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

namespace seatrial::campaign {

/// A node is connected, the engine is there and its journal is being streamed.
struct NodeReady {
    domain::NodeId node;
    int generation = 0; ///< which connection of this node; news of an older one is ignored
    std::shared_ptr<NodeLink> link;
    Probe probe;
    std::vector<RecipeStep> steps;
};

struct NodeNotReady {
    domain::NodeId node;
    int generation = 0;
    domain::Failure failure;
};

struct LinesArrived {
    domain::NodeId node;
    int generation = 0;
    std::vector<protocol::StreamLine> lines;
    std::shared_ptr<void> unread; ///< whoever brought the lines is told by its end that they were taken
};

struct StreamEnded {
    domain::NodeId node;
    int generation = 0;
    domain::Result<int> exitStatus;
    std::string errorTail;
};

struct CancelAsked {
    std::string reason;
};

struct DetachAsked {};

/// Nothing further is ordered, or it goes on.
struct PauseAsked {
    bool pause = true;
    std::string by;
};

/// Whatever step these nodes have in work is given up; they go on with the next.
struct StepEndAsked {
    std::vector<domain::NodeId> nodes;
    std::string by;
};

using Incoming = std::variant<NodeReady, NodeNotReady, LinesArrived, StreamEnded, CancelAsked, DetachAsked, PauseAsked, StepEndAsked>;

/// The one way into the campaign's thread. Nobody waits to put something in: a sink whose lines lie unread tells its
/// link that it is full, so a flooding node is slowed down by its own connection and nothing else.
class Inbox
{
public:
    void push(Incoming event)
    {
        const std::scoped_lock lock(m_mutex); // released before a refused event, and the link in it, is destroyed
        if (m_closed)
            return;
        m_events.push_back(std::move(event));
        m_news.notify_one();
    }

    /// All that has come, after waiting for news until @p deadline at the latest.
    std::deque<Incoming> takeUntil(std::chrono::steady_clock::time_point deadline)
    {
        std::unique_lock lock(m_mutex);
        m_news.wait_until(lock, deadline, [&] { return !m_events.empty(); });
        return std::exchange(m_events, {});
    }

    /// Nothing is taken any more.
    void close()
    {
        std::deque<Incoming> late; // destroyed after the lock is: the end of a link waits for its sink, which comes in here
        const std::scoped_lock lock(m_mutex);
        m_closed = true;
        late.swap(m_events);
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_news;
    std::deque<Incoming> m_events;
    bool m_closed = false;
};

} // namespace seatrial::campaign
