// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/measure/mapped_memory.h"
#include "engine/measure/numa.h"
#include "engine/measure/stopping_rule.h"
#include "engine/measure/stream_kernels.h"
#include "engine/measure/team.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::engine {

/// The five loops over three arrays a, b, c that a team of threads shares.
///
/// Element i of a starts as a small integer; scale factor 3. Every later value is an integer multiple of it below 2^53,
/// so each loop has one exact result: copy c = a, scale b = 3a, add c = 4a, triad a' = b + 3c = 15a, read: the sum.
class StreamRun
{
public:
    struct Loop {
        std::string_view name;
        unsigned arraysMoved; ///< by STREAM's counting
        double multiple;      ///< of the starting value in the array written
    };
    static const std::vector<Loop> &loops();

    struct Result {
        Samples gigabytesPerSecond;
        std::size_t disturbed = 0; ///< repetitions left out because a thread lost its CPU to others
        double leastShare = 1;     ///< of the CPU, in the repetitions that count
        std::string_view stoppedBy;
    };

    /// The arrays lie where the team touches them first, or on @p memoryNode.
    /// With @p stop set they are not filled to the end: there is nothing to measure then.
    StreamRun(Team &team, const StreamKernels &kernels, std::size_t count, std::optional<int> memoryNode = {}, const std::atomic<bool> *stop = nullptr);

    /// Why the arrays could not be placed on the node asked for; empty if they could.
    const std::string &placing() const { return m_a.placing(); }
    /// The share of the arrays that lies on @p node; below 0 if the kernel does not tell.
    double shareOnNode(int node) const { return pagesOnNode(m_a.data(), m_a.bytes(), node); }

    /// Repeats one loop; in the order of loops() only, because each reads what the one before wrote.
    Result measure(const Loop &loop, const StoppingRule &rule, const std::atomic<bool> *stop);
    /// The array @p loop wrote; empty for read.
    std::span<double> written(const Loop &loop);
    /// A sentence naming the first wrong element of what @p loop wrote; empty if there is none.
    std::string verify(const Loop &loop);

private:
    struct Slice {
        std::size_t first = 0;
        std::size_t count = 0;
    };
    static double *numbers(const MappedMemory &array) { return reinterpret_cast<double *>(array.data()); }
    double *target(const Loop &loop) const;
    void work(const Loop &loop, std::size_t worker);

    Team &m_team;
    const StreamKernels &m_kernels;
    std::size_t m_count;
    MappedMemory m_a, m_b, m_c;
    std::vector<Slice> m_slices;
    std::vector<double> m_sums;         ///< by worker, of the last read
    std::vector<double> m_expectedSums; ///< by worker
};

} // namespace seatrial::engine
