// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/cpus.h"

#include "engine/measure/text.h"

#include <algorithm>
#include <map>
#include <string>

#include <sched.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

/// More than any kernel is configured for; the static cpu_set_t ends at 1024.
constexpr int mostCpus = 16384;

class CpuMask
{
public:
    CpuMask() : m_set(CPU_ALLOC(mostCpus)) { CPU_ZERO_S(bytes(), m_set); }
    ~CpuMask() { CPU_FREE(m_set); }
    CpuMask(const CpuMask &) = delete;
    CpuMask &operator=(const CpuMask &) = delete;

    cpu_set_t *get() { return m_set; }
    static std::size_t bytes() { return CPU_ALLOC_SIZE(mostCpus); }
    void add(int cpu) { CPU_SET_S(cpu, bytes(), m_set); }
    bool has(int cpu) const { return CPU_ISSET_S(cpu, bytes(), m_set); }

private:
    cpu_set_t *m_set;
};

/// "32768K", "260M" or plain bytes.
std::uint64_t cacheBytes(std::string_view text)
{
    std::uint64_t factor = 1;
    if (!text.empty() && text.back() == 'K')
        factor = 1024;
    else if (!text.empty() && text.back() == 'M')
        factor = 1024 * 1024;
    if (factor > 1)
        text.remove_suffix(1);
    return std::uint64_t(std::max<std::int64_t>(0, parseInteger(text).value_or(0))) * factor;
}

} // namespace

std::vector<int> allowedCpus()
{
    CpuMask mask;
    std::vector<int> cpus;
    if (sched_getaffinity(0, CpuMask::bytes(), mask.get()) == 0) {
        for (int cpu = 0; cpu < mostCpus; ++cpu) {
            if (mask.has(cpu))
                cpus.push_back(cpu);
        }
    }
    if (cpus.empty())
        cpus.push_back(0);
    return cpus;
}

std::vector<int> cpusWithinQuota(std::vector<int> cpus, std::optional<double> quota)
{
    if (quota && *quota < double(cpus.size()))
        cpus.resize(std::max<std::size_t>(1, std::size_t(*quota)));
    return cpus;
}

bool pinThisThread(int cpu)
{
    if (cpu < 0 || cpu >= mostCpus)
        return false;
    CpuMask mask;
    mask.add(cpu);
    return sched_setaffinity(0, CpuMask::bytes(), mask.get()) == 0;
}

std::uint64_t lastLevelCacheBytes(const std::filesystem::path &sysroot, const std::vector<int> &cpus)
{
    std::map<std::string, std::uint64_t> instances; // CPUs that share it → bytes
    std::int64_t lastLevel = 0;
    for (const int cpu : cpus) {
        const auto cache = sysroot / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu)) / "cache";
        for (int index = 0; index < 8; ++index) {
            const auto folder = cache / ("index" + std::to_string(index));
            const auto level = readInteger(folder / "level");
            if (!level || readLine(folder / "type") == "Instruction" || *level < lastLevel)
                continue;
            if (*level > lastLevel)
                instances.clear();
            lastLevel = *level;
            const auto sharedBy = readLine(folder / "shared_cpu_list").value_or(std::to_string(cpu));
            instances[sharedBy] = cacheBytes(readLine(folder / "size").value_or("0"));
        }
    }
    std::uint64_t total = 0;
    for (const auto &[sharedBy, bytes] : instances)
        total += bytes;
    return total;
}

std::map<int, std::uint64_t> cacheSizes(const std::filesystem::path &sysroot, int cpu)
{
    std::map<int, std::uint64_t> sizes;
    const auto cache = sysroot / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu)) / "cache";
    for (int index = 0; index < 8; ++index) {
        const auto folder = cache / ("index" + std::to_string(index));
        const auto level = readInteger(folder / "level");
        if (!level || *level < 1 || *level > 9 || readLine(folder / "type") == "Instruction")
            continue;
        if (const auto bytes = cacheBytes(readLine(folder / "size").value_or("0")); bytes > 0)
            sizes[int(*level)] = bytes;
    }
    return sizes;
}

} // namespace seatrial::engine
