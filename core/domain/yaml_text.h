// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/yaml_tree.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::domain {

/// @p text between double quotes, escaped: one line whatever it holds.
std::string yamlQuoted(std::string_view text);
/// The shortest form that reads back as the same number.
std::string yamlNumber(double number);

/// Where a further item of a list goes, so that nothing else of the file changes.
struct YamlInsertion {
    std::size_t offset = 0;      ///< begin of a line, or the end of the text
    std::size_t indent = 0;      ///< blanks before the item's dash
    std::vector<std::string> before; ///< lines that have to come first: the list's key
};

/// The place after the last item of the list under @p key of @p map, which is found in @p text; of the root map if it
/// is @p root. Nothing if the list is written in a way that lines cannot be added to, such as [a, b].
std::optional<YamlInsertion> placeInList(std::string_view text, const YamlTree &map, std::string_view key, bool root);

/// The line ending of @p text.
std::string_view lineEnding(std::string_view text);

} // namespace seatrial::domain
