// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/memory/pattern_run.h"

#include "engine/measure/clock.h"
#include "engine/measure/numa.h"

#include <algorithm>

#include <sys/mman.h>

namespace seatrial::engine {

namespace {

constexpr std::size_t blockWords = 512;        ///< what is checked at once: a page
constexpr std::size_t stretchWords = 1 << 17;  ///< 1 MiB, after which it is looked whether to stop
constexpr double lookSeconds = 0.05;
constexpr std::uint64_t mostWrong = 1'000'000; ///< beyond, more of the same says nothing new

int nodeOf(void *address)
{
    for (int node = 0; node < 64; ++node) {
        const double share = pagesOnNode(address, 4096, node);
        if (share < 0)
            return -1;
        if (share > 0)
            return node;
    }
    return -1;
}

} // namespace

PatternRun::PatternRun(Team &team, std::uint64_t bytes, std::filesystem::path sysroot, std::uint64_t floorBytes)
    : m_team(team), m_memory(bytes), m_sysroot(std::move(sysroot)), m_floorBytes(floorBytes)
{
}

bool PatternRun::lock()
{
    return mlock2(m_memory.data(), m_memory.bytes(), MLOCK_ONFAULT) == 0;
}

const char *PatternRun::reasonToStop() const
{
    if (monotonicSeconds() - m_start > m_seconds)
        return "time";
    return meminfoBytes(m_sysroot, "MemAvailable") < m_floorBytes ? "memory" : nullptr;
}

PatternRun::Result PatternRun::run(std::uint64_t seed, std::size_t rounds, double seconds, const std::atomic<bool> *stop,
                                   const PatternTamper &tamper)
{
    m_result = {};
    m_start = m_nextLook = monotonicSeconds();
    m_seconds = seconds;
    m_stop = stop;
    m_ended = nullptr;
    for (; m_result.rounds < rounds && !m_ended; ++m_result.rounds) {
        for (const auto &each : patternRound(seed + m_result.rounds)) {
            m_result.seconds += m_team.run([&](std::size_t worker) { sweep(each, worker); });
            if (m_ended)
                break;
            ++m_result.sweeps;
            if (tamper)
                tamper(each, words());
        }
        if (m_ended)
            break;
    }
    m_result.stoppedBy = m_ended ? m_ended.load() : "rounds";
    return m_result;
}

void PatternRun::sweep(const PatternSweep &sweep, std::size_t worker)
{
    const auto all = words();
    const auto pages = all.size() / blockWords;
    const auto first = pages * worker / m_team.size() * blockWords;
    const auto end = pages * (worker + 1) / m_team.size() * blockWords;
    std::uint64_t moved = 0;
    const auto count = (end - first + stretchWords - 1) / stretchWords;
    for (std::size_t stretch = 0; stretch < count && !m_ended.load(std::memory_order_relaxed); ++stretch) {
        const auto at = first + (sweep.downwards ? count - 1 - stretch : stretch) * stretchWords;
        const auto part = all.subspan(at, std::min(stretchWords, end - at));
        for (std::size_t i = 0; i < part.size(); i += blockWords) {
            const auto offset = sweep.downwards ? part.size() - blockWords - i : i;
            const auto block = part.subspan(offset, blockWords);
            if (sweep.check && sweep.check->firstWrong(block, at + offset))
                note(sweep, block, at + offset, m_team.cpu(worker));
            if (sweep.write)
                sweep.write->write(block, at + offset);
        }
        moved += part.size() * 8 * (unsigned(sweep.check.has_value()) + unsigned(sweep.write.has_value()));
        if (stopRequested(m_stop))
            m_ended = "request";
        if (worker != 0 || monotonicSeconds() < m_nextLook) // one of them looks how much memory and time is left
            continue;
        m_nextLook = monotonicSeconds() + lookSeconds;
        if (const auto *reason = reasonToStop())
            m_ended = reason;
    }
    const std::lock_guard lock(m_mutex);
    m_result.bytesMoved += moved;
}

void PatternRun::note(const PatternSweep &sweep, std::span<std::uint64_t> block, std::uint64_t index, int cpu)
{
    const std::lock_guard lock(m_mutex);
    bool any = false;
    for (std::size_t i = 0; i < block.size(); ++i) {
        const auto found = block[i];
        const auto expected = sweep.check->word(index + i);
        if (found == expected)
            continue;
        any = true;
        if (++m_result.wrongWords > mostWrong)
            m_ended = "errors";
        if (m_result.miscompares.size() >= mostKept)
            continue;
        Miscompare wrong;
        wrong.pattern = sweep.check->name();
        wrong.virtualAddress = std::uint64_t(reinterpret_cast<std::uintptr_t>(&block[i]));
        wrong.physicalAddress = physicalAddress(wrong.virtualAddress);
        wrong.offset = (index + i) * 8;
        wrong.expected = expected;
        wrong.found = found;
        wrong.cpu = cpu;
        wrong.numaNode = nodeOf(block.data());
        wrong.nature = examine(&block[i], expected);
        m_result.miscompares.push_back(std::move(wrong));
    }
    if (any)
        return;
    // It was wrong when the page was compared and is right now: nothing more is known of it than the page.
    ++m_result.wrongWords;
    if (m_result.miscompares.size() >= mostKept)
        return;
    Miscompare wrong;
    wrong.pattern = sweep.check->name() + " (a word of this page was read wrongly once)";
    wrong.virtualAddress = std::uint64_t(reinterpret_cast<std::uintptr_t>(block.data()));
    wrong.physicalAddress = physicalAddress(wrong.virtualAddress);
    wrong.offset = index * 8;
    wrong.expected = wrong.found = sweep.check->word(index);
    wrong.cpu = cpu;
    wrong.numaNode = nodeOf(block.data());
    wrong.nature = Miscompare::Nature::Read;
    m_result.miscompares.push_back(std::move(wrong));
}

} // namespace seatrial::engine
