// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace seatrial::engine {

/// Where an administrator may keep a copy of the engine that nobody but root can change, for `sudo` (docs/remote.md). Under
/// this name the program can do nothing but readPrivileged().
inline constexpr const char *kPrivilegedHelper = "/usr/local/libexec/seatrial-read";
inline constexpr const char *kPrivilegedMode = "read-privileged";
inline constexpr std::string_view kPrivilegedFileCode = "privileged.file"; ///< a piece of a file: subject its name, text the bytes in hexadecimal
inline constexpr std::string_view kPrivilegedEndCode = "privileged.end";   ///< the last line of an answer that is whole
inline constexpr std::size_t kPrivilegedBytes = 6 << 20; ///< of all files together

/// What `seatrial-engine read-privileged` does, as root or not: writes those of a fixed list of files below @p root that are
/// not for everybody, as lines of records, to @p fd: the kernel log, the firmware's tables of parts (SMBIOS), serial numbers,
/// counters of memory and PCIe errors. Reads nothing else, takes no word of whoever calls it, writes no file, loads nothing,
/// and ends within seconds. False if @p fd cannot be written.
bool readPrivileged(const std::filesystem::path &root, int fd);

/// Whether this very program lies under the name of the helper.
bool isPrivilegedHelper();

} // namespace seatrial::engine
