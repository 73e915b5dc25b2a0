// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/clock.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>

namespace seatrial::engine {

namespace {

double secondsOf(clockid_t clock)
{
    timespec now{};
    clock_gettime(clock, &now);
    return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

} // namespace

double monotonicSeconds()
{
    return secondsOf(CLOCK_MONOTONIC);
}

double threadCpuSeconds()
{
    return secondsOf(CLOCK_THREAD_CPUTIME_ID);
}

double Deadline::remainingSeconds() const
{
    return std::max(0.0, m_moment - monotonicSeconds());
}

void sleepUnlessStopped(double seconds, const std::atomic<bool> *flag)
{
    const auto deadline = Deadline::after(seconds);
    while (!deadline.passed() && !stopRequested(flag))
        std::this_thread::sleep_for(std::chrono::duration<double>(std::min(0.02, deadline.remainingSeconds())));
}

} // namespace seatrial::engine
