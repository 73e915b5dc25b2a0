// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/json_writer.h"

#include "core/protocol/text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace seatrial::protocol {

namespace {

template<typename Number>
void appendNumber(std::string &line, Number value)
{
    std::array<char, 40> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    line.append(digits.data(), end.ptr);
}

void appendEscaped(std::string &line, unsigned char byte)
{
    constexpr char kHex[] = "0123456789abcdef";
    switch (byte) {
    case '"': line += "\\\""; return;
    case '\\': line += "\\\\"; return;
    case '\n': line += "\\n"; return;
    case '\t': line += "\\t"; return;
    case '\r': line += "\\r"; return;
    default: break;
    }
    line += "\\u00";
    line += kHex[byte >> 4];
    line += kHex[byte & 0xf];
}

bool isPlain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

} // namespace

JsonWriter::JsonWriter()
{
    m_line.reserve(320);
    m_line += '{';
}

void JsonWriter::startField(std::string_view key)
{
    if (m_line.back() != '{')
        m_line += ',';
    quote(key);
    m_line += ':';
}

void JsonWriter::quote(std::string_view value)
{
    m_line += '"';
    for (std::size_t at = 0; at < value.size();) {
        const auto byte = static_cast<unsigned char>(value[at]);
        if (isPlain(byte)) {
            std::size_t end = at + 1;
            while (end < value.size() && isPlain(static_cast<unsigned char>(value[end])))
                ++end;
            m_line.append(value, at, end - at);
            at = end;
        } else if (byte < 0x80) {
            appendEscaped(m_line, byte);
            ++at;
        } else if (const std::size_t length = utf8SequenceLength(value.substr(at))) {
            m_line.append(value, at, length);
            at += length;
        } else {
            m_line += "\xEF\xBF\xBD";
            ++at;
        }
    }
    m_line += '"';
}

void JsonWriter::text(std::string_view key, std::string_view value)
{
    startField(key);
    quote(value);
}

void JsonWriter::optionalText(std::string_view key, std::string_view value)
{
    if (!value.empty())
        text(key, value);
}

void JsonWriter::number(std::string_view key, double value)
{
    startField(key);
    if (!std::isfinite(value))
        m_line += "null";
    else if (value == 0 && std::signbit(value))
        m_line += "-0.0"; // "-0" would be read as an integer and lose its sign
    else
        appendNumber(m_line, value);
}

void JsonWriter::integer(std::string_view key, std::int64_t value)
{
    startField(key);
    appendNumber(m_line, value);
}

void JsonWriter::unsignedInteger(std::string_view key, std::uint64_t value)
{
    startField(key);
    appendNumber(m_line, value);
}

void JsonWriter::boolean(std::string_view key, bool value)
{
    startField(key);
    m_line += value ? "true" : "false";
}

void JsonWriter::optionalTexts(std::string_view key, const std::map<std::string, std::string> &values)
{
    if (values.empty())
        return;
    beginObject(key);
    for (const auto &[name, value] : values)
        text(name, value);
    endObject();
}

void JsonWriter::texts(std::string_view key, const std::vector<std::string> &values)
{
    startField(key);
    m_line += '[';
    for (const std::string &value : values) {
        if (&value != &values.front())
            m_line += ',';
        quote(value);
    }
    m_line += ']';
}

void JsonWriter::beginObject(std::string_view key)
{
    startField(key);
    m_line += '{';
}

void JsonWriter::endObject()
{
    m_line += '}';
}

std::string JsonWriter::finishLine()
{
    m_line += "}\n";
    return std::move(m_line);
}

} // namespace seatrial::protocol
