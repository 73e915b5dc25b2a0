// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/sysfs.h"

#include "engine/measure/text.h"

#include <algorithm>
#include <array>

namespace seatrial::engine {

namespace {

constexpr std::array<std::string_view, 12> placeholders{
    "To be filled by O.E.M.", "To Be Filled By O.E.M.", "Default string", "Not Specified", "Not Applicable", "None", "N/A",
    "System Serial Number", "System Product Name", "System manufacturer", "0123456789", "Unknown",
};

} // namespace

std::vector<std::string> namesIn(const std::filesystem::path &folder)
{
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        names.push_back(entry->path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::string linkName(const std::filesystem::path &link)
{
    std::error_code error;
    const auto target = std::filesystem::read_symlink(link, error);
    return error ? std::string() : printable(target.filename().string());
}

std::string fieldOf(const std::filesystem::path &file)
{
    return fieldIn(readLine(file).value_or(""));
}

std::string fieldIn(std::string_view content)
{
    auto text = printable(trimmed(content.substr(0, content.find('\n'))));
    const bool empty = text.find_first_not_of("0 .-") == text.npos;
    if (empty || std::find(placeholders.begin(), placeholders.end(), text) != placeholders.end())
        return {};
    return text;
}

} // namespace seatrial::engine
