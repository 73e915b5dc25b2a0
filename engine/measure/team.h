// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace seatrial::engine {

/// Threads that live through a whole measurement, each bound to a CPU of its own, so that memory first touched by a
/// worker stays near the CPU that uses it.
class Team
{
public:
    explicit Team(std::vector<int> cpus);
    ~Team();
    Team(const Team &) = delete;
    Team &operator=(const Team &) = delete;

    std::size_t size() const { return m_cpus.size(); }
    int cpu(std::size_t worker) const { return m_cpus[worker]; }
    /// Whether every worker could be bound to its CPU.
    bool pinned() const { return m_unpinned == 0; }

    /// Lets every worker do @p task (given its number) at the same time. Seconds from the first start to the last end.
    double run(const std::function<void(std::size_t)> &task);
    /// Of the last run: the share of its time that the worker treated worst had its CPU to itself, 0 … 1.
    double cpuShare() const;

private:
    struct Lap {
        double start = 0;
        double end = 0;
        double cpuSeconds = 0;
    };
    void work(std::size_t worker);
    void dismiss();

    std::vector<int> m_cpus;
    std::vector<Lap> m_laps;
    std::atomic<std::size_t> m_unpinned{0};
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::condition_variable m_done;
    const std::function<void(std::size_t)> *m_task = nullptr;
    std::size_t m_round = 0;
    std::size_t m_busy = 0;
    std::atomic<std::size_t> m_ready{0};
    bool m_quit = false;
    std::vector<std::thread> m_threads;
};

} // namespace seatrial::engine
