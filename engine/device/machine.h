// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/device/device.h"
#include "engine/device/management.h"

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace seatrial::engine {

/// A network adapter for traffic between GPUs (an InfiniBand or RoCE port), as a test of it alone needs it.
struct RailFacts {
    std::string name;              ///< "mlx5_0", as below /sys/class/infiniband; "mlx5_0/2" where an adapter has several ports
    bool active = false;           ///< its port is up
    double gigabitsPerSecond = 0;  ///< as the link came up; 0: not known
    int numaNode = -1;
    std::string down;              ///< why it is not active, to follow "port mlx5_0: "
};

/// Adapters that are tested against themselves: what a port sends goes out of its send queue and into its own receive queue.
class Rails
{
public:
    virtual ~Rails() = default;
    /// NotPresent: no adapter of that kind is in this node. NotPermitted: there are some, and nothing can give them work.
    virtual Outcome<std::vector<RailFacts>> list() = 0;
    /// Makes everything ready for messages of up to @p bytes.
    virtual Outcome<Done> prepare(const std::string &name, std::uint64_t bytes) = 0;
    /// Writes @p bytes to itself by RDMA, @p times over and several at once; seconds of all. What arrived is compared.
    virtual Outcome<double> loopback(const std::string &name, std::uint64_t bytes, int times) = 0;
    /// Seconds until a write of a few bytes is completed, the mean of @p times one after the other.
    virtual Outcome<double> latency(const std::string &name, int times) = 0;
    /// How that was done, for records: "mtu", "gid" and others.
    virtual protocol::Parameters details(const std::string &) const { return {}; }
};

/// How far one rank of a collective has come.
struct RankProgress {
    int gpu = 0;
    std::uint64_t entered = 0; ///< collectives that it began; whoever is behind is the one the others wait for
};

/// The accelerators of a node and the time they live in: real ones (CUDA, NVML) or simulated ones. What a check does is
/// the same on both, so everything but the physics is tested without a GPU.
class Machine
{
public:
    virtual ~Machine() = default;

    virtual bool simulated() const = 0;
    /// How figures of it come about, for the provenance of each: driver and runtime versions, or profile and seed.
    virtual std::string provenance() const = 0;
    /// Where /proc and /sys of it are read. A simulated machine has a tree of its own.
    virtual std::filesystem::path sysroot() const = 0;

    virtual Management &management() = 0;
    /// Makes a GPU ready for work in this process (which must not fork afterwards).
    virtual Outcome<std::unique_ptr<Device>> open(int gpu) = 0;
    /// All-reduce (sum, float) over these GPUs by the collective library, @p times over: the median of the seconds each took.
    virtual Outcome<double> allReduce(const std::vector<int> &gpus, std::uint64_t bytes, int times) = 0;
    /// The ranks of the collective in work, or of the last one, also where another process of the step began it; empty: not known.
    virtual std::vector<RankProgress> ranks() const { return {}; }
    /// The adapters between nodes; nullptr where this engine has no way to give them work.
    virtual Rails *rails() { return nullptr; }

    /// Seconds; monotonic. All budgets and windows of GPU checks are measured by it: simulated time runs as fast as its profile says.
    virtual double now() const = 0;
    /// Sleeps, but not longer than until @p stop is set.
    virtual void sleep(double seconds, const std::atomic<bool> *stop) = 0;
};

} // namespace seatrial::engine
