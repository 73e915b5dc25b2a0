// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/deploy/glibc.h"

#include <elf.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace seatrial::remote {

namespace {

constexpr int kMostEntries = 10'000; ///< of a table of versions; a program has about ten

/// A structure at @p offset of the file, or nothing where the file ends before.
template<typename Structure>
std::optional<Structure> at(std::string_view file, std::uint64_t offset)
{
    Structure structure;
    if (offset > file.size() || file.size() - offset < sizeof structure)
        return std::nullopt;
    std::memcpy(&structure, file.data() + offset, sizeof structure);
    return structure;
}

/// The text at @p offset up to its zero.
std::string_view nameAt(std::string_view file, std::uint64_t offset)
{
    if (offset >= file.size())
        return {};
    const auto rest = file.substr(offset);
    return rest.substr(0, std::min(rest.find('\0'), rest.size()));
}

std::optional<Glibc> versionOf(std::string_view digits)
{
    Glibc version;
    const char *end = digits.data() + digits.size();
    const auto major = std::from_chars(digits.data(), end, version.major);
    if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.')
        return std::nullopt;
    const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
    if (minor.ec != std::errc())
        return std::nullopt;
    return version;
}

/// The latest "GLIBC_x.y" in a section of needed versions, whose names stand in the table at @p names.
std::optional<Glibc> latestIn(std::string_view file, const Elf64_Shdr &section, std::uint64_t names)
{
    constexpr std::string_view prefix = "GLIBC_";
    std::optional<Glibc> latest;
    int entries = 0;
    std::uint64_t place = section.sh_offset;
    while (const auto library = at<Elf64_Verneed>(file, place)) {
        std::uint64_t entry = place + library->vn_aux;
        for (unsigned i = 0; i < library->vn_cnt && ++entries < kMostEntries; ++i) {
            const auto version = at<Elf64_Vernaux>(file, entry);
            if (!version)
                return latest;
            const auto name = nameAt(file, names + version->vna_name);
            if (name.starts_with(prefix))
                latest = std::max(latest, versionOf(name.substr(prefix.size())));
            entry += version->vna_next;
        }
        if (library->vn_next == 0 || ++entries >= kMostEntries)
            break;
        place += library->vn_next;
    }
    return latest;
}

} // namespace

std::string text(const Glibc &version)
{
    return std::to_string(version.major) + "." + std::to_string(version.minor);
}

std::optional<Glibc> neededGlibc(std::string_view program)
{
    const auto header = at<Elf64_Ehdr>(program, 0);
    if (!header || !program.starts_with(ELFMAG) || header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB)
        return std::nullopt;
    const auto section = [&](unsigned index) -> std::optional<Elf64_Shdr> {
        if (index >= header->e_shnum || header->e_shentsize != sizeof(Elf64_Shdr))
            return std::nullopt;
        return at<Elf64_Shdr>(program, header->e_shoff + index * sizeof(Elf64_Shdr));
    };
    std::optional<Glibc> latest;
    for (unsigned i = 0; i < header->e_shnum; ++i) {
        const auto needs = section(i);
        if (!needs || needs->sh_type != SHT_GNU_verneed)
            continue;
        if (const auto names = section(needs->sh_link))
            latest = std::max(latest, latestIn(program, *needs, names->sh_offset));
    }
    return latest;
}

std::optional<Glibc> glibcOfNode(std::string_view said)
{
    std::string lower(said);
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (lower.find("glibc") == std::string::npos && lower.find("gnu libc") == std::string::npos)
        return std::nullopt;
    while (!lower.empty() && lower.back() == ' ')
        lower.pop_back();
    const std::size_t blank = lower.rfind(' ');
    return versionOf(std::string_view(lower).substr(blank == std::string::npos ? 0 : blank + 1));
}

} // namespace seatrial::remote
