// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/simulated_clock.h"

#include <algorithm>
#include <chrono>

#include <sys/stat.h>

namespace seatrial::engine::simulate {

namespace {

using std::chrono::duration;

constexpr double sliceRealSeconds = 0.02;      ///< after so long a sleep looks whether it shall end
constexpr double sleeperPatienceSeconds = 0.02; ///< real, for a sampler that was woken to look and to sleep again
constexpr double newcomerPatienceSeconds = 0.01; ///< real, for a sampler that may just be about to sleep
constexpr double mostWaitAfter = 0.64;         ///< simulated
constexpr double idlePatienceSeconds = 0.05;   ///< real; then a sleeper moves the time itself
constexpr double leastIdleSleepSeconds = 0.001; ///< real, of a process that only waits for others

bool isSet(const std::atomic<bool> *stop)
{
    return stop && stop->load(std::memory_order_relaxed);
}

/// Of this process: its folder of threads has a link from each of them and two of its own.
bool hasOtherThreads()
{
    struct stat tasks {};
    return ::stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 3;
}

} // namespace

SimulatedClock::SimulatedClock(SharedState &state, double speedup)
    : m_state(state)
    , m_speedup(speedup)
    , m_drivers{std::this_thread::get_id()}
{
    m_now = followed();
}

double SimulatedClock::followed() const
{
    SharedState::Access node(m_state);
    return std::max(m_now, node->clock);
}

double SimulatedClock::now()
{
    const std::lock_guard lock(m_mutex);
    if (!m_works)
        m_now = followed();
    return m_now;
}

void SimulatedClock::beginWork()
{
    const std::lock_guard lock(m_mutex);
    if (!m_works)
        m_now = followed();
    m_works = true;
    if (!drives())
        m_drivers.push_back(std::this_thread::get_id());
}

bool SimulatedClock::drives() const
{
    return std::find(m_drivers.begin(), m_drivers.end(), std::this_thread::get_id()) != m_drivers.end();
}

void SimulatedClock::publish(double now)
{
    SharedState::Access node(m_state);
    node->clock = std::max(node->clock, now);
}

void SimulatedClock::wait(double seconds, const std::atomic<bool> *stop)
{
    const auto end = std::chrono::steady_clock::now() + duration<double>(seconds);
    while (!isSet(stop)) {
        const double left = duration<double>(end - std::chrono::steady_clock::now()).count();
        if (left <= 0)
            return;
        std::this_thread::sleep_for(duration<double>(std::min(left, sliceRealSeconds)));
    }
}

/// A sampler that was just told to begin has not slept yet, and work that takes microseconds would be over before it does: now and
/// then it is given the time. In vain less and less often.
void SimulatedClock::awaitSleeper(std::unique_lock<std::mutex> &lock, double seconds)
{
    m_unwatched += seconds;
    const bool watched = !m_sleepers.empty();
    if (!watched && (m_unwatched < m_waitAfter || !hasOtherThreads()))
        return;
    const std::uint64_t before = m_fellAsleep;
    const bool came = watched
        || m_changed.wait_for(lock, duration<double>(newcomerPatienceSeconds), [&] { return m_fellAsleep != before; });
    m_unwatched = 0;
    m_waitAfter = came ? leastWaitAfter : std::min(2 * m_waitAfter, mostWaitAfter);
}

/// Wakes those whose moment has come, and waits until they sleep again: else the time would run away from them.
void SimulatedClock::releaseUntil(std::unique_lock<std::mutex> &lock, double now)
{
    std::uint64_t released = 0;
    for (Sleeper &sleeper : m_sleepers) {
        if (sleeper.released || sleeper.until > now)
            continue;
        sleeper.released = true;
        ++released;
    }
    if (released == 0)
        return;
    const std::uint64_t awaited = m_fellAsleep + released;
    m_changed.notify_all();
    m_changed.wait_for(lock, duration<double>(sleeperPatienceSeconds), [&] { return m_fellAsleep >= awaited; });
}

void SimulatedClock::moveTo(double target, const std::atomic<bool> *stop, const std::function<void(double)> &reached, double leastRealSeconds)
{
    const bool sleeps = m_speedup < Profile::neverSleeps;
    std::unique_lock lock(m_mutex);
    if (!sleeps && m_works)
        awaitSleeper(lock, target - m_now);
    do {
        double next = target;
        for (const Sleeper &sleeper : m_sleepers) {
            if (!sleeper.released && sleeper.until < next)
                next = std::max(sleeper.until, m_now);
        }
        if (sleeps)
            next = std::min(next, m_now + sliceRealSeconds * m_speedup);
        const double realSeconds = std::max(sleeps ? (next - m_now) / m_speedup : 0, leastRealSeconds);
        if (realSeconds > 0) {
            lock.unlock();
            wait(realSeconds, stop);
            lock.lock();
        }
        leastRealSeconds = 0;
        m_now = std::max(m_now, next);
        ++m_moves;
        lock.unlock();
        if (reached)
            reached(next);
        publish(next);
        lock.lock();
        releaseUntil(lock, m_now);
    } while (m_now < target && !isSet(stop));
}

void SimulatedClock::work(double seconds, const std::function<void(double)> &reached)
{
    moveTo(now() + seconds, nullptr, reached, 0);
}

void SimulatedClock::sleep(double seconds, const std::atomic<bool> *stop)
{
    if (seconds <= 0 || isSet(stop))
        return;
    const double until = now() + seconds;
    std::unique_lock lock(m_mutex);
    if (drives()) {
        const double least = m_works ? 0 : std::min(seconds, leastIdleSleepSeconds);
        lock.unlock();
        return moveTo(until, stop, {}, least);
    }
    const auto self = m_sleepers.insert(m_sleepers.end(), Sleeper{until, false});
    ++m_fellAsleep;
    m_changed.notify_all();
    std::uint64_t moves = m_moves;
    auto lastMove = std::chrono::steady_clock::now();
    while (!self->released && !isSet(stop)) {
        m_changed.wait_for(lock, duration<double>(leastIdleSleepSeconds));
        if (moves != m_moves) {
            moves = m_moves;
            lastMove = std::chrono::steady_clock::now();
        } else if (duration<double>(std::chrono::steady_clock::now() - lastMove).count()
                   > std::max(idlePatienceSeconds, m_speedup < Profile::neverSleeps ? seconds / m_speedup : 0)) {
            m_now = std::max(m_now, until); // nobody works: this sleep is all that happens
            lock.unlock();
            publish(until);
            lock.lock();
            break;
        }
    }
    m_sleepers.erase(self);
    if (isSet(stop)) { // it will not come back: nobody shall wait for it
        ++m_fellAsleep;
        m_changed.notify_all();
    }
}

} // namespace seatrial::engine::simulate
