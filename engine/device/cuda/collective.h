// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/cuda/cuda_memory.h"
#include "engine/device/cuda/nccl_api.h"
#include "engine/measure/clock.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace seatrial::engine::cuda {

struct CollectiveOptions {
    double connectSeconds = 90;     ///< for the ranks to find each other
    double idleSeconds = 30;        ///< for a series of all-reduces, beside what slowest allows them
    double slowestBytesPerSecond = 0.5e9;
    /// Told whenever rank @p rank begins the all-reduce number @p entered, counted from 1.
    std::function<void(std::size_t rank, std::uint64_t entered)> progress = [](std::size_t, std::uint64_t) {};
};

/// All-reduces over GPUs of this node by NCCL, as found on the node: all ranks in this process, nothing that waits without
/// a deadline of its own.
class Collective
{
public:
    static Outcome<std::unique_ptr<Collective>> open(std::vector<std::shared_ptr<Gpu>> gpus, CollectiveOptions options);
    ~Collective();
    Collective(const Collective &) = delete;
    Collective &operator=(const Collective &) = delete;

    /// The median of the seconds of each; each is that of its slowest rank. Every sum is compared with what it must be.
    Outcome<double> allReduce(std::uint64_t bytes, int times);
    /// After a failure nothing can be done with it.
    bool broken() const { return m_broken; }
    bool isOf(const std::vector<int> &gpus) const;
    /// "NCCL 2.28.9 (libnccl.so.2)"
    const std::string &version() const { return m_version; }

private:
    struct Rank;

    Collective(std::vector<std::shared_ptr<Gpu>> gpus, CollectiveOptions options);
    Trouble loadLibrary();
    Trouble connect();
    Trouble takeMemory(std::uint64_t bytes);
    Trouble enqueue(std::uint64_t count, int times);
    Trouble reduceOnce(std::uint64_t count);
    Trouble mark(std::size_t event);
    Trouble awaitAll(const Deadline &deadline, std::size_t events);
    Trouble settle(const Deadline &deadline, const std::string &stage);
    Outcome<double> median(int times) const;
    Trouble compare(std::uint64_t count);
    Trouble failed(NcclResult result, const std::string &stage);
    DeviceProblem problem(DeviceTrouble trouble, const std::string &text) const;
    void abandon();

    CollectiveOptions m_options;
    NcclApi m_api;
    std::string m_version;
    std::vector<Rank> m_ranks;
    bool m_broken = false;
};

} // namespace seatrial::engine::cuda
