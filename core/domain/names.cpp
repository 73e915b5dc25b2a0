// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/names.h"

#include <algorithm>

namespace seatrial::domain {

namespace {

bool isLetterOrDigit(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z')
        || (character >= '0' && character <= '9');
}

} // namespace

bool isNodeName(std::string_view name)
{
    const auto plain = [](char character) { return isLetterOrDigit(character) || std::string_view("._-").contains(character); };
    return !name.empty() && name.size() <= kMaxNodeNameBytes && isLetterOrDigit(name.front()) && std::ranges::all_of(name, plain);
}

bool isSafeArgument(std::string_view text)
{
    return !text.empty() && text.front() != '-' && text.find_first_of(" \t\"'`$;&|<>\\") == std::string_view::npos;
}

} // namespace seatrial::domain
