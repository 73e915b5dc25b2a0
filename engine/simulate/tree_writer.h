// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace seatrial::engine::simulate {

/// Writes small files and links below a folder, and remembers the first thing that went wrong.
class TreeWriter
{
public:
    explicit TreeWriter(std::filesystem::path root) : m_root(std::move(root)) {}

    void file(const std::filesystem::path &path, const std::string &text);
    /// A line, as the kernel writes it.
    void line(const std::filesystem::path &path, const std::string &text) { file(path, text + '\n'); }
    /// A link at @p path to what is at @p target, both below the root; relative, as in /sys.
    void link(const std::filesystem::path &path, const std::filesystem::path &target);
    void folder(const std::filesystem::path &path);
    const std::string &problem() const { return m_problem; }

private:
    void failed(const std::filesystem::path &path, const std::string &why);

    std::filesystem::path m_root;
    std::string m_problem;
};

} // namespace seatrial::engine::simulate
