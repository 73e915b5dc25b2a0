// SPDX-License-Identifier: Apache-2.0
#include "engine/device/verbs/port_loopback.h"

#include "engine/measure/clock.h"
#include "engine/measure/random_seed.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>

#include <sys/resource.h>

namespace seatrial::engine::verbs {

namespace {

constexpr std::uint64_t inFlightBytes = 16 << 20; ///< more adds nothing, but memory that has to be locked
constexpr double arrivalSeconds = 0.1;            ///< what is acknowledged may still be on its way to memory for a moment

std::uint64_t mixed(std::uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
    return value ^ (value >> 31);
}

std::string sizeText(std::uint64_t bytes)
{
    return bytes >= 1 << 20 ? std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB" : std::to_string(bytes >> 10) + " KiB";
}

} // namespace

std::optional<std::uint64_t> PortLoopback::lockableBytes()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        return std::nullopt;
    if (limit.rlim_cur < limit.rlim_max) {
        rlimit raised = limit;
        raised.rlim_cur = limit.rlim_max;
        if (::setrlimit(RLIMIT_MEMLOCK, &raised) == 0)
            limit = raised;
    }
    return limit.rlim_cur == RLIM_INFINITY ? std::nullopt : std::optional<std::uint64_t>(limit.rlim_cur);
}

Outcome<Done> PortLoopback::makeRoom(std::uint64_t bytes)
{
    if (bytes == 0 || bytes > m_attributes.maxMessageBytes)
        return DeviceProblem{DeviceTrouble::NotSupported, "port " + name() + " takes messages of at most " + sizeText(m_attributes.maxMessageBytes)};
    const int slots = int(std::clamp<std::uint64_t>(inFlightBytes / bytes, 1, depth));
    if (m_region && 2 * bytes * std::uint64_t(slots) <= m_roomBytes) {
        m_messageBytes = bytes;
        m_slots = slots;
        return Done{};
    }
    const auto done = registerMemory(bytes, slots);
    if (done.ok() || done.problem().trouble != DeviceTrouble::NotPermitted)
        return done;
    // Where little may be locked, less is on its way. The queues have taken a part of it already.
    const auto lockable = lockableBytes();
    const std::uint64_t fewer = lockable ? *lockable / 4 * 3 / (2 * bytes) : 0;
    return fewer > 0 && fewer < std::uint64_t(slots) ? registerMemory(bytes, int(fewer)) : done;
}

Outcome<Done> PortLoopback::registerMemory(std::uint64_t bytes, int slots)
{
    releaseMemory();
    const std::uint64_t all = 2 * bytes * std::uint64_t(slots);
    try {
        m_memory = std::make_unique<MappedMemory>(all);
    } catch (const std::bad_alloc &) {
        return DeviceProblem{DeviceTrouble::OutOfMemory, sizeText(all) + " for the messages of " + name() + " cannot be had"};
    }
    std::memset(m_memory->data(), 0, all);
    const Api &api = m_library.api;
    constexpr unsigned access = accessLocalWrite | accessRemoteWrite;
    if (api.registerMemoryAt) // relaxed ordering is what some hosts need for the full rate; who does not know it leaves it out
        m_region = api.registerMemoryAt(m_domain, m_memory->data(), all, reinterpret_cast<std::uintptr_t>(m_memory->data()),
                                        access | accessRelaxedOrdering);
    m_relaxed = m_region != nullptr;
    errno = 0;
    if (!m_region)
        m_region = api.registerMemory(m_domain, m_memory->data(), all, int(access));
    if (!m_region)
        return memoryRefused(all, errno);
    m_roomBytes = all;
    m_messageBytes = bytes;
    m_slots = slots;
    return Done{};
}

void PortLoopback::releaseMemory()
{
    if (m_region)
        m_library.api.releaseMemory(m_region);
    m_region = nullptr;
    m_roomBytes = 0;
    m_memory.reset();
}

DeviceProblem PortLoopback::memoryRefused(std::uint64_t bytes, int error) const
{
    const auto lockable = lockableBytes();
    const std::string what = bytes > 0 ? sizeText(bytes) + " of memory" : std::string("the memory of its queues");
    if (lockable && (error == ENOMEM || error == EAGAIN || error == EPERM))
        return {DeviceTrouble::NotPermitted,
                "the kernel does not lock " + what + " for the adapter (" + errnoText(error) + "): this login may lock " + sizeText(*lockable) +
                    " (ulimit -l). Allow more on the node, by \"* - memlock unlimited\" in a file of " +
                    "/etc/security/limits.d and LimitMEMLOCK=infinity for sshd, and log in anew"};
    return refused(what + " cannot be registered with " + name(), error, error == ENOMEM ? DeviceTrouble::OutOfMemory : DeviceTrouble::Unclear);
}

std::byte *PortLoopback::slot(int number, bool arrived) const
{
    return m_memory->data() + m_messageBytes * std::uint64_t(number + (arrived ? m_slots : 0));
}

/// New data in what is sent, and nothing of it where it shall arrive.
void PortLoopback::fill(int slots)
{
    std::uint64_t seed = randomSeed();
    for (int number = 0; number < slots; ++number) {
        std::byte *const from = slot(number, false), *const to = slot(number, true);
        seed = mixed(seed + 0x9e3779b97f4a7c15ull);
        for (std::uint64_t at = 0; at < m_messageBytes; at += 8) {
            const std::uint64_t word = (seed + at) * 0xd6e8feb86659fd93ull, other = ~word;
            const std::size_t length = std::size_t(std::min<std::uint64_t>(8, m_messageBytes - at));
            std::memcpy(from + at, &word, length);
            std::memcpy(to + at, &other, length);
        }
    }
}

Outcome<Done> PortLoopback::compare(int slots) const
{
    const auto deadline = Deadline::after(arrivalSeconds);
    for (int number = 0; number < slots; ++number) {
        const std::byte *const sent = slot(number, false), *const found = slot(number, true);
        while (std::memcmp(sent, found, m_messageBytes) != 0) {
            if (!deadline.passed()) {
                sleepUnlessStopped(0.001, nullptr);
                continue;
            }
            const auto differs = std::uint64_t(std::mismatch(sent, sent + m_messageBytes, found).first - sent);
            std::uint64_t wrong = 0;
            for (std::uint64_t at = differs; at < m_messageBytes; ++at)
                wrong += sent[at] != found[at];
            const auto byteText = [](std::byte byte) { return "0x" + hexText(std::uint64_t(byte)).substr(14); };
            return DeviceProblem{DeviceTrouble::Broken,
                                 std::to_string(wrong) + " of " + std::to_string(m_messageBytes) + " bytes that " + name() +
                                     " wrote are wrong, though it said that all arrived: the first at offset " + std::to_string(differs) + ", sent " +
                                     byteText(sent[differs]) + ", found " + byteText(found[differs])};
        }
    }
    return Done{};
}

Outcome<Done> PortLoopback::post(int pair, Piece piece, std::byte *to, std::uint64_t id, bool isInline)
{
    SendWork work{};
    work.id = id;
    work.pieces = &piece;
    work.pieceCount = 1;
    work.operation = workRdmaWrite;
    work.flags = isInline ? sendSignaled | sendInline : unsigned(sendSignaled);
    work.remoteAddress = reinterpret_cast<std::uintptr_t>(to);
    work.remoteKey = m_region->remoteKey;
    SendWork *refusedWork = nullptr;
    if (const int error = m_context->postSend(m_pairs[std::size_t(pair)], &work, &refusedWork); error != 0)
        return broken(refused(name() + " does not take a write", error));
    return Done{};
}

/// How many were completed; none is no failure until it has lasted.
Outcome<int> PortLoopback::poll(Completion *completions, int most, double &lastMove)
{
    const int count = m_context->poll(m_queue, most, completions);
    if (count < 0)
        return broken({DeviceTrouble::Broken, "the completions of " + name() + " cannot be read: its driver says " + std::to_string(count)});
    for (int i = 0; i < count; ++i) {
        if (completions[i].status != completionSuccess)
            return broken(completionFailed(completions[i]));
        ++m_done;
    }
    const double now = monotonicSeconds();
    if (count > 0)
        lastMove = now;
    else if (now - lastMove > m_terms.idleSeconds)
        return broken({DeviceTrouble::Broken,
                       "no write of " + name() + " was completed for " + numberText(m_terms.idleSeconds) + " s, nor did it report an error; " +
                           std::to_string(m_done) + " were before"});
    return count;
}

Outcome<double> PortLoopback::write(std::uint64_t bytes, int times)
{
    if (m_broken)
        return *m_broken;
    if (bytes != m_messageBytes || !m_region) {
        if (const auto room = makeRoom(bytes); !room.ok())
            return room.problem();
    }
    const int slots = std::min(m_slots, std::max(times, 1));
    fill(slots);
    std::vector<bool> onTheWay(std::size_t(slots), false);
    std::array<Completion, 16> completions;
    const double began = monotonicSeconds();
    double lastMove = began;
    int posted = 0;
    for (int completed = 0; completed < times;) {
        for (int at = posted % slots; posted < times && !onTheWay[std::size_t(at)]; at = ++posted % slots) {
            const Piece piece{reinterpret_cast<std::uintptr_t>(slot(at, false)), std::uint32_t(bytes), m_region->localKey};
            if (const auto done = post(at % queuePairs, piece, slot(at, true), std::uint64_t(at), false); !done.ok())
                return done.problem();
            onTheWay[std::size_t(at)] = true;
        }
        const auto count = poll(completions.data(), int(completions.size()), lastMove);
        if (!count.ok())
            return count.problem();
        for (int i = 0; i < *count; ++i)
            onTheWay[std::size_t(completions[std::size_t(i)].id % std::uint64_t(slots))] = false;
        completed += *count;
    }
    const double seconds = monotonicSeconds() - began;
    if (const auto same = compare(slots); !same.ok())
        return broken(same.problem());
    return seconds;
}

Outcome<double> PortLoopback::latency(int times)
{
    if (m_broken)
        return *m_broken;
    if (!m_region || m_messageBytes < smallBytes) {
        if (const auto room = makeRoom(4096); !room.ok())
            return room.problem();
    }
    std::byte *const from = slot(0, false), *const to = slot(0, true);
    const Piece piece{reinterpret_cast<std::uintptr_t>(from), smallBytes, m_region->localKey};
    std::uint64_t stamp = randomSeed();
    Completion completion{};
    double seconds = 0;
    for (int i = 0; i < times; ++i) {
        ++stamp;
        std::memcpy(from, &stamp, smallBytes);
        const double began = monotonicSeconds();
        double lastMove = began;
        if (const auto done = post(0, piece, to, 0, m_inline); !done.ok())
            return done.problem();
        for (int count = 0; count == 0;) {
            const auto got = poll(&completion, 1, lastMove);
            if (!got.ok())
                return got.problem();
            count = *got;
        }
        seconds += monotonicSeconds() - began;
        const auto deadline = Deadline::after(arrivalSeconds);
        while (std::memcmp(from, to, smallBytes) != 0) {
            if (deadline.passed())
                return broken({DeviceTrouble::Broken,
                               "a small write of " + name() + " was completed, and other bytes were found than were sent (write " +
                                   std::to_string(i + 1) + ')'});
            std::atomic_signal_fence(std::memory_order_seq_cst);
        }
    }
    return seconds / std::max(times, 1);
}

/// What the library calls it, what the adapter adds, and whether the port is still up.
DeviceProblem PortLoopback::completionFailed(const Completion &completion)
{
    const char *const text = m_library.api.statusText ? m_library.api.statusText(completion.status) : nullptr;
    std::string said = "a write of " + name() + " to itself ended with \"" + printable(text ? text : "status") + "\" (" +
        std::to_string(completion.status) + ", vendor error 0x" + hexText(completion.vendorError).substr(8) + ") after " + std::to_string(m_done) +
        " that went well";
    PortAttributes now{};
    const bool asked = m_library.api.queryPort(m_context, std::uint8_t(m_port.number), &now) == 0;
    if (asked && now.state != portActive && now.state != portActiveDefer)
        return {DeviceTrouble::Broken,
                said + "; its port is no longer active (state " + std::to_string(now.state) + "): look at cable, transceiver and switch port"};
    if (m_done > 0)
        return {DeviceTrouble::Broken, said};
    // Nothing ever came back: what the port may do to itself can be forbidden, or its address may be of another network.
    if (completion.status == completionRetryExceeded)
        said += ": nothing came back from it. Either the port is ill, or loopback is switched off";
    if (completion.status == completionRetryExceeded && m_gid)
        said += ", or GID " + std::to_string(m_gid->index) + " (" + m_gid->text + ") is not of this network";
    return {DeviceTrouble::Unclear, said};
}

DeviceProblem PortLoopback::broken(DeviceProblem problem)
{
    m_broken = problem;
    return problem;
}

} // namespace seatrial::engine::verbs
