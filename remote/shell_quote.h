// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"

#include <string>
#include <string_view>

namespace seatrial::remote {

/// @p text as one word of a /bin/sh script, whatever bytes it holds. (A NUL, which no word can hold, becomes U+FFFD,
/// so that the word names nothing rather than something else.)
std::string shellQuote(std::string_view text);

/// Longest script that fits into one argument of a process everywhere, encoded.
inline constexpr std::size_t kMaxCommandBytes = 100'000;

/// The command line that makes any login shell (sh, bash, csh, tcsh, zsh, fish) run @p script by /bin/sh with
/// LC_ALL=C, leaving standard input to the script. Invalid if the script is too long or holds a NUL.
domain::Result<std::string> loginShellCommand(std::string_view script);

} // namespace seatrial::remote
