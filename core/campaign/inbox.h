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
    std::size_t bytes = 0;
    std::vector<protocol::StreamLine> lines;
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

using Incoming = std::variant<NodeReady, NodeNotReady, LinesArrived, StreamEnded, CancelAsked, DetachAsked>;

/// The one way into the campaign's thread. Bounded: whoever brings lines waits while too many bytes lie unread,
/// so a flooding node is slowed down by its own connection and nothing else.
class Inbox
{
public:
    void push(Incoming event)
    {
        std::unique_lock lock(m_mutex);
        if (const auto *lines = std::get_if<LinesArrived>(&event)) {
            m_room.wait(lock, [&] { return m_bytes < kMaxBytes || m_closed; });
            m_bytes += lines->bytes;
        }
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
        std::deque<Incoming> taken;
        taken.swap(m_events);
        m_bytes = 0;
        m_room.notify_all();
        return taken;
    }

    /// Nothing is taken any more; whoever waits is let go.
    void close()
    {
        const std::scoped_lock lock(m_mutex);
        m_closed = true;
        m_events.clear();
        m_room.notify_all();
    }

private:
    static constexpr std::size_t kMaxBytes = 32u << 20;
    std::mutex m_mutex;
    std::condition_variable m_news;
    std::condition_variable m_room;
    std::deque<Incoming> m_events;
    std::size_t m_bytes = 0;
    bool m_closed = false;
};

} // namespace seatrial::campaign
