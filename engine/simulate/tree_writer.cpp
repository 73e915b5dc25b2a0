// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/tree_writer.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace seatrial::engine::simulate {

namespace fs = std::filesystem;

void TreeWriter::failed(const fs::path &path, const std::string &why)
{
    if (m_problem.empty())
        m_problem = "the tree of the simulated node cannot be written: " + (m_root / path).string() + ": " + why;
}

void TreeWriter::folder(const fs::path &path)
{
    std::error_code error;
    if (fs::create_directories(m_root / path, error); error)
        failed(path, error.message());
}

void TreeWriter::file(const fs::path &path, const std::string &text)
{
    const auto whole = m_root / path;
    int file = ::open(whole.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0 && errno == ENOENT) {
        folder(path.parent_path());
        file = ::open(whole.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    }
    if (file < 0 || ::write(file, text.data(), text.size()) != ssize_t(text.size()))
        failed(path, std::strerror(errno));
    if (file >= 0)
        ::close(file);
}

void TreeWriter::link(const fs::path &path, const fs::path &target)
{
    std::error_code error;
    folder(path.parent_path());
    // As the kernel writes it: the last word of a link is the name of what it leads to.
    fs::create_symlink(target.parent_path().lexically_relative(path.parent_path()) / target.filename(), m_root / path, error);
    if (error)
        failed(path, error.message());
}

} // namespace seatrial::engine::simulate
