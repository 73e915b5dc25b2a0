// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/memory/pointer_chase.h"

#include "engine/measure/calm.h"
#include "engine/measure/clock.h"
#include "engine/measure/text.h"

#include <algorithm>

namespace seatrial::engine {

namespace {

constexpr std::uint64_t seed = 0x5ea741a1;
constexpr double batchSeconds = 0.005;
constexpr std::size_t stretchBytes = 4 << 20;      ///< touched before it is looked whether to stop
constexpr std::uint64_t stretchLines = 1 << 14;    ///< laid before

/// @p loads a multiple of 8.
std::uintptr_t follow(std::uintptr_t at, std::uint64_t loads)
{
    const auto next = [](std::uintptr_t from) { return *reinterpret_cast<const volatile std::uintptr_t *>(from); };
    for (std::uint64_t i = 0; i < loads; i += 8)
        at = next(next(next(next(next(next(next(next(at))))))));
    return at;
}

} // namespace

PointerChase::PointerChase(Team &team, std::uint64_t bytes, std::optional<int> memoryNode, const std::atomic<bool> *stop)
    : m_memory(std::max(bytes, 8 * lineBytes), memoryNode), m_order(m_memory.bytes() / lineBytes, seed)
{
    team.run([&](std::size_t worker) {
        // Touched in order first: faults at random places would be taken one by one, and huge pages not be had.
        const auto share = (m_memory.bytes() + team.size() - 1) / team.size();
        const auto first = std::min(m_memory.bytes(), worker * share);
        const auto end = std::min(m_memory.bytes(), first + share);
        for (auto at = first; at < end && !stopRequested(stop); at += stretchBytes)
            std::fill(m_memory.data() + at, m_memory.data() + std::min(end, at + stretchBytes), std::byte(0));
    });
    team.run([&](std::size_t worker) {
        const auto first = lines() * worker / team.size();
        const auto end = lines() * (worker + 1) / team.size();
        auto from = address(first);
        for (auto place = first; place < end; ++place) {
            if (place % stretchLines == 0 && stopRequested(stop))
                return;
            const auto to = address(place + 1);
            *reinterpret_cast<std::uintptr_t *>(from) = to;
            from = to;
        }
    });
}

std::uintptr_t &PointerChase::link(std::uint64_t place) const
{
    return *reinterpret_cast<std::uintptr_t *>(address(place));
}

PointerChase::Result PointerChase::walk(Team &walker, const StoppingRule &rule, const std::atomic<bool> *stop) const
{
    Result result;
    std::uint64_t place = 0;
    std::uintptr_t at = address(0);
    const auto batch = [&](std::uint64_t loads) {
        const double seconds = walker.run([&](std::size_t worker) {
            if (worker == 0)
                at = follow(at, loads);
        });
        place += loads;
        result.loads += loads;
        return seconds;
    };
    const auto nearestEight = [](double loads) { return std::max<std::uint64_t>(8, std::uint64_t(loads) / 8 * 8); };
    // Small buffers are walked twice before, large ones a bit: page tables, clocks, and what belongs into the caches.
    const auto warmup = nearestEight(double(std::min<std::uint64_t>(2 * lines(), 1 << 18)));
    const double warmupSeconds = batch(warmup);
    const auto loads = std::clamp<std::uint64_t>(nearestEight(double(warmup) * batchSeconds / std::max(warmupSeconds, 1e-9)), 1024, 1 << 26);

    std::vector<Repetition> all;
    Samples calm;
    std::optional<StopReason> reason;
    const double start = monotonicSeconds();
    while (!reason && !stopRequested(stop)) {
        const double value = batch(loads) * 1e9 / double(loads);
        all.push_back({walker.cpuShare(), value});
        if (all.back().cpuShare >= calmShare)
            calm.add(value);
        reason = rule.stop(calm.empty() ? Samples({value}) : calm, monotonicSeconds() - start);
        if (at != address(place)) {
            result.wrong = "the walk through " + std::to_string(m_memory.bytes()) + " bytes of memory left its way: after "
                + std::to_string(result.loads) + " loads it is at byte offset "
                + std::to_string(at - reinterpret_cast<std::uintptr_t>(m_memory.data())) + " instead of "
                + std::to_string(address(place) - reinterpret_cast<std::uintptr_t>(m_memory.data()));
            break;
        }
    }
    for (const auto &repetition : calmest(all)) {
        result.nanoseconds.add(repetition.value);
        result.leastShare = std::min(result.leastShare, repetition.cpuShare);
    }
    result.disturbed = all.size() - result.nanoseconds.size();
    result.stoppedBy = reason ? stopReasonText(*reason) : "request";
    return result;
}

} // namespace seatrial::engine
