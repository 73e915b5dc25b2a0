// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace seatrial::protocol {

/// Length of the well-formed UTF-8 sequence at the beginning of @p bytes, 0 if there is none (RFC 3629: nothing
/// overlong, no surrogates, nothing beyond U+10FFFF).
std::size_t utf8SequenceLength(std::string_view bytes);

/// True if no character of @p text would move a cursor, or hide or turn text around, and all are UTF-8.
bool isPrintable(std::string_view text);

/// At most 200 bytes of @p bytes, all but printable ASCII replaced: safe to show anywhere.
std::string excerptOf(std::string_view bytes);

/// @p text cut at a character's end so that it has at most @p maximum bytes; a cut shows as "…".
std::string clipped(std::string_view text, std::size_t maximum);

} // namespace seatrial::protocol
