// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/disk/mounts.h"

#include "engine/measure/text.h"

#include <algorithm>
#include <array>

namespace seatrial::engine {

namespace {

namespace fs = std::filesystem;

/// Known to be local. All others are refused: a new network file system is not in any list of ours.
constexpr std::array<std::string_view, 17> localTypes{"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "jfs", "reiserfs", "zfs",
                                                      "bcachefs", "nilfs2", "vfat", "exfat", "ntfs3", "fuseblk", "overlay", "hfsplus"};
constexpr std::array<std::string_view, 3> memoryTypes{"tmpfs", "ramfs", "devtmpfs"};

/// Block devices whose blocks are elsewhere, or in memory.
constexpr std::array<std::string_view, 3> networkDevices{"nbd", "rbd", "drbd"};
constexpr std::array<std::string_view, 2> memoryDevices{"zram", "ram"};

template<std::size_t N>
bool contains(const std::array<std::string_view, N> &list, std::string_view word)
{
    return std::find(list.begin(), list.end(), word) != list.end();
}

/// A prefix followed by a number: "ram0", not "ramdisk".
template<std::size_t N>
bool isNumbered(const std::array<std::string_view, N> &prefixes, std::string_view name)
{
    return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
        return name.starts_with(prefix) && name.size() > prefix.size() && name[prefix.size()] >= '0' && name[prefix.size()] <= '9';
    });
}

/// mountinfo writes blanks and backslashes as \040.
std::string unescaped(std::string_view text)
{
    std::string plain;
    const auto octal = [](char c) { return c >= '0' && c <= '7'; };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size() && octal(text[i + 1]) && octal(text[i + 2]) && octal(text[i + 3])) {
            plain += char((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

bool liesBelow(const fs::path &path, const fs::path &point)
{
    return std::mismatch(point.begin(), point.end(), path.begin(), path.end()).first == point.end();
}

std::vector<std::string> entries(const fs::path &folder)
{
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        names.push_back(entry->path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

/// "259:1" → "nvme0n1p1", and the disk it is a part of.
void resolveDevice(DiskTarget &target, const fs::path &sysroot, const Mount &mount)
{
    std::error_code error;
    auto folder = fs::canonical(sysroot / "sys/dev/block" / mount.device, error);
    if (error && mount.source.starts_with("/dev/")) // btrfs and overlay number their mounts themselves
        folder = fs::canonical(sysroot / "sys/class/block" / fs::path(mount.source).filename(), error);
    if (error)
        return;
    target.device = folder.filename().string();
    if (fs::exists(folder / "partition", error))
        folder = folder.parent_path();
    for (int depth = 0; depth < 8; ++depth) { // dm over md over disks …
        const auto below = entries(folder / "slaves");
        if (below.size() != 1) {
            for (const auto &member : below)
                target.members += (target.members.empty() ? "" : ",") + printable(member);
            break;
        }
        folder = fs::canonical(folder / "slaves" / below.front(), error);
        if (error)
            return;
        if (fs::exists(folder / "partition", error))
            folder = folder.parent_path();
    }
    target.disk = folder.filename().string();
}

/// Where the layers of an overlay that are written to lie.
fs::path upperFolder(const Mount &overlay)
{
    for (const auto option : split(overlay.superOptions, ',')) {
        if (option.starts_with("upperdir="))
            return option.substr(9);
    }
    return {};
}

std::string refusalOfType(const std::string &type)
{
    if (contains(localTypes, type))
        return {};
    const bool memory = contains(memoryTypes, type);
    return "the work folder is on " + printable(type) + (memory ? ", which is memory and no disk" : ", which is not known to be a local disk file system");
}

} // namespace

std::vector<Mount> parseMounts(const std::string &mountinfo)
{
    std::vector<Mount> mounts;
    for (const auto line : split(mountinfo, '\n')) {
        const auto dash = line.find(" - ");
        if (dash == line.npos)
            continue;
        const auto left = words(line.substr(0, dash));
        const auto right = words(line.substr(dash + 3));
        if (left.size() < 5 || right.size() < 2)
            continue;
        mounts.push_back({std::string(left[2]), unescaped(left[4]), std::string(right[0]), unescaped(right[1]),
                          right.size() > 2 ? std::string(right[2]) : std::string()});
    }
    return mounts;
}

std::optional<Mount> mountOf(const std::vector<Mount> &mounts, const fs::path &path)
{
    std::optional<Mount> best;
    for (const auto &mount : mounts) { // of equal ones the last lies on top
        const auto depth = [](const fs::path &point) { return std::distance(point.begin(), point.end()); };
        if (liesBelow(path, mount.point) && (!best || depth(mount.point) >= depth(best->point)))
            best = mount;
    }
    return best;
}

DiskTarget findDiskTarget(const fs::path &sysroot, const fs::path &folder)
{
    DiskTarget target;
    const auto mounts = parseMounts(readText(sysroot / "proc/self/mountinfo", 16 << 20).value_or(""));
    auto mount = mountOf(mounts, folder);
    if (!mount) {
        target.refusal = "it could not be found out (/proc/self/mountinfo) which file system " + printable(folder.string()) + " is on";
        return target;
    }
    target.fileSystem = mount->type;
    target.refusal = refusalOfType(mount->type);
    if (mount->type == "overlay") {
        const auto upper = mountOf(mounts, upperFolder(*mount).lexically_normal());
        if (upper && upper->type != "overlay") {
            target.fileSystem = "overlay on " + upper->type;
            target.refusal = refusalOfType(upper->type);
            mount = upper;
        }
    }
    if (!target.refusal.empty())
        return target;

    resolveDevice(target, sysroot, *mount);
    if (isNumbered(networkDevices, target.disk))
        target.refusal = "the work folder is on the network block device " + target.disk;
    if (isNumbered(memoryDevices, target.disk))
        target.refusal = "the work folder is on " + target.disk + ", which is memory and no disk";
    if (target.disk.empty())
        target.disk = mount->type;
    return target;
}

} // namespace seatrial::engine
