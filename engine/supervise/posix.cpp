// SPDX-License-Identifier: Apache-2.0
#include "engine/supervise/posix.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

/// The address of @p name in @p folder by way of /proc, which is short.
sockaddr_un addressIn(const Fd &folder, std::string_view name)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = "/proc/self/fd/" + std::to_string(folder.get()) + '/' + std::string(name);
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

} // namespace

Fd &Fd::operator=(Fd &&other) noexcept
{
    if (this != &other) {
        close();
        m_fd = std::exchange(other.m_fd, -1);
    }
    return *this;
}

void Fd::close()
{
    if (m_fd >= 0)
        ::close(std::exchange(m_fd, -1));
}

std::string errnoText(int error)
{
    std::array<char, 256> text{};
    return strerror_r(error, text.data(), text.size()); // the GNU form, safe in threads
}

bool writeAll(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            pollfd waiting{fd, POLLOUT, 0};
            ::poll(&waiting, 1, 1000);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

std::string readSmallFile(const std::filesystem::path &path, std::size_t maximum)
{
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(maximum, '\0');
    std::size_t length = 0;
    while (file.isOpen() && length < maximum) {
        const ssize_t count = ::read(file.get(), text.data() + length, maximum - length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        length += static_cast<std::size_t>(count);
    }
    text.resize(length);
    return text;
}

Fd openFolder(const std::filesystem::path &path)
{
    return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

Fd listenLocal(const Fd &folder, std::string_view name)
{
    Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const sockaddr_un address = addressIn(folder, name);
    ::unlink(address.sun_path);
    if (!listener.isOpen() || ::bind(listener.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0
        || ::listen(listener.get(), 16) != 0)
        return Fd();
    return listener;
}

Fd connectLocal(const Fd &folder, std::string_view name)
{
    Fd stream(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = addressIn(folder, name);
    if (!stream.isOpen() || ::connect(stream.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return Fd();
    return stream;
}

} // namespace seatrial::engine
