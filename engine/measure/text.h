// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::engine {

/// Content of a small file (of /proc or /sys as a rule), at most @p limit bytes; nothing if it cannot be read.
std::optional<std::string> readText(const std::filesystem::path &file, std::size_t limit = 1 << 20);
/// First line without space around it, @see printable; nothing if it cannot be read or is empty.
std::optional<std::string> readLine(const std::filesystem::path &file);
/// The integer that the file starts with.
std::optional<std::int64_t> readInteger(const std::filesystem::path &file);

/// Integer that the whole of @p text is (base 10), or nothing.
std::optional<std::int64_t> parseInteger(std::string_view text);
/// Finite decimal number that the whole of @p text is, or nothing.
std::optional<double> parseNumber(std::string_view text);

std::string_view trimmed(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
/// Words between blanks.
std::vector<std::string_view> words(std::string_view text);
/// Value behind "key:" or "key=" at the start of a line of @p text, trimmed; empty if there is none.
std::string_view valueOf(std::string_view text, std::string_view key);

/// ASCII without control characters: what hardware says of itself may be anything.
std::string printable(std::string_view text);
/// Shortest text that reads back as the same number, with a point whatever the locale: "0.1".
std::string numberText(double value);
/// 16 hexadecimal digits.
std::string hexText(std::uint64_t value);

/// "0-3,8" as numbers; unreadable pieces are left out.
std::vector<int> parseCpuList(std::string_view text);
/// Numbers as "0-3,8".
std::string cpuListText(std::vector<int> cpus);

} // namespace seatrial::engine
