// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace seatrial::engine {

/// A file without a name: unlinked as soon as it is open, so that whatever happens nothing is left behind.
class TestFile
{
public:
    explicit TestFile(const std::filesystem::path &folder);
    ~TestFile();
    TestFile(const TestFile &) = delete;
    TestFile &operator=(const TestFile &) = delete;

    const std::string &problem() const { return m_problem; } ///< empty if the file is open
    bool direct() const { return m_direct; }                 ///< past the page cache
    int data() const { return m_data; }
    int sync() const { return m_sync; }                      ///< the same file, each write durable (O_DSYNC)

private:
    bool open(const std::filesystem::path &name, int extraFlags);

    int m_data = -1;
    int m_sync = -1;
    bool m_direct = false;
    std::string m_problem;
};

} // namespace seatrial::engine
