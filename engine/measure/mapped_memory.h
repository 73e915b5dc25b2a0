// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace seatrial::engine {

/// Memory of a process's own, huge pages where the kernel grants them, not touched yet.
class MappedMemory
{
public:
    explicit MappedMemory(std::size_t bytes, std::optional<int> numaNode = {}); ///< throws std::bad_alloc
    ~MappedMemory();
    MappedMemory(const MappedMemory &) = delete;
    MappedMemory &operator=(const MappedMemory &) = delete;

    std::byte *data() const { return m_data; }
    std::size_t bytes() const { return m_bytes; }
    /// Why it is not bound to the node asked for, as a sentence; empty if it is, or none was.
    const std::string &placing() const { return m_placing; }

private:
    std::byte *m_data = nullptr; ///< at the start of a huge page
    std::size_t m_bytes = 0;
    std::byte *m_mapping = nullptr;
    std::size_t m_mappingBytes = 0;
    std::string m_placing;
};

/// What pages the process lives on by now, of @p bytes that it touched: "huge", "mixed", "base", "unknown".
std::string pagesInUse(const std::filesystem::path &sysroot, std::uint64_t bytes);

/// A value of /proc/meminfo in bytes; 0 if it cannot be read.
std::uint64_t meminfoBytes(const std::filesystem::path &sysroot, std::string_view key);

} // namespace seatrial::engine
