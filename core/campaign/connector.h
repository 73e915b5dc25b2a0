// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/inbox.h"
#include "core/protocol/control.h"

#include <atomic>
#include <map>
#include <thread>

namespace seatrial::campaign {

/// A wish to reach a node and to stream its journal.
struct ConnectJob {
    domain::Node node;
    int generation = 0;
    std::string token;           ///< of the run
    std::uint64_t fromSequence = 1;
    bool afterLoss = false;      ///< the connection before this one was lost, not the supervisor before our eyes
    protocol::Open open;
    std::chrono::steady_clock::time_point notBefore;
};

/// Connects to nodes, puts the engine there and attaches, with a bounded number at a time. What comes of it goes to
/// the inbox.
class Connector
{
public:
    Connector(LinkFactory &links, Deployer &deployer, Questions &questions, std::shared_ptr<Inbox> inbox, int fanOut);
    ~Connector(); ///< cancels what is under way and waits for it

    void add(ConnectJob job);
    void cancelAll();

private:
    void work();
    std::optional<ConnectJob> next();
    void connect(const ConnectJob &job);

    LinkFactory &m_links;
    Deployer &m_deployer;
    Questions &m_questions;
    const std::shared_ptr<Inbox> m_inbox;
    const int m_fanOut;
    std::mutex m_mutex;
    std::condition_variable m_news;
    std::multimap<std::chrono::steady_clock::time_point, ConnectJob> m_jobs; ///< by notBefore, then as they came
    std::vector<std::thread> m_threads;
    int m_idle = 0;
    std::atomic<bool> m_cancelled = false;
};

} // namespace seatrial::campaign
