// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace seatrial::store {

inline std::string phrasePart(std::string_view text) { return std::string(text); }
std::string phrasePart(std::integral auto number) { return std::to_string(number); }

/// @p pattern with each "{}" replaced by the next of @p parts. (The compilers we build with have no std::format yet.)
template<typename... Parts>
std::string phrase(std::string_view pattern, const Parts &...parts)
{
    std::string text;
    const auto fill = [&](const std::string &part) {
        const std::size_t gap = pattern.find("{}");
        text += pattern.substr(0, gap);
        text += part;
        pattern.remove_prefix(gap == std::string_view::npos ? pattern.size() : gap + 2);
    };
    (fill(phrasePart(parts)), ...);
    return text.append(pattern);
}

} // namespace seatrial::store
