// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace seatrial::store {

/// Work for the one thread that writes, in order, gathered into batches. The first batch that fails is the last one.
class WriteQueue
{
public:
    using Work = std::move_only_function<void()>;
    using Batch = std::vector<Work>;
    /// Does a batch as a whole or not at all. @p durable: it must survive a power cut once this returns.
    using Commit = std::function<domain::Result<void>(Batch &batch, bool durable)>;

    static constexpr std::size_t kMostBytes = 32 * 1024 * 1024; ///< waiting; who brings more has to wait too
    static constexpr std::size_t kBatchLines = 20'000;
    static constexpr std::chrono::milliseconds kLongestDelay{200};

    explicit WriteQueue(Commit commit);
    ~WriteQueue(); ///< does what is left

    void post(Work work, std::size_t bytes, std::size_t lines);
    /// Does @p work, and everything posted before, at once. Returns when it is durable.
    domain::Result<void> wait(Work work);
    std::optional<domain::Failure> failure() const;

private:
    void run();
    bool isDue() const;

    Commit m_commit;
    mutable std::mutex m_mutex;
    std::condition_variable m_wakeWriter;
    std::condition_variable m_wakePosters;
    Batch m_batch;
    std::vector<std::promise<domain::Result<void>>> m_waiting;
    std::size_t m_lines = 0;
    std::size_t m_bytes = 0; ///< of m_batch and of the batch in work
    std::size_t m_batchBytes = 0;
    std::chrono::steady_clock::time_point m_oldest;
    bool m_stopping = false;
    std::optional<domain::Failure> m_failure;
    std::thread m_thread; ///< last: starts when the rest is there
};

} // namespace seatrial::store
