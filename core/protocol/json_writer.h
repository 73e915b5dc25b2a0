// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::protocol {

/// Writes one JSON object into a string, field after field. Independent of the locale; doubles round-trip exactly;
/// bytes that are not UTF-8 become U+FFFD, so that what is written can always be read.
class JsonWriter
{
public:
    JsonWriter();

    void text(std::string_view key, std::string_view value);
    /// Leaves the field out if @p value is empty.
    void optionalText(std::string_view key, std::string_view value);
    void number(std::string_view key, double value);
    void integer(std::string_view key, std::int64_t value);
    void unsignedInteger(std::string_view key, std::uint64_t value);
    void boolean(std::string_view key, bool value);
    /// Leaves the field out if @p values is empty.
    void optionalTexts(std::string_view key, const std::map<std::string, std::string> &values);
    void texts(std::string_view key, const std::vector<std::string> &values);
    void beginObject(std::string_view key);
    void endObject();

    /// The object as a line. The writer is used up.
    std::string finishLine();

private:
    void startField(std::string_view key);
    void quote(std::string_view value);

    std::string m_line;
};

} // namespace seatrial::protocol
