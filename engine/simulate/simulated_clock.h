// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/simulate/shared_state.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace seatrial::engine::simulate {

/// Simulated time. It passes when somebody works or sleeps. Threads that do not work on a device (samplers) are woken at the
/// moments they asked for, also within one long piece of work, however fast that is simulated. A process that works on a
/// device has a time of its own, so that processes side by side do not take each other's; all others follow the latest of all.
class SimulatedClock
{
public:
    SimulatedClock(SharedState &state, double speedup);

    double now();
    /// The work of the calling thread takes @p seconds. @p reached is called at each moment on the way, and at the end.
    void work(double seconds, const std::function<void(double)> &reached);
    void sleep(double seconds, const std::atomic<bool> *stop);
    /// The calling thread works on a device from now on.
    void beginWork();

private:
    static constexpr double leastWaitAfter = 0.04;

    struct Sleeper {
        double until = 0;
        bool released = false;
    };

    bool drives() const; ///< with m_mutex: whether the calling thread moves the time
    void moveTo(double target, const std::atomic<bool> *stop, const std::function<void(double)> &reached, double leastRealSeconds);
    double followed() const; ///< with m_mutex
    void publish(double now);
    void awaitSleeper(std::unique_lock<std::mutex> &lock, double seconds);
    void releaseUntil(std::unique_lock<std::mutex> &lock, double now);
    void wait(double seconds, const std::atomic<bool> *stop);

    SharedState &m_state;
    double m_speedup;
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<std::thread::id> m_drivers;
    std::list<Sleeper> m_sleepers;
    std::uint64_t m_fellAsleep = 0;
    std::uint64_t m_moves = 0;
    double m_now = 0;
    double m_unwatched = 0;         ///< simulated seconds since a sampler was last seen or waited for
    double m_waitAfter = leastWaitAfter; ///< so many of them, and one is waited for
    bool m_works = false;
};

} // namespace seatrial::engine::simulate
