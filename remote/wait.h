// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <span>

namespace seatrial::remote {

using Moment = std::chrono::steady_clock::time_point;

Moment now();
Moment after(double seconds);
double secondsSince(Moment start);
/// At least 0.
double secondsUntil(Moment deadline);

enum class Waited { Ready, TimedOut, Cancelled };

/// Polls @p fds until one is ready, in slices short enough that a cancel is seen within 50 ms.
Waited waitFor(std::span<pollfd> fds, Moment deadline, const std::atomic<bool> &cancelled);

/// Sleeps; Cancelled or TimedOut.
Waited pauseFor(double seconds, const std::atomic<bool> &cancelled);

} // namespace seatrial::remote
