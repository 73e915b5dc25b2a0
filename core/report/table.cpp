// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/table.h"

#include "core/report/number.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace seatrial::report {

namespace {

std::string cellText(const Cell &cell)
{
    if (const auto *text = std::get_if<std::string>(&cell))
        return *text;
    if (const auto *whole = std::get_if<long long>(&cell))
        return std::to_string(*whole);
    if (const auto *number = std::get_if<double>(&cell))
        return fullNumber(*number);
    return {};
}

/// A cell for reading: a number with the four digits that mean something. Programs get all of them.
std::string readingText(const Cell &cell)
{
    const auto *number = std::get_if<double>(&cell);
    if (!number)
        return cellText(cell);
    const double size = std::abs(*number);
    const bool whole = *number == std::floor(*number) || size >= 1000;
    return whole && size < 1e6 ? fmt::format("{:.0f}", *number) : fmt::format("{:.4g}", *number);
}

bool isNumber(const Cell &cell)
{
    return std::holds_alternative<long long>(cell) || std::holds_alternative<double>(cell);
}

/// Columns that @p text takes on a terminal: code points, for no wide characters are used here.
std::size_t width(const std::string &text)
{
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string csvCell(const Cell &cell)
{
    std::string text = cellText(cell);
    if (!isNumber(cell) && !text.empty() && std::string("=+-@\t\r").find(text.front()) != std::string::npos)
        text.insert(text.begin(), '\'');
    if (text.find_first_of(",\"\n\r") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"')
            quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

} // namespace

std::optional<Format> formatFromText(const std::string &text)
{
    if (text == "text")
        return Format::Text;
    if (text == "json")
        return Format::Json;
    if (text == "csv")
        return Format::Csv;
    if (text == "junit")
        return Format::Junit;
    return std::nullopt;
}

std::string printable(const std::string &text)
{
    std::string clean = text;
    for (char &c : clean) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F)
            c = byte == '\n' || byte == '\t' ? ' ' : '?';
    }
    return clean;
}

std::string asText(const Table &table)
{
    std::vector<std::size_t> widths;
    for (const auto &column : table.columns)
        widths.push_back(width(column));
    std::vector<std::vector<std::string>> texts;
    for (const auto &row : table.rows) {
        auto &line = texts.emplace_back();
        for (std::size_t i = 0; i < row.size(); ++i) {
            line.push_back(printable(readingText(row[i])));
            widths[i] = std::max(widths[i], width(line.back()));
        }
    }
    std::string out;
    const auto write = [&](const std::vector<std::string> &cells, const std::vector<Cell> *row) {
        std::string line;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string pad(widths[i] - width(cells[i]), ' ');
            line += row && isNumber((*row)[i]) ? pad + cells[i] : cells[i] + pad;
            line += "  ";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    };
    write(table.columns, nullptr);
    for (std::size_t i = 0; i < texts.size(); ++i)
        write(texts[i], &table.rows[i]);
    return out;
}

std::string asCsv(const Table &table)
{
    std::string out;
    const auto write = [&](const auto &cells, const auto &text) {
        for (std::size_t i = 0; i < cells.size(); ++i)
            out += (i ? "," : "") + text(cells[i]);
        out += "\r\n";
    };
    write(table.columns, [](const std::string &name) { return csvCell(Cell(name)); });
    for (const auto &row : table.rows)
        write(row, csvCell);
    return out;
}

std::string asJson(const Table &table)
{
    auto rows = nlohmann::ordered_json::array();
    for (const auto &row : table.rows) {
        auto object = nlohmann::ordered_json::object();
        for (std::size_t i = 0; i < row.size(); ++i) {
            std::visit(
                [&](const auto &value) {
                    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>)
                        object[table.columns[i]] = nullptr;
                    else
                        object[table.columns[i]] = value;
                },
                row[i]);
        }
        rows.push_back(std::move(object));
    }
    return rows.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

} // namespace seatrial::report
