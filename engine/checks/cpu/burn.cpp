// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/cpu/burn.h"

#include "engine/measure/clock.h"
#include "engine/measure/cpus.h"

#include <thread>

namespace seatrial::engine {

namespace {

constexpr double sliceSeconds = 0.1;

void compare(BurnOutcome &outcome, std::uint32_t seed, std::uint64_t expected, std::uint64_t got)
{
    ++outcome.iterations;
    if (got == expected)
        return;
    if (outcome.mismatches++ > 0)
        return;
    outcome.wrongIteration = outcome.iterations;
    outcome.wrongSeed = seed;
    outcome.expected = expected;
    outcome.got = got;
}

void burnOne(BurnOutcome &outcome, const BurnPath &path, double seconds, double warmupSeconds, const BurnFunction &burn,
             const std::atomic<bool> &quit)
{
    outcome.pinned = pinThisThread(outcome.cpu);
    const double start = monotonicSeconds();
    double sliceStart = start;
    double sliceCpu = threadCpuSeconds();
    std::uint64_t sliceIterations = 0;
    for (std::uint32_t seed = 0; !quit.load(std::memory_order_relaxed); seed = (seed + 1) % burnSeeds) {
        compare(outcome, seed, (*path.golden)[seed], burn(outcome.cpu, seed));
        ++sliceIterations;
        const double now = monotonicSeconds();
        if (now - sliceStart >= sliceSeconds) {
            const double cpuNow = threadCpuSeconds();
            if (sliceStart - start >= warmupSeconds && cpuNow > sliceCpu) {
                outcome.rate.add(double(sliceIterations) * path.workPerIteration / (cpuNow - sliceCpu));
                outcome.share.add((cpuNow - sliceCpu) / (now - sliceStart));
            }
            sliceStart = now;
            sliceCpu = cpuNow;
            sliceIterations = 0;
        }
        if (now - start >= seconds)
            return;
    }
}

} // namespace

std::vector<BurnOutcome> burnAll(const std::vector<int> &cpus, const BurnPath &path, double seconds, double warmupSeconds,
                                 const BurnFunction &burn, const std::function<void()> &halfway, const std::atomic<bool> *stop)
{
    std::vector<BurnOutcome> outcomes(cpus.size());
    std::atomic<bool> quit = false;
    std::vector<std::jthread> threads;
    try {
        for (std::size_t i = 0; i < cpus.size(); ++i) {
            outcomes[i].cpu = cpus[i];
            threads.emplace_back([&, i] { burnOne(outcomes[i], path, seconds, warmupSeconds, burn, quit); });
        }
    } catch (...) { // a limit on threads: end those that run, then tell
        quit = true;
        throw;
    }
    sleepUnlessStopped(seconds / 2, stop);
    halfway();
    sleepUnlessStopped(seconds / 2, stop);
    if (stopRequested(stop))
        quit = true;
    threads.clear(); // joins
    return outcomes;
}

} // namespace seatrial::engine
