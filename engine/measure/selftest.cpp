// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/selftest.h"

#include "engine/measure/burn_path.h"
#include "engine/measure/clock.h"
#include "engine/measure/samples.h"
#include "engine/measure/stream_kernels.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <time.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

using Failures = std::vector<std::string>;

void testClock(Failures &failures)
{
    timespec resolution{};
    if (clock_getres(CLOCK_MONOTONIC, &resolution) != 0 || resolution.tv_sec != 0 || resolution.tv_nsec > 1000)
        failures.push_back("the monotonic clock is coarser than 1 us: times of short operations would be noise");
    double previous = monotonicSeconds();
    const double start = previous;
    for (int look = 0; look < 100'000; ++look) {
        const double now = monotonicSeconds();
        if (now < previous) {
            failures.push_back("the monotonic clock went back by " + numberText(previous - now) + " s");
            return;
        }
        previous = now;
    }
    if (previous <= start)
        failures.push_back("the monotonic clock stands still");
}

void testArithmetic(Failures &failures)
{
    for (const auto &kernel : supportedBurnKernels()) {
        for (std::uint32_t seed = 0; seed < 2; ++seed) {
            const auto got = kernel.run(seed);
            if (got != burnGolden[seed])
                failures.push_back("arithmetic (" + std::string(kernel.name) + ", seed " + std::to_string(seed) + ") gave "
                                   + hexText(got) + " instead of " + hexText(burnGolden[seed]));
        }
    }
    for (const auto &path : burnPaths()) {
        if (path.kernel && path.kernel->run(0) != (*path.golden)[0])
            failures.push_back("arithmetic of path " + std::string(path.name) + " (" + std::string(path.kernel->name) + ") is wrong");
    }
}

void testMemoryKernels(Failures &failures)
{
    constexpr std::size_t count = 1024;
    alignas(64) static std::array<double, count> from, to;
    for (const auto &kernel : supportedStreamKernels()) {
        for (std::size_t i = 0; i < count; ++i)
            from[i] = double(i + 1);
        to.fill(0);
        kernel.copy(to.data(), from.data(), count);
        if (to != from)
            failures.push_back("the " + std::string(kernel.name) + " copy of " + std::to_string(count) + " numbers differs");
        if (kernel.read(from.data(), count) != double(count) * (count + 1) / 2)
            failures.push_back("the " + std::string(kernel.name) + " sum of 1 to " + std::to_string(count) + " is wrong");
    }
}

void testStatistics(Failures &failures)
{
    const Samples samples({9, 1, 8, 2, 7, 3, 6, 4, 5, 100});
    if (samples.median() != 5.5 || samples.minimum() != 1 || samples.maximum() != 100 || samples.mad() != 2.5)
        failures.push_back("median, minimum, maximum or MAD of a known set are wrong");
}

void testPipe(Failures &failures)
{
    constexpr std::string_view message = "seatrial";
    int ends[2];
    if (pipe(ends) != 0) {
        failures.push_back(std::string("no pipe can be made: ") + std::strerror(errno));
        return;
    }
    char answer[message.size()] = {};
    const bool sent = write(ends[1], message.data(), message.size()) == ssize_t(message.size());
    if (!sent || read(ends[0], answer, sizeof answer) != ssize_t(sizeof answer) || message != std::string_view(answer, sizeof answer))
        failures.push_back("a pipe did not return what was written to it");
    close(ends[0]);
    close(ends[1]);
}

} // namespace

std::vector<std::string> selftest()
{
    Failures failures;
    testClock(failures);
    testArithmetic(failures);
    testMemoryKernels(failures);
    testStatistics(failures);
    testPipe(failures);
    return failures;
}

} // namespace seatrial::engine
