// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/team.h"

#include "engine/measure/clock.h"
#include "engine/measure/cpus.h"

#include <algorithm>
#include <utility>

namespace seatrial::engine {

Team::Team(std::vector<int> cpus) : m_cpus(std::move(cpus)), m_laps(m_cpus.size())
{
    try {
        for (std::size_t worker = 0; worker < m_cpus.size(); ++worker)
            m_threads.emplace_back(&Team::work, this, worker);
    } catch (...) { // a limit on threads: those that exist must not be left waiting
        dismiss();
        throw;
    }
    run([](std::size_t) {}); // afterwards every worker has tried to bind itself
}

Team::~Team()
{
    dismiss();
}

void Team::dismiss()
{
    {
        const std::lock_guard lock(m_mutex);
        m_quit = true;
    }
    m_wake.notify_all();
    for (auto &thread : m_threads)
        thread.join();
    m_threads.clear();
}

double Team::run(const std::function<void(std::size_t)> &task)
{
    {
        std::unique_lock lock(m_mutex);
        m_task = &task;
        m_busy = size();
        m_ready = 0;
        ++m_round;
        m_wake.notify_all();
        m_done.wait(lock, [this] { return m_busy == 0; });
    }
    const auto first = std::min_element(m_laps.begin(), m_laps.end(), [](auto &a, auto &b) { return a.start < b.start; });
    const auto last = std::max_element(m_laps.begin(), m_laps.end(), [](auto &a, auto &b) { return a.end < b.end; });
    return last->end - first->start;
}

double Team::cpuShare() const
{
    double first = m_laps.front().start;
    for (const auto &lap : m_laps)
        first = std::min(first, lap.start);
    double worst = 1;
    for (const auto &lap : m_laps) { // from the common start: who was let start late had no CPU either
        if (lap.end > first)
            worst = std::min(worst, lap.cpuSeconds / (lap.end - first));
    }
    return worst;
}

void Team::work(std::size_t worker)
{
    if (!pinThisThread(m_cpus[worker]))
        ++m_unpinned;
    std::size_t round = 0;
    while (true) {
        const std::function<void(std::size_t)> *task = nullptr;
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, [&] { return m_quit || m_round != round; });
            if (m_quit)
                return;
            round = m_round;
            task = m_task;
        }
        ++m_ready; // waking takes tens of microseconds each: start together, not one after the other
        while (m_ready.load(std::memory_order_acquire) < size())
            std::this_thread::yield();
        const double cpuBefore = threadCpuSeconds();
        m_laps[worker].start = monotonicSeconds();
        (*task)(worker);
        m_laps[worker].end = monotonicSeconds();
        m_laps[worker].cpuSeconds = threadCpuSeconds() - cpuBefore;
        const std::lock_guard lock(m_mutex);
        if (--m_busy == 0)
            m_done.notify_one();
    }
}

} // namespace seatrial::engine
