// SPDX-License-Identifier: GPL-3.0-or-later
// What the SSH I/O benchmark records. A report lies in memory shared with a forked child, so that each design is
// measured in a fresh process and still reports when it dies.
#pragma once

#include <sys/resource.h>

#include <array>
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <string>

namespace seatrial::bench {

enum class Phase { Connect, Calm, Stress, Close };
inline constexpr int phaseCount = 4;

inline std::int64_t nanoseconds(clockid_t clock)
{
    timespec now{};
    clock_gettime(clock, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

inline std::int64_t wallNow() { return nanoseconds(CLOCK_MONOTONIC); }
inline std::int64_t threadCpuNow() { return nanoseconds(CLOCK_THREAD_CPUTIME_ID); }
inline std::int64_t processCpuNow() { return nanoseconds(CLOCK_PROCESS_CPUTIME_ID); }

inline void raise(std::atomic<std::int64_t>& maximum, std::int64_t value)
{
    auto seen = maximum.load(std::memory_order_relaxed);
    while (value > seen && !maximum.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
    }
}

// The longest of something, three ways. Wall time alone also counts preemption by other programs of the machine;
// a thread that *slept* gave the processor up itself, which is what blocking means.
struct Longest {
    std::atomic<std::int64_t> wall{0};
    std::atomic<std::int64_t> cpu{0};
    std::atomic<std::int64_t> slept{0};
    std::atomic<const char*> sleptIn{nullptr};
};

// Measures the time from its construction to its destruction.
class Stopwatch {
public:
    Stopwatch(Longest& longest, const char* what)
        : m_longest{longest}, m_what{what}, m_sleeps{sleeps()}, m_wall{wallNow()}, m_cpu{threadCpuNow()}
    {
    }
    ~Stopwatch()
    {
        const auto wall = wallNow() - m_wall;
        raise(m_longest.wall, wall);
        raise(m_longest.cpu, threadCpuNow() - m_cpu);
        if (sleeps() == m_sleeps || wall <= m_longest.slept.load()) {
            return;
        }
        raise(m_longest.slept, wall);
        m_longest.sleptIn = m_what;
    }
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

private:
    static long sleeps()
    {
        rusage usage{};
        getrusage(RUSAGE_THREAD, &usage);
        return usage.ru_nvcsw;
    }

    Longest& m_longest;
    const char* m_what;
    long m_sleeps;
    std::int64_t m_wall;
    std::int64_t m_cpu;
};

// Counts in steps of 0.1 ms up to 3 s.
class Histogram {
public:
    void add(std::int64_t ns)
    {
        const auto slot = std::min<std::int64_t>(std::max<std::int64_t>(ns, 0) / 100'000, slots - 1);
        m_counts[static_cast<std::size_t>(slot)].fetch_add(1, std::memory_order_relaxed);
        raise(m_maximum, ns);
    }
    double quantileMs(double q) const
    {
        std::uint64_t below = 0;
        const auto wanted = static_cast<std::uint64_t>(q * static_cast<double>(count()));
        for (std::size_t i = 0; i < slots; ++i) {
            below += m_counts[i];
            if (below > wanted) {
                return static_cast<double>(i + 1) * 0.1;
            }
        }
        return maximumMs();
    }
    double maximumMs() const { return static_cast<double>(m_maximum) * 1e-6; }
    std::uint64_t count() const
    {
        std::uint64_t sum = 0;
        for (const auto& n : m_counts) {
            sum += n;
        }
        return sum;
    }

private:
    static constexpr std::size_t slots = 30'000;
    std::array<std::atomic<std::uint32_t>, slots> m_counts{};
    std::atomic<std::int64_t> m_maximum{0};
};

struct PhaseReport {
    Longest call;      // one libssh call
    Longest round;     // from leaving poll() to entering it again: nobody else of this thread is served meanwhile
    Histogram lineAge; // of healthy sessions: from the node's write to our parsed line
    double wallSeconds = 0;
    double cpuSeconds = 0;
};

struct Report {
    std::array<PhaseReport, phaseCount> phases;
    std::atomic<int> phase{0};
    std::atomic<int> loggingIn{0};
    std::atomic<int> streaming{0};
    std::atomic<int> failed{0};
    std::atomic<std::int64_t> missingLines{0};
    std::atomic<std::int64_t> floodBytes{0};
    std::atomic<int> stoppedPid{0}; // set while a process is stopped, so that the parent can always continue it
    std::array<char, 256> firstError{};
    long fewestRekeys = 0;
    long floodRekeys = 0;
    double kilobytesCalm = 0; // anonymous memory per session
    double kilobytesStress = 0;
    double floodMegabytes = 0;
    bool finished = false;
    bool recovered = false; // the stopped session went on after SIGCONT

    PhaseReport& now() { return phases[static_cast<std::size_t>(phase.load(std::memory_order_relaxed))]; }
    PhaseReport& of(Phase p) { return phases[static_cast<std::size_t>(p)]; }
};

// Anonymous resident memory of this process: heap, stacks; no library pages.
inline double anonymousKilobytes()
{
    std::ifstream status{"/proc/self/status"};
    for (std::string key; status >> key;) {
        if (key == "RssAnon:") {
            double value = 0;
            status >> value;
            return value;
        }
    }
    return 0;
}

} // namespace seatrial::bench
