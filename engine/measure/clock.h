// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace seatrial::engine {

/// CLOCK_MONOTONIC in seconds.
double monotonicSeconds();
/// CPU time the calling thread has used, in seconds: stands still while others have its CPU.
double threadCpuSeconds();

/// A moment after which nobody waits any longer.
class Deadline
{
public:
    static Deadline after(double seconds) { return Deadline(monotonicSeconds() + seconds); }

    double remainingSeconds() const;
    bool passed() const { return remainingSeconds() <= 0; }
    /// The earlier of the two.
    Deadline sooner(const Deadline &other) const { return m_moment < other.m_moment ? *this : other; }

private:
    explicit Deadline(double moment) : m_moment(moment) {}
    double m_moment;
};

/// Whether @p flag exists and is set: a person or a deadline ended the step.
inline bool stopRequested(const std::atomic<bool> *flag)
{
    return flag && flag->load(std::memory_order_relaxed);
}

/// Sleeps, but not longer than until @p flag is set (looked at every 20 ms).
void sleepUnlessStopped(double seconds, const std::atomic<bool> *flag);

} // namespace seatrial::engine
