// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace seatrial::domain {

inline constexpr std::size_t kMaxNodeNameBytes = 64;

/// Whether a node may be called that. Names of nodes travel to shells, files and URLs, so they are plain: at most 64
/// letters, digits, '.', '_' or '-', beginning with a letter or a digit.
bool isNodeName(std::string_view name);

/// Whether @p text may be handed to ssh as a user or an address: it must never look like an option or like shell.
bool isSafeArgument(std::string_view text);

} // namespace seatrial::domain
