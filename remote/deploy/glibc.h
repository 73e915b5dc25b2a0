// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace seatrial::remote {

/// A release of the GNU C library. A program runs with the one it asks for and with every later one.
struct Glibc {
    int major = 0;
    int minor = 0;

    friend auto operator<=>(const Glibc &, const Glibc &) = default;
};

std::string text(const Glibc &version); ///< "2.28"

/// The latest release that @p program, the content of an ELF file, has symbols of. Nothing if it has none or is no such file.
std::optional<Glibc> neededGlibc(std::string_view program);

/// What a node says of its C library: "glibc 2.31" (getconf), "ldd (GNU libc) 2.28" (ldd --version). Nothing if that is
/// another library or no version.
std::optional<Glibc> glibcOfNode(std::string_view said);

} // namespace seatrial::remote
