// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"

#include <filesystem>
#include <string>

namespace seatrial::remote {

/// The engine as a file on this computer, read once for all nodes.
struct Bundle {
    std::filesystem::path file;
    std::string content;
    std::string sha256;
    std::string glibc;   ///< newest version that it asks for: "2.28"; empty if none
    std::string machine; ///< as `uname -m` says it, from the file's ELF header; empty if it is a script

    static domain::Result<Bundle> read(const std::filesystem::path &file);
};

} // namespace seatrial::remote
