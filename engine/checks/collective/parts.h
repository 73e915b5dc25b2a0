// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::engine {

/// The program that host.collective runs and the shared libraries that it needs beyond the C library, as this engine
/// carries them. It is no part of the engine itself: what it is built on needs a younger C library.
struct CollectiveParts {
    struct Part {
        std::string_view name; ///< of the file: "libgloo.so.0"; the program comes first
        std::string_view bytes;
    };
    std::vector<Part> parts;   ///< none: the engine was built without Gloo
    std::string_view needsLibc; ///< the youngest glibc that any of them asks for: "2.36"
};

const CollectiveParts &collectiveParts();

/// Why a node whose glibc says of itself to be @p here cannot run what needs @p needed; empty: it can.
std::string libcRefusal(std::string_view needed, std::string_view here);

/// The parts as files in @p folder, which is made. Where that does not go: why not, in @p problem; if programs may not be run
/// there, also @p forbidden. Returns the program.
std::filesystem::path unpackParts(const CollectiveParts &parts, const std::filesystem::path &folder, std::string &problem, bool &forbidden);

} // namespace seatrial::engine
