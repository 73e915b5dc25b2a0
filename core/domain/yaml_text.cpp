// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/yaml_text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace seatrial::domain {

namespace {

/// The lines of a text by where they begin.
class Lines
{
public:
    explicit Lines(std::string_view text) : m_text(text)
    {
        for (std::size_t at = 0; at < text.size();) {
            m_begins.push_back(at);
            const std::size_t end = text.find('\n', at);
            at = end == std::string_view::npos ? text.size() : end + 1;
        }
    }
    std::size_t count() const { return m_begins.size(); }
    std::size_t begin(std::size_t line) const { return line < m_begins.size() ? m_begins[line] : m_text.size(); }
    std::string_view at(std::size_t line) const { return line < count() ? m_text.substr(begin(line), begin(line + 1) - begin(line)) : std::string_view(); }
    std::size_t indent(std::size_t line) const { return std::min(at(line).find_first_not_of(' '), at(line).size()); }
    /// Says nothing: blank, or a remark.
    bool isSilent(std::size_t line) const
    {
        const auto first = at(line).find_first_not_of(" \t\r\n");
        return first == std::string_view::npos || at(line)[first] == '#';
    }
    /// The line after what begins at @p line and is indented deeper than @p indent; blank lines at its end are not of it.
    std::size_t endOf(std::size_t line, std::size_t indent) const
    {
        std::size_t end = line + 1;
        for (std::size_t next = end; next < count(); ++next) {
            if (isSilent(next))
                continue;
            if (this->indent(next) <= indent)
                break;
            end = next + 1;
        }
        return end;
    }

private:
    std::string_view m_text;
    std::vector<std::size_t> m_begins;
};

} // namespace

std::string yamlQuoted(std::string_view text)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string quoted = "\"";
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (character == '"' || character == '\\') {
            quoted += '\\';
            quoted += character;
        } else if (byte < 0x20 || byte == 0x7f) {
            quoted += "\\x";
            quoted += kDigits[byte >> 4];
            quoted += kDigits[byte & 15];
        } else {
            quoted += character;
        }
    }
    return quoted + "\"";
}

std::string yamlNumber(double number)
{
    std::array<char, 64> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() ? std::string(text.data(), end) : std::string("0");
}

std::string_view lineEnding(std::string_view text)
{
    const auto end = text.find('\n');
    return end != std::string_view::npos && end > 0 && text[end - 1] == '\r' ? "\r\n" : "\n";
}

std::optional<YamlInsertion> placeInList(std::string_view text, const YamlTree &map, std::string_view key, bool root)
{
    const Lines lines(text);
    const auto found = std::ranges::find(map.keys, key, &YamlTree::text);
    if (found == map.keys.end()) {
        if (root)
            return YamlInsertion{text.size(), 2, {std::string(key) + ":"}};
        if (map.keys.empty())
            return std::nullopt;
        // Within an item of a list: beside its other keys, which stand in lines of their own or nowhere.
        const YamlTree &first = map.keys.front();
        const auto line = static_cast<std::size_t>(first.line) - 1;
        const std::size_t dash = lines.indent(line);
        const auto column = static_cast<std::size_t>(first.column) - 1;
        if (column <= dash || lines.at(line)[dash] != '-' || lines.at(line).find('{') < column)
            return std::nullopt;
        return YamlInsertion{lines.begin(lines.endOf(line, dash)), column + 2, {std::string(column, ' ') + std::string(key) + ":"}};
    }
    const YamlTree &list = map.items[static_cast<std::size_t>(found - map.keys.begin())];
    const auto keyLine = static_cast<std::size_t>(found->line) - 1;
    const auto keyColumn = static_cast<std::size_t>(found->column) - 1;
    if (list.kind == YamlTree::Kind::Null)
        return YamlInsertion{lines.begin(keyLine + 1), keyColumn + 2, {}};
    if (list.kind != YamlTree::Kind::List || list.items.empty() || list.items.front().line == found->line)
        return std::nullopt;
    const auto firstLine = static_cast<std::size_t>(list.items.front().line) - 1;
    const std::size_t dash = lines.indent(firstLine);
    if (dash >= lines.at(firstLine).size() || lines.at(firstLine)[dash] != '-')
        return std::nullopt;
    const auto lastLine = static_cast<std::size_t>(list.items.back().line) - 1;
    return YamlInsertion{lines.begin(lines.endOf(lastLine, dash)), dash, {}};
}

} // namespace seatrial::domain
