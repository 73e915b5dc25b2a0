// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace seatrial::engine {

/// Owns a file descriptor.
class Fd
{
public:
    Fd() = default;
    explicit Fd(int fd) : m_fd(fd) {}
    Fd(Fd &&other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
    Fd &operator=(Fd &&other) noexcept;
    ~Fd() { close(); }

    int get() const { return m_fd; }
    bool isOpen() const { return m_fd >= 0; }
    void close();

private:
    int m_fd = -1;
};

/// "No space left on device" for ENOSPC.
std::string errnoText(int error);

/// Writes all of @p bytes, waiting where the descriptor does not take them at once. False with errno set if it fails.
bool writeAll(int fd, std::string_view bytes);

/// The first @p maximum bytes of @p path, "" if it cannot be read.
std::string readSmallFile(const std::filesystem::path &path, std::size_t maximum = 4096);

/// A local stream socket named @p name in the open folder @p folder, however long the folder's path is (socket
/// addresses hold 108 bytes). Not open, with errno set, if it fails.
Fd listenLocal(const Fd &folder, std::string_view name);
Fd connectLocal(const Fd &folder, std::string_view name);

/// Opens @p path as a folder.
Fd openFolder(const std::filesystem::path &path);

} // namespace seatrial::engine
