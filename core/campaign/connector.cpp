// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/connector.h"

#include "core/campaign/survival.h"
#include "core/protocol/codec.h"

#include <algorithm>

namespace seatrial::campaign {

namespace {

/// Reads lines on the link's thread and hands them to the inbox.
class InboxSink : public StreamSink
{
public:
    InboxSink(std::shared_ptr<Inbox> inbox, domain::NodeId node, int generation)
        : m_inbox(std::move(inbox)), m_node(std::move(node)), m_generation(generation)
    {
    }

    bool full() const override { return m_overrun || *m_unread > kMaxUnread; }

    void bytes(std::string_view data) override
    {
        if (m_overrun)
            return;
        auto lines = m_reader.feed(data);
        m_sinceLine = lines.empty() ? m_sinceLine + data.size() : 0;
        push(std::move(lines), data.size());
        if (m_sinceLine <= kLongestLine)
            return;
        m_overrun = true;
        m_inbox->push(StreamEnded{m_node, m_generation, std::unexpected(overrun()), {}});
    }

    void ended(domain::Result<int> exitStatus, std::string errorTail) override
    {
        if (m_overrun)
            return;
        // The torn rest of a stream that was only cut comes again, whole, when it is picked up.
        if (exitStatus && *exitStatus == 0)
            push(m_reader.finish(), 0);
        m_inbox->push(StreamEnded{m_node, m_generation, std::move(exitStatus), std::move(errorTail)});
    }

private:
    void push(std::vector<protocol::StreamLine> lines, std::size_t bytes)
    {
        if (lines.empty())
            return;
        *m_unread += bytes;
        std::shared_ptr<void> taken(nullptr, [unread = m_unread, bytes](void *) { *unread -= bytes; });
        m_inbox->push(LinesArrived{m_node, m_generation, std::move(lines), std::move(taken)});
    }

    domain::Failure overrun() const
    {
        return {domain::Stage::Run, domain::FailureKind::Untrusted,
                m_node.text() + ": it is not listened to any more: it sent " + std::to_string(kLongestLine / 1'000'000)
                    + " MB without the end of a line, which no engine does.",
                "following its journal", "look at what runs there, clean the node, then run again"};
    }

    static constexpr std::size_t kMaxUnread = 512 * 1024;
    static constexpr std::size_t kLongestLine = 64'000'000; ///< of which the reader keeps 64 kB
    std::size_t m_sinceLine = 0;
    std::atomic<bool> m_overrun = false;
    const std::shared_ptr<std::atomic<std::size_t>> m_unread = std::make_shared<std::atomic<std::size_t>>(0);
    const std::shared_ptr<Inbox> m_inbox;
    const domain::NodeId m_node;
    const int m_generation;
    protocol::StreamReader m_reader;
};

} // namespace

Connector::Connector(LinkFactory &links, Deployer &deployer, Questions &questions, std::shared_ptr<Inbox> inbox, int fanOut)
    : m_links(links), m_deployer(deployer), m_questions(questions), m_inbox(std::move(inbox)), m_fanOut(std::max(1, fanOut))
{
}

Connector::~Connector()
{
    cancelAll();
    for (auto &thread : m_threads)
        thread.join();
}

void Connector::add(ConnectJob job)
{
    const std::scoped_lock lock(m_mutex);
    if (m_cancelled)
        return;
    m_jobs.emplace(job.notBefore, std::move(job));
    if (m_idle < static_cast<int>(m_jobs.size()) && static_cast<int>(m_threads.size()) < m_fanOut)
        m_threads.emplace_back([this] { work(); });
    m_news.notify_one();
}

void Connector::cancelAll()
{
    const std::scoped_lock lock(m_mutex);
    m_cancelled = true;
    m_jobs.clear();
    m_news.notify_all();
}

std::optional<ConnectJob> Connector::next()
{
    std::unique_lock lock(m_mutex);
    ++m_idle;
    while (!m_cancelled) {
        // Retries lie in the queue with a time before which they must not start.
        const auto due = m_jobs.begin();
        if (due == m_jobs.end()) {
            m_news.wait(lock);
        } else if (due->first > std::chrono::steady_clock::now()) {
            m_news.wait_until(lock, std::chrono::steady_clock::time_point(due->first)); // by then another may have taken it
        } else {
            ConnectJob job = std::move(due->second);
            m_jobs.erase(due);
            --m_idle;
            return job;
        }
    }
    --m_idle;
    return std::nullopt;
}

void Connector::work()
{
    while (const auto job = next())
        connect(*job);
}

void Connector::connect(const ConnectJob &job)
{
    const auto fail = [&](domain::Failure failure) {
        m_inbox->push(NodeNotReady{job.node.id, job.generation, std::move(failure)});
    };
    std::shared_ptr<NodeLink> link = m_links.link(job.node);
    if (auto connected = link->connect(m_questions, m_cancelled); !connected)
        return fail(std::move(connected.error()));
    std::vector<RecipeStep> steps;
    auto probe = m_deployer.prepare(*link, steps, m_cancelled);
    if (!probe) {
        link->close();
        return fail(std::move(probe.error()));
    }
    if (probe->survival == Survival::Doubted) {
        const Reach reach{m_links, m_deployer.surveyor(), m_questions};
        if (auto tried = trySurvival(reach, job.node, link, *probe, m_cancelled); !tried) {
            link->close();
            return fail(std::move(tried.error()));
        }
    }
    const std::string command = m_deployer.attachCommand(*probe, job.token, job.fromSequence, job.afterLoss);
    const auto sink = std::make_shared<InboxSink>(m_inbox, job.node.id, job.generation);
    if (auto attached = link->attach(command, sink); !attached) {
        link->close();
        return fail(std::move(attached.error()));
    }
    link->send(protocol::encode(protocol::Control(job.open)));
    m_inbox->push(NodeReady{job.node.id, job.generation, std::move(link), std::move(*probe), std::move(steps)});
}

} // namespace seatrial::campaign
