// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTemporaryDir>

#include <filesystem>
#include <fstream>
#include <string>

namespace seatrial::tests {

/// A small /proc and /sys of a test's own.
class FileTree
{
public:
    std::filesystem::path root() const { return m_folder.path().toStdString(); }

    void write(const std::string &path, const std::string &text) const
    {
        const auto file = root() / path;
        std::filesystem::create_directories(file.parent_path());
        // Renamed into place: whoever reads at the same time sees the old text or the new one.
        const auto fresh = file.string() + ".new";
        std::ofstream(fresh) << text;
        std::filesystem::rename(fresh, file);
    }

private:
    QTemporaryDir m_folder;
};

} // namespace seatrial::tests
