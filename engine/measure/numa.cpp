// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/numa.h"

#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/syscall.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

namespace fs = std::filesystem;

constexpr int mostNodes = 1024; ///< CONFIG_NODES_SHIFT is 10 at most
constexpr unsigned long bitsPerWord = 8 * sizeof(unsigned long);
constexpr int preferredPolicy = 1; ///< MPOL_PREFERRED of <linux/mempolicy.h>, which not every system has

/// "Node 0 MemFree:   123 kB" or "MemFree:   123 kB" as bytes.
std::uint64_t memoryValue(std::string_view text, std::string_view key)
{
    for (const auto line : split(text, '\n')) {
        const auto parts = words(line);
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
            if (parts[i].size() == key.size() + 1 && parts[i].substr(0, key.size()) == key && parts[i].back() == ':')
                return std::uint64_t(std::max<std::int64_t>(0, parseInteger(parts[i + 1]).value_or(0))) * 1024;
        }
    }
    return 0;
}

NumaNode readNode(const fs::path &folder, int id)
{
    NumaNode node;
    node.id = id;
    node.cpus = parseCpuList(readLine(folder / "cpulist").value_or(""));
    const auto memory = readText(folder / "meminfo").value_or("");
    node.totalBytes = memoryValue(memory, "MemTotal");
    node.freeBytes = memoryValue(memory, "MemFree") + memoryValue(memory, "Inactive(file)");
    return node;
}

NumaNode wholeMachine(const fs::path &sysroot, const std::vector<int> &cpus)
{
    NumaNode node;
    node.cpus = cpus;
    const auto memory = readText(sysroot / "proc/meminfo").value_or("");
    node.totalBytes = memoryValue(memory, "MemTotal");
    node.freeBytes = memoryValue(memory, "MemAvailable");
    return node;
}

bool contains(const std::vector<int> &numbers, int number)
{
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

std::vector<int> common(const std::vector<int> &left, const std::vector<int> &right)
{
    std::vector<int> both;
    std::copy_if(left.begin(), left.end(), std::back_inserter(both), [&](int number) { return contains(right, number); });
    return both;
}

} // namespace

std::vector<NumaNode> readNumaNodes(const fs::path &sysroot, const std::vector<int> &cpus)
{
    const auto folder = sysroot / "sys/devices/system/node";
    std::vector<NumaNode> nodes;
    const auto online = parseCpuList(readLine(folder / "online").value_or(""));
    for (const int id : online) {
        std::error_code ignored;
        if (id < mostNodes && fs::is_directory(folder / ("node" + std::to_string(id)), ignored))
            nodes.push_back(readNode(folder / ("node" + std::to_string(id)), id));
    }
    if (nodes.empty())
        return {wholeMachine(sysroot, cpus)};
    for (auto &node : nodes) {
        const auto line = readLine(folder / ("node" + std::to_string(node.id)) / "distance").value_or("");
        const auto parts = words(line);
        for (std::size_t i = 0; i < std::min(parts.size(), nodes.size()); ++i)
            node.distances[nodes[i].id] = int(parseInteger(parts[i]).value_or(0));
    }
    return nodes;
}

std::vector<int> allowedMemoryNodes(const fs::path &sysroot)
{
    const auto status = readText(sysroot / "proc/self/status").value_or("");
    return parseCpuList(valueOf(status, "Mems_allowed_list"));
}

std::string NumaPair::subject() const
{
    return "numa/cpu" + std::to_string(cpuNode) + "-memory" + std::to_string(memoryNode);
}

NumaPlan planNumaPairs(const std::vector<NumaNode> &nodes, const std::vector<int> &allowedCpus, const std::vector<int> &allowedMemory)
{
    NumaPlan plan;
    for (const auto &node : nodes) {
        if (!node.cpus.empty() && common(node.cpus, allowedCpus).empty())
            plan.refusals.push_back("none of the CPUs of NUMA node " + std::to_string(node.id) + " may be used by this process");
    }
    for (const auto &memory : nodes) {
        if (memory.totalBytes == 0)
            continue;
        if (!allowedMemory.empty() && !contains(allowedMemory, memory.id)) {
            plan.refusals.push_back("the memory of NUMA node " + std::to_string(memory.id) + " is outside the cpuset of this process");
            continue;
        }
        for (const auto &node : nodes) {
            auto cpus = common(node.cpus, allowedCpus);
            if (cpus.empty())
                continue;
            const auto distance = node.distances.find(memory.id);
            plan.pairs.push_back({node.id, memory.id, std::move(cpus), distance == node.distances.end() ? 0 : distance->second});
        }
        const auto first = std::find_if(plan.pairs.begin(), plan.pairs.end(), [&](auto &pair) { return pair.memoryNode == memory.id; });
        std::stable_partition(first, plan.pairs.end(), [](auto &pair) { return pair.local(); });
    }
    return plan;
}

std::string preferNode(void *memory, std::size_t bytes, int node)
{
    if (node < 0 || node >= mostNodes)
        return "there is no NUMA node " + std::to_string(node);
    std::array<unsigned long, mostNodes / bitsPerWord> mask{};
    mask[std::size_t(node) / bitsPerWord] = 1ul << (std::size_t(node) % bitsPerWord);
    // The kernel takes one bit less than it is told.
    if (syscall(SYS_mbind, memory, bytes, preferredPolicy, mask.data(), mostNodes + 1, 0) == 0)
        return {};
    const int why = errno;
    if (why == EINVAL)
        return "the kernel has no NUMA node " + std::to_string(node) + " for this process, or its cpuset forbids it";
    if (why == EPERM)
        return "placing memory (mbind) is forbidden to this process, as containers do by default";
    return std::string("memory cannot be placed (mbind): ") + std::strerror(why);
}

double pagesOnNode(void *memory, std::size_t bytes, int node)
{
    const auto pageBytes = std::size_t(sysconf(_SC_PAGESIZE));
    const auto pages = bytes / pageBytes;
    if (pages == 0)
        return -1;
    const auto looks = std::min<std::size_t>(512, pages);
    std::vector<void *> places(looks);
    std::vector<int> where(looks, -1);
    for (std::size_t i = 0; i < looks; ++i)
        places[i] = static_cast<char *>(memory) + i * pages / looks * pageBytes;
    if (syscall(SYS_move_pages, 0, looks, places.data(), nullptr, where.data(), 0) != 0)
        return -1;
    return double(std::count(where.begin(), where.end(), node)) / double(looks);
}

} // namespace seatrial::engine
