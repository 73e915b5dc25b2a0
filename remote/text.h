// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::remote {

/// Text from elsewhere as it may be shown in a sentence: one line, no control characters.
inline std::string printable(std::string_view text)
{
    std::string shown;
    for (const char character : text) {
        const auto code = static_cast<unsigned char>(character);
        if (character == '\n' || character == '\t')
            shown += ' ';
        else if (code >= 0x20 && code != 0x7F)
            shown += character;
    }
    while (!shown.empty() && shown.back() == ' ')
        shown.pop_back();
    return shown;
}

/// "10 s", "0.5 s".
inline std::string secondsText(double seconds)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.3g s", seconds);
    return text;
}

/// The words between blanks.
inline std::vector<std::string> words(std::string_view line)
{
    std::vector<std::string> found;
    while (true) {
        const std::size_t begin = line.find_first_not_of(" \t\r");
        if (begin == std::string_view::npos)
            return found;
        const std::size_t end = std::min(line.find_first_of(" \t\r", begin), line.size());
        found.emplace_back(line.substr(begin, end - begin));
        line.remove_prefix(end);
    }
}

/// The lines of @p text without their ends.
inline std::vector<std::string_view> lines(std::string_view text)
{
    std::vector<std::string_view> found;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (!line.empty() && line.back() == '\r')
            line.remove_suffix(1);
        found.push_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return found;
}

} // namespace seatrial::remote
