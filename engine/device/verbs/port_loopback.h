// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/record.h"
#include "engine/device/outcome.h"
#include "engine/device/verbs/rdma_ports.h"
#include "engine/device/verbs/verbs_library.h"
#include "engine/measure/mapped_memory.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::engine::verbs {

/// A port that writes into its own node by RDMA: reliable connections that are connected to themselves, memory of the host
/// that the adapter may reach, nothing that waits without a deadline of its own.
class PortLoopback
{
public:
    struct Terms {
        std::filesystem::path sysroot = "/";
        double idleSeconds = 10; ///< so long without a completion: it hangs
    };

    static Outcome<std::unique_ptr<PortLoopback>> open(const Library &library, const Port &port, Terms terms);
    ~PortLoopback();
    PortLoopback(const PortLoopback &) = delete;
    PortLoopback &operator=(const PortLoopback &) = delete;

    /// Memory for messages of that size is there afterwards.
    Outcome<Done> makeRoom(std::uint64_t bytes);
    /// @p times messages, several on their way at once; seconds of all. What arrived is compared with what was sent.
    Outcome<double> write(std::uint64_t bytes, int times);
    /// Seconds of one write of eight bytes from posting to its completion, the mean of @p times one after the other.
    Outcome<double> latency(int times);
    /// How it is done: "mtu", "gid", "queue_pairs" and others, for records.
    protocol::Parameters details() const;

private:
    static constexpr int queuePairs = 4; ///< one alone does not fill every port of 400 Gbit/s
    static constexpr int depth = 64;     ///< messages on their way, all pairs together
    static constexpr int smallBytes = 8;

    PortLoopback(const Library &library, const Port &port, Terms terms);
    Outcome<Done> openDevice();
    Outcome<Done> lookAtPort();
    Outcome<Done> makeQueues();
    Outcome<Done> connect(QueuePair *pair);
    /// What this process may lock; the soft limit is raised to the hard one. Nothing: as much as it likes.
    static std::optional<std::uint64_t> lockableBytes();
    Outcome<Done> registerMemory(std::uint64_t bytes, int slots);
    void releaseMemory();
    DeviceProblem memoryRefused(std::uint64_t bytes, int error) const;

    std::byte *slot(int number, bool arrived) const;
    void fill(int slots);
    Outcome<Done> compare(int slots) const;
    Outcome<Done> post(int pair, Piece piece, std::byte *to, std::uint64_t id, bool isInline);
    Outcome<int> poll(Completion *completions, int most, double &lastMove);
    DeviceProblem completionFailed(const Completion &completion);
    DeviceProblem broken(DeviceProblem problem);
    DeviceProblem refused(const std::string &what, int error, DeviceTrouble usual = DeviceTrouble::Unclear) const;
    std::string name() const { return m_port.name(); }

    Library m_library;
    Port m_port;
    Terms m_terms;
    std::optional<DeviceProblem> m_broken; ///< queues that failed once do nothing more
    PortAttributes m_attributes{};
    std::optional<Gid> m_gid;
    Context *m_context = nullptr;
    Domain *m_domain = nullptr;
    CompletionQueue *m_queue = nullptr;
    std::vector<QueuePair *> m_pairs;
    std::unique_ptr<MappedMemory> m_memory;
    Region *m_region = nullptr;
    std::uint64_t m_roomBytes = 0;    ///< of memory that the adapter may reach
    std::uint64_t m_messageBytes = 0; ///< room of each slot
    int m_slots = 0;                  ///< messages on their way at most; each has its own place here and there
    std::uint64_t m_done = 0;         ///< writes that were completed, ever
    bool m_relaxed = false;
    bool m_inline = true;
};

} // namespace seatrial::engine::verbs
