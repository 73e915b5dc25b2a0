// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace seatrial::report {

/// A cell: nothing, text, a whole number or a number.
using Cell = std::variant<std::monostate, std::string, long long, double>;

/// Rows and columns as a value; every output format is written from the same one.
struct Table {
    std::vector<std::string> columns; ///< stable names for programs, units in the name where they do not vary
    std::vector<std::vector<Cell>> rows;
};

enum class Format { Text, Json, Csv, Junit };
std::optional<Format> formatFromText(const std::string &text);

/// Aligned columns for a terminal, numbers rounded to four significant digits. Control characters that came from a node are shown as "?".
std::string asText(const Table &table);
/// RFC 4180, UTF-8; cells that a spreadsheet would take for a formula get a leading apostrophe.
std::string asCsv(const Table &table);
/// An array of objects.
std::string asJson(const Table &table);

/// @p text without control characters and terminal escapes.
std::string printable(const std::string &text);

} // namespace seatrial::report
