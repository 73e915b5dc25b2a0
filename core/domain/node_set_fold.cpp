// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/node_set.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>

namespace seatrial::domain {

namespace {

constexpr std::size_t kMaxDigits = 18;

bool isDigit(char character)
{
    return character >= '0' && character <= '9';
}

/// "n007" as the prefix "n" and the digits "007".
struct SplitName {
    std::string prefix;
    std::string digits; ///< empty if the name does not end with a number that can be counted

    explicit SplitName(const std::string &name)
    {
        std::size_t start = name.size();
        while (start > 0 && isDigit(name[start - 1]))
            --start;
        if (name.size() - start > kMaxDigits)
            start = name.size();
        prefix = name.substr(0, start);
        digits = name.substr(start);
    }
    bool isPadded() const { return digits.size() > 1 && digits.front() == '0'; }
};

/// Names that share a bracket: same prefix, same padding. Width 0 is "no padding".
struct GroupKey {
    std::string prefix;
    std::size_t width = 0;
    auto operator<=>(const GroupKey &) const = default;
};

struct Group {
    GroupKey key;
    std::vector<std::uint64_t> numbers; ///< ascending; empty for a name without a number
};

std::string padded(std::uint64_t number, std::size_t width)
{
    std::string text = std::to_string(number);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

std::string written(const Group &group)
{
    const auto &[prefix, width] = group.key;
    if (group.numbers.empty())
        return prefix;
    std::string ranges;
    for (std::size_t first = 0; first < group.numbers.size();) {
        std::size_t last = first;
        while (last + 1 < group.numbers.size() && group.numbers[last + 1] == group.numbers[last] + 1)
            ++last;
        ranges += (ranges.empty() ? "" : ",") + padded(group.numbers[first], width);
        if (last > first)
            ranges += "-" + padded(group.numbers[last], width);
        first = last + 1;
    }
    return group.numbers.size() == 1 ? prefix + ranges : prefix + "[" + ranges + "]";
}

/// Widths in which padded numbers occur, by prefix: "n10" belongs to "n09" if both are there.
std::map<std::string, std::set<std::size_t>> paddedWidths(const std::vector<std::string> &names)
{
    std::map<std::string, std::set<std::size_t>> widths;
    for (const std::string &name : names) {
        const SplitName split(name);
        if (split.isPadded())
            widths[split.prefix].insert(split.digits.size());
    }
    return widths;
}

} // namespace

std::string foldNodeSet(std::vector<std::string> names)
{
    std::ranges::sort(names, naturalLess);
    names.erase(std::unique(names.begin(), names.end()), names.end());

    const auto widths = paddedWidths(names);
    std::vector<Group> groups; // in the order of their first names
    std::map<GroupKey, std::size_t> places;
    for (const std::string &name : names) {
        const SplitName split(name);
        if (split.digits.empty()) {
            groups.push_back({GroupKey{name, 0}, {}});
            continue;
        }
        const auto known = widths.find(split.prefix);
        const bool padding = known != widths.end() && known->second.contains(split.digits.size());
        const GroupKey key{split.prefix, padding ? split.digits.size() : 0};
        const auto [place, isNew] = places.try_emplace(key, groups.size());
        if (isNew)
            groups.push_back({key, {}});
        groups[place->second].numbers.push_back(std::stoull(split.digits));
    }

    std::string text;
    for (const Group &group : groups)
        text += (text.empty() ? "" : ",") + written(group);
    return text;
}

std::string foldNodeSet(const std::vector<NodeId> &nodes)
{
    std::vector<std::string> names;
    names.reserve(nodes.size());
    for (const NodeId &node : nodes)
        names.push_back(node.text());
    return foldNodeSet(std::move(names));
}

bool naturalLess(std::string_view a, std::string_view b)
{
    std::size_t i = 0, j = 0;
    while (i < a.size() && j < b.size()) {
        if (!isDigit(a[i]) || !isDigit(b[j])) {
            if (a[i] != b[j])
                return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
            ++i, ++j;
            continue;
        }
        const auto numberAt = [](std::string_view text, std::size_t &position) {
            while (position < text.size() && text[position] == '0')
                ++position;
            const std::size_t start = position;
            while (position < text.size() && isDigit(text[position]))
                ++position;
            return text.substr(start, position - start);
        };
        const std::string_view left = numberAt(a, i), right = numberAt(b, j);
        if (left.size() != right.size())
            return left.size() < right.size();
        if (left != right)
            return left < right;
    }
    const bool aEnded = i == a.size(), bEnded = j == b.size();
    if (aEnded != bEnded)
        return aEnded;
    // Equal but for padding: n3 before n03.
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}

} // namespace seatrial::domain
