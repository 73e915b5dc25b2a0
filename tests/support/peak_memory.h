// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fstream>
#include <malloc.h>
#include <string>
#include <sys/resource.h>

namespace seatrial::tests {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kMemoryIsOurs = false; ///< a sanitizer's own memory is counted with ours
#else
inline constexpr bool kMemoryIsOurs = true;
#endif

/// The most memory of this process that was resident at once, since it began or since forgetPeakMemory(). 0: not known.
inline double peakMegabytes()
{
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word == "VmHWM:") {
            double kilobytes = 0;
            status >> kilobytes;
            return kilobytes * 1024 / 1e6;
        }
    }
    return 0;
}

/// The same of the largest program that this one has run and waited for.
inline double childrenPeakMegabytes()
{
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

/// The peak becomes what is resident now, without what is free and only kept by malloc: else what comes next could use
/// that up and would seem to need nothing. Where that is forbidden the peak stays: a test is then stricter, never laxer.
inline void forgetPeakMemory()
{
    ::malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << 5;
}

} // namespace seatrial::tests
