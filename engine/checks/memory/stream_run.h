// SPDX-License-Identifier: Apache-2.0
#pragma once

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

/// Memory of a process's own, whole huge pages where the kernel grants them, not touched yet.
class MappedArray
{
public:
    explicit MappedArray(std::size_t count); ///< throws std::bad_alloc
    ~MappedArray();
    MappedArray(const MappedArray &) = delete;
    MappedArray &operator=(const MappedArray &) = delete;

    double *data() const { return m_data; }
    std::size_t count() const { return m_count; }

private:
    double *m_data = nullptr;
    std::size_t m_count = 0;
    std::size_t m_bytes = 0;
};

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

    StreamRun(Team &team, const StreamKernels &kernels, std::size_t count);

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
    double *target(const Loop &loop);
    void work(const Loop &loop, std::size_t worker);

    Team &m_team;
    const StreamKernels &m_kernels;
    MappedArray m_a, m_b, m_c;
    std::vector<Slice> m_slices;
    std::vector<double> m_sums;         ///< by worker, of the last read
    std::vector<double> m_expectedSums; ///< by worker
};

} // namespace seatrial::engine
