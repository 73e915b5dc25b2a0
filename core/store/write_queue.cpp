// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/write_queue.h"

#include <utility>

namespace seatrial::store {

WriteQueue::WriteQueue(Commit commit) : m_commit(std::move(commit)), m_thread([this] { run(); }) {}

WriteQueue::~WriteQueue()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
    }
    m_wakeWriter.notify_one();
    m_thread.join();
}

void WriteQueue::post(Work work, std::size_t bytes, std::size_t lines)
{
    std::unique_lock lock(m_mutex);
    m_wakePosters.wait(lock, [this] { return m_bytes < kMostBytes || m_failure; });
    if (m_failure)
        return;
    if (m_batch.empty())
        m_oldest = std::chrono::steady_clock::now();
    m_batch.push_back(std::move(work));
    m_lines += lines;
    m_bytes += bytes;
    m_batchBytes += bytes;
    if (m_batch.size() == 1 || isDue())
        m_wakeWriter.notify_one();
}

domain::Result<void> WriteQueue::wait(Work work)
{
    std::future<domain::Result<void>> done;
    {
        const std::lock_guard lock(m_mutex);
        if (m_failure)
            return std::unexpected(*m_failure);
        m_batch.push_back(std::move(work));
        done = m_waiting.emplace_back().get_future();
    }
    m_wakeWriter.notify_one();
    return done.get();
}

std::optional<domain::Failure> WriteQueue::failure() const
{
    const std::lock_guard lock(m_mutex);
    return m_failure;
}

bool WriteQueue::isDue() const
{
    return m_stopping || !m_waiting.empty() || m_lines >= kBatchLines || m_bytes >= kMostBytes;
}

void WriteQueue::run()
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_wakeWriter.wait(lock, [this] { return !m_batch.empty() || isDue(); });
        if (m_batch.empty() && m_stopping)
            return;
        m_wakeWriter.wait_until(lock, m_oldest + kLongestDelay, [this] { return isDue(); });

        Batch batch = std::exchange(m_batch, {});
        auto waiting = std::exchange(m_waiting, {});
        const std::size_t bytes = std::exchange(m_batchBytes, 0);
        m_lines = 0;
        const bool durable = m_stopping || !waiting.empty();
        lock.unlock();
        const domain::Result<void> result = m_commit(batch, durable);
        batch.clear(); // frees the lines here, not while the others wait for the lock
        lock.lock();
        m_bytes -= bytes;
        if (!result && !m_failure)
            m_failure = result.error();
        if (m_failure) {
            // Work that came meanwhile will not be done: who waits for it must hear so.
            m_batch.clear();
            m_bytes = m_batchBytes = 0;
            for (auto &late : std::exchange(m_waiting, {}))
                late.set_value(std::unexpected(*m_failure));
        }
        m_wakePosters.notify_all();
        for (auto &waiter : waiting)
            waiter.set_value(result);
    }
}

} // namespace seatrial::store
