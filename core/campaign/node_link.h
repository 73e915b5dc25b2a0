// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/questions.h"
#include "core/domain/failure.h"
#include "core/domain/inventory.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace seatrial::campaign {

/// What start-up files of the login shell said before a command had its turn. Harmless: it is told apart.
struct Noise {
    std::size_t lines = 0;
    std::string sample; ///< the beginning of it, at most 200 bytes
};

/// Answer of a short command on a node.
struct CommandOutput {
    int exitStatus = 0;
    std::string output; ///< standard output, at most 1 MB
    std::string errors; ///< standard error, at most 64 kB
    Noise noise = {};
};

/// A step of getting to a node or getting it ready, for progress and for "what was tried".
struct RecipeStep {
    std::string name;    ///< of the way: "resolve", "tcp", "banner", "host key", "login"; then "upload" and the like
    double seconds = 0;
    std::string detail;  ///< what was found, in a few words
};

/// Receives what a long-lived command says. Called from a thread that serves other links as well: never wait, never throw.
class StreamSink
{
public:
    virtual ~StreamSink() = default;
    /// Whether no more is wanted for now. The link then stops reading, and by flow control the node stops sending.
    virtual bool full() const { return false; }
    virtual void bytes(std::string_view data) = 0;
    /// Last call. @p exitStatus is the command's if it ended by itself, else the failure says what was lost.
    virtual void ended(domain::Result<int> exitStatus, std::string errorTail) = 0;
};

/// One way to one node: ssh, a local process, a recorded stream. connect, run and upload block and are called from one
/// worker thread; after attach the link feeds its sink by itself, and send and close may be called from any thread.
/// Which thread polls the connection is the link's own affair.
class NodeLink
{
public:
    virtual ~NodeLink() = default;

    /// Resolve, connect, check the host key, log in. @p cancelled ends it within 200 ms.
    virtual domain::Result<void> connect(Questions &questions, const std::atomic<bool> &cancelled) = 0;

    /// Who wants to see connect() on its way. Called by it, for each step that is passed; a way that is tried anew
    /// begins again with its first step.
    using Watcher = std::function<void(const RecipeStep &)>;
    void watch(Watcher watcher) { m_watcher = std::move(watcher); }

    /// Runs @p script by /bin/sh with LC_ALL=C, feeding @p input to its standard input.
    virtual domain::Result<CommandOutput> run(const std::string &script, std::string_view input, double timeoutSeconds,
                                              const std::atomic<bool> &cancelled) = 0;

    /// Starts @p script as the long-lived command of this link. Once, after connect.
    virtual domain::Result<void> attach(const std::string &script, std::shared_ptr<StreamSink> sink) = 0;

    /// Queues bytes for the attached command's standard input. Order is kept. Silently dropped once it ended.
    virtual void send(std::string bytes) = 0;

    /// Ends the link; the attached command's end is still told to the sink. Returns at once.
    virtual void close() = 0;

protected:
    void passed(RecipeStep step) const
    {
        if (m_watcher)
            m_watcher(step);
    }

private:
    Watcher m_watcher;
};

/// Makes the link to a node. The two mains choose which.
class LinkFactory
{
public:
    virtual ~LinkFactory() = default;
    virtual std::unique_ptr<NodeLink> link(const domain::Node &node) = 0;
};

} // namespace seatrial::campaign
