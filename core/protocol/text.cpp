// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/text.h"

namespace seatrial::protocol {

std::size_t utf8SequenceLength(std::string_view bytes)
{
    const auto at = [&](std::size_t index) { return static_cast<unsigned char>(bytes[index]); };
    const auto continues = [&](std::size_t index) { return index < bytes.size() && (at(index) & 0xC0) == 0x80; };
    if (bytes.empty())
        return 0;
    const unsigned char first = at(0);
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return continues(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        if (!continues(1) || !continues(2))
            return 0;
        const bool overlong = first == 0xE0 && at(1) < 0xA0;
        const bool surrogate = first == 0xED && at(1) > 0x9F;
        return overlong || surrogate ? 0 : 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (!continues(1) || !continues(2) || !continues(3))
            return 0;
        const bool overlong = first == 0xF0 && at(1) < 0x90;
        const bool beyond = first == 0xF4 && at(1) > 0x8F;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

bool isPrintable(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        const auto first = static_cast<unsigned char>(text[at]);
        if (first >= 0x20 && first < 0x7f) {
            ++at;
            continue;
        }
        const std::size_t length = first < 0x80 ? 0 : utf8SequenceLength(text.substr(at));
        if (length == 0)
            return false;
        const std::string_view character = text.substr(at, length);
        const bool control = length == 2 && character < "\xC2\xA0";
        const bool separatorOrTurn = character >= "\xE2\x80\xA8" && character <= "\xE2\x80\xAE";
        const bool isolate = character >= "\xE2\x81\xA6" && character <= "\xE2\x81\xA9";
        if (control || separatorOrTurn || isolate)
            return false;
        at += length;
    }
    return true;
}

std::string excerptOf(std::string_view bytes)
{
    std::string excerpt(bytes.substr(0, 200));
    for (char &character : excerpt) {
        if (character < 0x20 || character > 0x7e)
            character = '?';
    }
    return excerpt;
}

std::string clipped(std::string_view text, std::size_t maximum)
{
    constexpr std::string_view kMark = "…";
    if (text.size() <= maximum)
        return std::string(text);
    std::size_t end = maximum - kMark.size();
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
        --end;
    return std::string(text.substr(0, end)) + std::string(kMark);
}

} // namespace seatrial::protocol
