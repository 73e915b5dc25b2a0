// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/node_link.h"
#include "remote/links/command.h"
#include "remote/links/io_pool.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace seatrial::remote {

/// The long-lived command of a link: served by a thread of the pool, it feeds a sink and sends what any thread hands it.
/// What is read is bounded for each turn, so that a flooding node does not starve the others, and nothing is read ahead
/// of the sink, so that it does not fill our memory either: its own window and TCP hold it back.
class Attachment
{
public:
    explicit Attachment(std::shared_ptr<IoPool> pool) : m_pool(std::move(pool)) {}
    /// Closes and waits for the sink's last call, unless called by an I/O thread.
    ~Attachment();
    Attachment(const Attachment &) = delete;
    Attachment &operator=(const Attachment &) = delete;

    /// Follows @p command. @p silentSeconds without a byte mean that the other side is lost: a TCP connection alone may
    /// stay quiet for hours after the node is gone.
    domain::Result<void> start(std::unique_ptr<Command> command, std::shared_ptr<campaign::StreamSink> sink,
                               const std::string &where, double silentSeconds);
    void send(std::string bytes);
    void close();
    /// Set by close(): ends what still waits to be attached.
    const std::atomic<bool> &closed() const { return m_closed; }

private:
    class Pump;

    std::shared_ptr<IoPool> m_pool;
    std::mutex m_mutex;
    std::shared_ptr<Pump> m_pump;
    IoPool::Place m_place;
    std::atomic<bool> m_closed{false};
};

} // namespace seatrial::remote
