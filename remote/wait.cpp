// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/wait.h"

#include <algorithm>
#include <cerrno>
#include <cmath>

namespace seatrial::remote {

namespace {
constexpr double kSliceSeconds = 0.05;
}

Moment now()
{
    return std::chrono::steady_clock::now();
}

Moment after(double seconds)
{
    constexpr double aYear = 365.0 * 86400; // keeps a careless "for ever" within the clock's range
    const auto span = std::chrono::duration<double>(std::clamp(seconds, 0.0, aYear));
    return now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(span);
}

double secondsSince(Moment start)
{
    return std::chrono::duration<double>(now() - start).count();
}

double secondsUntil(Moment deadline)
{
    return std::max(0.0, std::chrono::duration<double>(deadline - now()).count());
}

Waited waitFor(std::span<pollfd> fds, Moment deadline, const std::atomic<bool> &cancelled)
{
    while (true) {
        if (cancelled.load(std::memory_order_relaxed))
            return Waited::Cancelled;
        const double left = secondsUntil(deadline);
        const int slice = static_cast<int>(std::ceil(std::min(left, kSliceSeconds) * 1000));
        const int ready = poll(fds.data(), fds.size(), slice);
        // Late is late, even if there is always something: else who never stops talking would never time out.
        if (left <= 0)
            return Waited::TimedOut;
        if (ready > 0)
            return Waited::Ready;
    }
}

Waited pauseFor(double seconds, const std::atomic<bool> &cancelled)
{
    return waitFor({}, after(seconds), cancelled);
}

} // namespace seatrial::remote
