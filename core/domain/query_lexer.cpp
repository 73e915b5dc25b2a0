// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/query_lexer.h"

#include <algorithm>
#include <array>

namespace seatrial::domain {

namespace {

using Kind = QueryToken::Kind;

bool isBlank(char character)
{
    return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

/// The operator that @p rest begins with; the longer one wins.
std::string_view operatorAt(std::string_view rest)
{
    static constexpr std::array<std::string_view, 13> kOperators = {"==", "!=", "!~", "=~", "<=", ">=", "&&", "||", "=", "~", "<", ">", "!"};
    for (const auto each : kOperators) {
        if (rest.starts_with(each))
            return rest.substr(0, each.size());
    }
    return {};
}

} // namespace

std::string lowered(std::string_view text)
{
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char character) { return character >= 'A' && character <= 'Z' ? static_cast<char>(character + 32) : character; });
    return lower;
}

std::vector<QueryToken> queryTokens(std::string_view text)
{
    std::vector<QueryToken> tokens;
    std::size_t at = 0;
    while (at < text.size()) {
        const char character = text[at];
        if (isBlank(character)) {
            ++at;
            continue;
        }
        const std::size_t from = at;
        const bool afterIn = !tokens.empty() && tokens.back().kind == Kind::Word && lowered(tokens.back().text) == "in";
        if (character == '(' || character == ')') {
            tokens.push_back({character == '(' ? Kind::Open : Kind::Close, std::string(1, character), from, ++at});
        } else if (character == '"' || character == '\'') {
            const std::size_t end = text.find(character, at + 1);
            const bool closed = end != std::string_view::npos;
            at = closed ? end + 1 : text.size();
            tokens.push_back({closed ? Kind::Quoted : Kind::Unclosed, std::string(text.substr(from + 1, (closed ? end : text.size()) - from - 1)), from, at});
        } else if (const auto sign = operatorAt(text.substr(at)); !sign.empty() && !afterIn) {
            at += sign.size();
            tokens.push_back({Kind::Operator, std::string(sign), from, at});
        } else {
            while (at < text.size() && !isBlank(text[at]) && text[at] != '(' && text[at] != ')' && text[at] != '"' && text[at] != '\''
                   && (afterIn || operatorAt(text.substr(at)).empty()))
                ++at;
            tokens.push_back({Kind::Word, std::string(text.substr(from, at - from)), from, at});
        }
    }
    return tokens;
}

} // namespace seatrial::domain
