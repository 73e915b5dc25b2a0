// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/json_columns.h"

#include "core/protocol/text.h"

#include <algorithm>
#include <charconv>

namespace seatrial::store {

using nlohmann::json;

namespace {

constexpr const char *kBytesKey = "hex bytes";

bool isUtf8(std::string_view text)
{
    while (!text.empty()) {
        const std::size_t length = protocol::utf8SequenceLength(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

/// Most texts are plain, and a line comes a few microseconds after the other: only the rest goes the long way.
void quote(std::string &out, const std::string &text)
{
    const auto isPlain = [](unsigned char byte) { return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\'; };
    if (!std::ranges::all_of(text, isPlain)) {
        // Records were checked when they were read; a program's own mistake must not stop the writer.
        out += json(text).dump(-1, ' ', false, json::error_handler_t::replace);
        return;
    }
    out += '"';
    out += text;
    out += '"';
}

} // namespace

json exactText(const std::string &text)
{
    if (isUtf8(text))
        return text;
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    for (const unsigned char byte : text) {
        hex += kDigits[byte >> 4];
        hex += kDigits[byte & 15];
    }
    return {{kBytesKey, hex}};
}

std::string exactText(const json &value)
{
    if (value.is_string())
        return value.get<std::string>();
    const std::string hex = value.at(kBytesKey).get<std::string>();
    std::string text;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2) {
        unsigned byte = 0;
        std::from_chars(hex.data() + at, hex.data() + at + 2, byte, 16);
        text += static_cast<char>(byte);
    }
    return text;
}

std::string parametersToJson(const protocol::Parameters &parameters)
{
    if (parameters.empty())
        return {};
    std::string object;
    for (const auto &[name, value] : parameters) {
        object += object.empty() ? '{' : ',';
        quote(object, name);
        object += ':';
        quote(object, value);
    }
    return object + '}';
}

protocol::Parameters parametersFromJson(const std::string &text)
{
    if (text.empty())
        return {};
    return json::parse(text).get<protocol::Parameters>();
}

std::string textsToJson(const std::vector<std::string> &texts)
{
    json array = json::array();
    for (const std::string &text : texts)
        array.push_back(exactText(text));
    return array.dump();
}

std::vector<std::string> textsFromJson(const std::string &text)
{
    std::vector<std::string> texts;
    for (const json &value : json::parse(text))
        texts.push_back(exactText(value));
    return texts;
}

} // namespace seatrial::store
