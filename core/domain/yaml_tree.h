// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace seatrial::domain {

/// A value of a YAML file and where it stands. Plain data: the parser is named in yaml_tree.cpp only.
struct YamlTree {
    enum class Kind { Null, Text, List, Map };

    Kind kind = Kind::Null;
    std::string text;            ///< Text only
    std::vector<YamlTree> keys;  ///< Map only: texts, beside the items
    std::vector<YamlTree> items; ///< List and Map
    int line = 1;                ///< counted from 1
    int column = 1;              ///< counted from 1
};

struct YamlProblem {
    int line = 1;
    int column = 1;
    std::string what;
};

inline constexpr std::size_t kMaxYamlBytes = 20'000'000;
inline constexpr int kMaxYamlDepth = 16;
inline constexpr std::size_t kMaxYamlValues = 1'000'000;

/// Reads one document. Refused: more than one document, keys that are there twice or are no text, aliases (a few
/// lines of them can stand for gigabytes), and whatever exceeds the bounds above.
std::expected<YamlTree, YamlProblem> parseYaml(const std::string &yaml);

} // namespace seatrial::domain
