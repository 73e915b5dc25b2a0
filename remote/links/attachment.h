// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/node_link.h"
#include "remote/links/command.h"
#include "remote/links/outbox.h"
#include "remote/links/thread.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace seatrial::remote {

/// A long-lived command with a thread of its own, which feeds a sink. One thread for each session, because a libssh
/// session belongs to one thread and a sink that is slow for one node must not hold up the others; a sink that does
/// not return simply stops the reading, and the node's sender with it (window and TCP flow control).
class Attachment
{
public:
    /// @p silentSeconds without a byte mean that the other side is lost: a TCP connection alone may stay quiet for
    /// hours after the node is gone.
    Attachment(std::unique_ptr<Command> command, std::shared_ptr<campaign::StreamSink> sink, std::string where,
               double silentSeconds);
    ~Attachment();
    Attachment(const Attachment &) = delete;
    Attachment &operator=(const Attachment &) = delete;

    bool start();
    void send(std::string bytes);
    void close();

private:
    struct Pump;

    std::shared_ptr<Pump> m_pump;
    Thread m_thread;
};

/// The place of a link for its attachment: filled by the worker thread, used by any.
class AttachmentSlot
{
public:
    /// Starts @p attachment and keeps it; from then on send() and close() reach it.
    domain::Result<void> start(std::shared_ptr<Attachment> attachment, const std::string &where);
    void send(std::string bytes);
    void close();
    /// Set by close(): ends what is still waiting to attach.
    const std::atomic<bool> &closed() const { return m_closed; }

private:
    std::mutex m_mutex;
    std::shared_ptr<Attachment> m_attachment;
    std::atomic<bool> m_closed{false};
};

} // namespace seatrial::remote
