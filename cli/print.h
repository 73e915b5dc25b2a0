// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdio>
#include <fmt/format.h>
#include <utility>

namespace seatrial::cli {

/// Writes to @p file. That nobody reads any more (a closed terminal, `| head`) is no reason to end: fmt::print would throw.
template<typename... T>
void print(std::FILE *file, fmt::format_string<T...> words, T &&...values)
{
    const std::string text = fmt::format(words, std::forward<T>(values)...);
    (void)std::fwrite(text.data(), 1, text.size(), file);
}

} // namespace seatrial::cli
