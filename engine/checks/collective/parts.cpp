// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/collective/parts.h"

#include "engine/measure/text.h"

#include <cerrno>
#include <cstddef>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

// The assembler takes the files in as they are. cmake/collective.cmake makes them and a table of lines
// SEATRIAL_PART(number, "name", "file"), and says which glibc they need.
#ifdef SEATRIAL_COLLECTIVE_TABLE
#define SEATRIAL_PART(number, name, file)                                                                                                  \
    __asm__(".pushsection .rodata\n"                                                                                                       \
            ".balign 64\n"                                                                                                                 \
            ".hidden seatrial_part_" #number "\n"                                                                                          \
            ".hidden seatrial_part_" #number "_end\n"                                                                                      \
            ".global seatrial_part_" #number "\n"                                                                                          \
            ".global seatrial_part_" #number "_end\n"                                                                                      \
            "seatrial_part_" #number ":\n"                                                                                                 \
            ".incbin \"" file "\"\n"                                                                                                       \
            "seatrial_part_" #number "_end:\n"                                                                                             \
            ".popsection\n");                                                                                                              \
    extern "C" {                                                                                                                           \
    extern const char seatrial_part_##number[];                                                                                            \
    extern const char seatrial_part_##number##_end[];                                                                                      \
    }
#include SEATRIAL_COLLECTIVE_TABLE
#undef SEATRIAL_PART
#endif

namespace seatrial::engine {

const CollectiveParts &collectiveParts()
{
    static const CollectiveParts all = [] {
        CollectiveParts made;
#ifdef SEATRIAL_COLLECTIVE_TABLE
#define SEATRIAL_PART(number, name, file)                                                                                                  \
    made.parts.push_back({name, {seatrial_part_##number, static_cast<std::size_t>(seatrial_part_##number##_end - seatrial_part_##number)}});
#include SEATRIAL_COLLECTIVE_TABLE
#undef SEATRIAL_PART
        made.needsLibc = SEATRIAL_COLLECTIVE_LIBC;
#endif
        return made;
    }();
    return all;
}

std::string libcRefusal(std::string_view needed, std::string_view here)
{
    const auto number = [](const std::vector<std::string_view> &parts, std::size_t index) {
        return index < parts.size() ? parseInteger(parts[index]).value_or(0) : 0;
    };
    const auto wanted = split(needed, '.'), found = split(here, '.');
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (number(found, i) > number(wanted, i))
            return {};
        if (number(found, i) < number(wanted, i))
            return "needs glibc " + printable(needed) + ", this node has " + printable(here);
    }
    return {};
}

namespace {

bool writeFile(const std::filesystem::path &file, std::string_view bytes)
{
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0700);
    if (fd < 0)
        return false;
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        bytes.remove_prefix(std::size_t(count));
    }
    const int error = errno;
    const bool whole = ::close(fd) == 0 && bytes.empty();
    if (!bytes.empty())
        errno = error;
    return whole;
}

} // namespace

std::filesystem::path unpackParts(const CollectiveParts &parts, const std::filesystem::path &folder, std::string &problem, bool &forbidden)
{
    forbidden = false;
    std::error_code made;
    std::filesystem::create_directories(folder, made);
    if (made) {
        problem = "cannot create the folder " + folder.string() + ": " + made.message();
        return {};
    }
    struct statvfs system {};
    if (::statvfs(folder.c_str(), &system) == 0 && (system.f_flag & ST_NOEXEC) != 0) {
        forbidden = true;
        problem = "programs may not be run in " + folder.string() + " (mounted noexec)";
        return {};
    }
    for (const auto &part : parts.parts) {
        if (writeFile(folder / part.name, part.bytes))
            continue;
        problem = "cannot write " + std::string(part.name) + " into " + folder.string() + ": " + std::strerror(errno);
        return {};
    }
    return folder / parts.parts.front().name;
}

} // namespace seatrial::engine
