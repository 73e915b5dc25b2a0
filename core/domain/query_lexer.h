// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace seatrial::domain {

/// A piece of a query.
struct QueryToken {
    enum class Kind { Word, Quoted, Operator, Open, Close, Unclosed };
    Kind kind = Kind::Word;
    std::string text;
    std::size_t from = 0;
    std::size_t to = 0; ///< after its last byte
};

/// Never fails: what is not understood is left to the parser. After "in" everything up to a blank or ')' is one word,
/// so that a node set needs no quotes.
std::vector<QueryToken> queryTokens(std::string_view text);

/// @p text in lower case (of ASCII).
std::string lowered(std::string_view text);

} // namespace seatrial::domain
