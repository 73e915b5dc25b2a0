// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::engine {

/// One line of /proc/self/mountinfo.
struct Mount {
    std::string device; ///< "259:1"
    std::filesystem::path point;
    std::string type;   ///< "ext4"
    std::string source; ///< "/dev/nvme0n1p1", "server:/export"
    std::string superOptions;
};

std::vector<Mount> parseMounts(const std::string &mountinfo);
/// The mount that @p path lies on, by names alone: nothing is touched, so a dead network file system cannot hold us.
std::optional<Mount> mountOf(const std::vector<Mount> &mounts, const std::filesystem::path &path);

/// What a disk test of a folder would load.
struct DiskTarget {
    std::string refusal; ///< why it must not be tested, as a sentence; empty if it may
    std::string fileSystem;
    std::string device;  ///< the partition or volume: "nvme0n1p1", "dm-0"
    std::string disk;    ///< the whole disk below it, else the volume: "nvme0n1", "md0", "overlay"
    std::string members; ///< "sda,sdb" of a volume over several disks
};

/// @p folder absolute and free of symbolic links.
DiskTarget findDiskTarget(const std::filesystem::path &sysroot, const std::filesystem::path &folder);

} // namespace seatrial::engine
