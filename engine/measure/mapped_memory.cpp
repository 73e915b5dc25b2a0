// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/mapped_memory.h"

#include "engine/measure/numa.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <new>

#include <sys/mman.h>

namespace seatrial::engine {

namespace {

constexpr std::size_t hugePage = 2 << 20;

} // namespace

MappedMemory::MappedMemory(std::size_t bytes, std::optional<int> numaNode) : m_bytes(bytes), m_mappingBytes(bytes + 2 * hugePage)
{
    void *memory = mmap(nullptr, m_mappingBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        throw std::bad_alloc();
    m_mapping = static_cast<std::byte *>(memory);
    m_data = m_mapping + (hugePage - reinterpret_cast<std::uintptr_t>(m_mapping) % hugePage) % hugePage;
    madvise(memory, m_mappingBytes, MADV_HUGEPAGE); // a wish; which pages we got is read afterwards
    if (numaNode)
        m_placing = preferNode(memory, m_mappingBytes, *numaNode);
}

MappedMemory::~MappedMemory()
{
    munmap(m_mapping, m_mappingBytes);
}

std::string pagesInUse(const std::filesystem::path &sysroot, std::uint64_t bytes)
{
    const auto rollup = readText(sysroot / "proc/self/smaps_rollup").value_or("");
    const auto huge = words(valueOf(rollup, "AnonHugePages"));
    if (huge.empty())
        return "unknown";
    const auto hugeBytes = std::uint64_t(parseInteger(huge[0]).value_or(0)) * 1024;
    if (hugeBytes == 0)
        return "base";
    return hugeBytes >= bytes / 10 * 9 ? "huge" : "mixed";
}

std::uint64_t meminfoBytes(const std::filesystem::path &sysroot, std::string_view key)
{
    const auto text = readText(sysroot / "proc/meminfo").value_or("");
    const auto parts = words(valueOf(text, key));
    return parts.empty() ? 0 : std::uint64_t(std::max<std::int64_t>(0, parseInteger(parts[0]).value_or(0))) * 1024;
}

} // namespace seatrial::engine
