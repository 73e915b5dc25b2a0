// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/kmsg.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

constexpr std::size_t mostReads = 1 << 20; ///< a kernel that talks faster than we read must not keep us here

/// Drops the oldest lines, so that at most @p most bytes stay.
void keepNewest(std::string &text, std::size_t most)
{
    if (text.size() <= most)
        return;
    const auto line = text.find('\n', text.size() - most - 1);
    text.erase(0, line == text.npos ? text.size() - most : line + 1);
}

} // namespace

std::optional<std::string> readKmsg(const std::filesystem::path &device, std::size_t most)
{
    const int fd = ::open(device.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return std::nullopt;
    // The device gives one record a read and refuses one that does not fit; it says EPIPE when records were overwritten
    // under us, and EAGAIN at its end.
    std::string text;
    char buffer[16384];
    int problem = 0;
    for (std::size_t reads = 0; reads < mostReads; ++reads) {
        const ssize_t got = ::read(fd, buffer, sizeof buffer);
        if (got == 0)
            break;
        if (got > 0) {
            text.append(buffer, std::size_t(got));
            if (text.size() > 2 * most)
                keepNewest(text, most);
            continue;
        }
        problem = errno;
        if (problem != EPIPE && problem != EINTR)
            break;
        problem = 0;
    }
    ::close(fd);
    if (problem != 0 && problem != EAGAIN && text.empty()) {
        errno = problem;
        return std::nullopt;
    }
    keepNewest(text, most);
    return text;
}

} // namespace seatrial::engine
