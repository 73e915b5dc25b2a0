// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/memory/stream_run.h"

#include "engine/measure/calm.h"
#include "engine/measure/clock.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <bit>

namespace seatrial::engine {

namespace {

constexpr double factor = 3;
constexpr std::size_t lookEvery = 1 << 17; ///< elements filled between two looks at the stop flag: 3 MB
constexpr double readMultiple = 15; // the sum is taken of a after triad

/// Values of neighbouring elements differ, so that a result from the wrong address shows.
class StartingValues
{
public:
    explicit StartingValues(std::size_t index) : m_step(unsigned(index % period)) {}
    double next()
    {
        const double value = m_step + 1;
        m_step = m_step + 1 == period ? 0 : m_step + 1;
        return value;
    }

private:
    static constexpr unsigned period = 1021; // prime: never in step with lines or pages
    unsigned m_step;
};

} // namespace

const std::vector<StreamRun::Loop> &StreamRun::loops()
{
    static const std::vector<Loop> all{{"copy", 2, 1}, {"scale", 2, 3}, {"add", 3, 4}, {"triad", 3, 15}, {"read", 1, 0}};
    return all;
}

StreamRun::StreamRun(Team &team, const StreamKernels &kernels, std::size_t count, std::optional<int> memoryNode,
                     const std::atomic<bool> *stop)
    : m_team(team), m_kernels(kernels), m_count(count), m_a(count * sizeof(double), memoryNode), m_b(count * sizeof(double), memoryNode),
      m_c(count * sizeof(double), memoryNode), m_sums(team.size()), m_expectedSums(team.size())
{
    const auto share = count / team.size();
    for (std::size_t worker = 0; worker < team.size(); ++worker)
        m_slices.push_back({worker * share, share});
    m_team.run([this, stop](std::size_t worker) {
        const auto [first, length] = m_slices[worker];
        StartingValues values(first);
        double sum = 0;
        for (std::size_t i = first; i < first + length; ++i) {
            if ((i - first) % lookEvery == 0 && stopRequested(stop))
                return;
            numbers(m_a)[i] = values.next();
            numbers(m_b)[i] = numbers(m_c)[i] = 0;
            sum += numbers(m_a)[i];
        }
        m_expectedSums[worker] = readMultiple * sum;
    });
}

double *StreamRun::target(const Loop &loop) const
{
    if (loop.name == "scale")
        return numbers(m_b);
    return loop.name == "triad" ? numbers(m_a) : numbers(m_c);
}

std::span<double> StreamRun::written(const Loop &loop)
{
    if (loop.multiple == 0)
        return {};
    return {target(loop), m_count};
}

void StreamRun::work(const Loop &loop, std::size_t worker)
{
    const auto [first, count] = m_slices[worker];
    double *const a = numbers(m_a) + first;
    double *const b = numbers(m_b) + first;
    double *const c = numbers(m_c) + first;
    if (loop.name == "copy")
        m_kernels.copy(c, a, count);
    else if (loop.name == "scale")
        m_kernels.scale(b, c, factor, count);
    else if (loop.name == "add")
        m_kernels.add(c, a, b, count);
    else if (loop.name == "triad")
        m_kernels.triad(a, b, c, factor, count);
    else
        m_sums[worker] = m_kernels.read(a, count);
}

StreamRun::Result StreamRun::measure(const Loop &loop, const StoppingRule &rule, const std::atomic<bool> *stop)
{
    const auto lap = [&] { return m_team.run([&](std::size_t worker) { work(loop, worker); }); };
    const double gigabytes = double(loop.arraysMoved) * double(m_count * sizeof(double)) * 1e-9;
    Result result;
    lap(); // warm-up: page tables, clocks
    const double start = monotonicSeconds();
    std::optional<StopReason> reason;
    std::vector<Repetition> all;
    Samples calm;
    while (!reason && !stopRequested(stop)) {
        const double value = gigabytes / lap();
        all.push_back({m_team.cpuShare(), value});
        if (all.back().cpuShare >= calmShare)
            calm.add(value);
        reason = rule.stop(calm.empty() ? Samples({value}) : calm, monotonicSeconds() - start);
        if (loop.multiple == 0 && m_sums != m_expectedSums)
            break;
    }
    for (const auto &repetition : calmest(all)) {
        result.gigabytesPerSecond.add(repetition.value);
        result.leastShare = std::min(result.leastShare, repetition.cpuShare);
    }
    result.disturbed = all.size() - result.gigabytesPerSecond.size();
    result.stoppedBy = reason ? stopReasonText(*reason) : "request";
    return result;
}

std::string StreamRun::verify(const Loop &loop)
{
    for (std::size_t worker = 0; loop.multiple == 0 && worker < m_team.size(); ++worker) {
        if (m_sums[worker] != m_expectedSums[worker])
            return "read: the sum of elements from byte offset " + std::to_string(m_slices[worker].first * sizeof(double))
                + " of array a on CPU " + std::to_string(m_team.cpu(worker)) + " is " + numberText(m_sums[worker])
                + " instead of " + numberText(m_expectedSums[worker]);
    }
    const double *const values = loop.multiple == 0 ? nullptr : target(loop);
    std::vector<std::string> wrong(m_team.size());
    m_team.run([&](std::size_t worker) {
        const auto [first, count] = m_slices[worker];
        StartingValues starting(first);
        for (std::size_t i = first; values && i < first + count; ++i) {
            const double expected = loop.multiple * starting.next();
            if (std::bit_cast<std::uint64_t>(values[i]) == std::bit_cast<std::uint64_t>(expected))
                continue;
            wrong[worker] = std::string(loop.name) + ": the number at byte offset " + std::to_string(i * sizeof(double))
                + " written on CPU " + std::to_string(m_team.cpu(worker)) + " is 0x" + hexText(std::bit_cast<std::uint64_t>(values[i]))
                + " (" + numberText(values[i]) + ") instead of 0x" + hexText(std::bit_cast<std::uint64_t>(expected)) + " ("
                + numberText(expected) + ")";
            return;
        }
    });
    for (auto &sentence : wrong) {
        if (!sentence.empty())
            return sentence;
    }
    return {};
}

} // namespace seatrial::engine
