// SPDX-License-Identifier: Apache-2.0
#include "engine/supervise/node_clock.h"

#include "engine/supervise/posix.h"

#include <cmath>
#include <ctime>

namespace seatrial::engine {

namespace {

/// Whole microseconds: what is finer only makes the lines longer.
double secondsOf(clockid_t clock)
{
    timespec now{};
    clock_gettime(clock, &now);
    const auto microseconds = static_cast<double>(now.tv_sec) * 1e6 + std::floor(static_cast<double>(now.tv_nsec) / 1e3);
    return microseconds / 1e6;
}

} // namespace

double bootSeconds() { return secondsOf(CLOCK_BOOTTIME); }

double wallSeconds() { return secondsOf(CLOCK_REALTIME); }

std::string bootId()
{
    const std::string text = readSmallFile("/proc/sys/kernel/random/boot_id", 64);
    return text.substr(0, text.find('\n'));
}

} // namespace seatrial::engine
