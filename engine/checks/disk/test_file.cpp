// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/disk/test_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace seatrial::engine {

TestFile::TestFile(const std::filesystem::path &folder)
{
    const auto name = folder / ("disk-test." + std::to_string(getpid()));
    m_direct = open(name, O_DIRECT);
    if (!m_direct && errno == EINVAL) // this file system has no O_DIRECT
        open(name, 0);
    if (m_data < 0 || m_sync < 0)
        m_problem = "no file can be made in " + folder.string() + ": " + std::strerror(errno);
}

TestFile::~TestFile()
{
    if (m_sync >= 0)
        ::close(m_sync);
    if (m_data >= 0)
        ::close(m_data);
}

bool TestFile::open(const std::filesystem::path &name, int extraFlags)
{
    constexpr int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    m_data = ::open(name.c_str(), flags | O_CREAT | O_EXCL | extraFlags, 0600);
    int problem = errno;
    if (m_data >= 0) {
        m_sync = ::open(name.c_str(), flags | O_DSYNC | extraFlags);
        problem = errno;
    }
    // Some file systems make the file and then refuse the flag.
    if (m_data >= 0 || problem == EINVAL)
        ::unlink(name.c_str());
    if (m_data >= 0 && m_sync < 0) {
        ::close(m_data);
        m_data = -1;
    }
    errno = problem;
    return m_data >= 0;
}

} // namespace seatrial::engine
