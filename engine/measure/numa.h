// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace seatrial::engine {

/// A NUMA node as the kernel shows it. It may have no CPU (memory behind CXL, memory of a GPU) or no memory.
struct NumaNode {
    int id = 0;
    std::vector<int> cpus;
    std::uint64_t totalBytes = 0;
    std::uint64_t freeBytes = 0;  ///< what can be had without taking anything but page cache of files nobody uses
    std::map<int, int> distances; ///< to each node, 10 is itself; as the firmware claims
};

/// Ascending by id. Where the kernel shows none there is one, node 0, with all @p cpus and the memory of the machine.
std::vector<NumaNode> readNumaNodes(const std::filesystem::path &sysroot, const std::vector<int> &cpus);

/// Nodes whose memory this process may use by its cpuset; empty if that cannot be read, which means: all.
std::vector<int> allowedMemoryNodes(const std::filesystem::path &sysroot);

/// A CPU node and a memory node that are measured together.
struct NumaPair {
    int cpuNode = 0;
    int memoryNode = 0;
    std::vector<int> cpus; ///< of the CPU node, those we may use
    int distance = 0;      ///< 0 if unknown
    bool local() const { return cpuNode == memoryNode; }
    /// "numa/cpu0-memory1"
    std::string subject() const;
};

/// Which pairs can be measured, and one sentence for each node that cannot.
struct NumaPlan {
    std::vector<NumaPair> pairs; ///< all pairs of one memory node stand together, the local one first
    std::vector<std::string> refusals;
};

NumaPlan planNumaPairs(const std::vector<NumaNode> &nodes, const std::vector<int> &allowedCpus, const std::vector<int> &allowedMemory);

/// Wants the pages of @p memory on @p node from now on; they must not have been touched. Never a reason to kill anybody: where the
/// node is full the pages come from elsewhere, so ask pagesOnNode() afterwards. A sentence why not; empty if it was done.
std::string preferNode(void *memory, std::size_t bytes, int node);

/// The share of @p memory (looked at in up to 512 places, all touched) that lies on @p node; below 0 if the kernel does not tell.
double pagesOnNode(void *memory, std::size_t bytes, int node);

} // namespace seatrial::engine
