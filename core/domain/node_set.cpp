// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/node_set.h"

#include "core/protocol/text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <unordered_map>

namespace seatrial::domain {

namespace {

constexpr std::size_t kMaxExpressionBytes = 4'000'000;
constexpr std::size_t kMaxNameBytes = 253; // of a host name in DNS
constexpr std::size_t kMaxDigits = 18;     // fits std::uint64_t whatever the digits

bool isDigit(char character)
{
    return character >= '0' && character <= '9';
}

bool isBlank(char character)
{
    return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

/// Characters of a host name or an address, outside of brackets.
bool isNameCharacter(char character)
{
    const bool letter = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
    return letter || isDigit(character) || std::string_view("._-:%").find(character) != std::string_view::npos;
}

/// "001-9/2"
struct Range {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    std::uint64_t step = 1;
    std::size_t width = 0; ///< digits written for low: what is shorter is padded

    std::uint64_t count() const { return (high - low) / step + 1; }
};

/// A fixed text with the bracket after it, if there is one.
struct Segment {
    std::string text;
    std::vector<Range> ranges;

    /// How many names it multiplies; beyond the bound merely a number beyond the bound.
    std::uint64_t choices() const
    {
        std::uint64_t sum = 0;
        for (const Range &range : ranges)
            sum = std::min<std::uint64_t>(sum + range.count(), kMaxExpandedNodes + 1);
        return ranges.empty() ? 1 : sum;
    }
};

using Pattern = std::vector<Segment>;

std::string padded(std::uint64_t number, std::size_t width)
{
    std::string text = std::to_string(number);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

/// Names of @p pattern, the last bracket turning fastest.
void appendNames(const Pattern &pattern, std::size_t index, const std::string &begun, std::vector<std::string> &names)
{
    if (index == pattern.size()) {
        names.push_back(begun);
        return;
    }
    const Segment &segment = pattern[index];
    const std::string text = begun + segment.text;
    if (segment.ranges.empty())
        return appendNames(pattern, index + 1, text, names);
    for (const Range &range : segment.ranges) {
        for (std::uint64_t step = 0; step < range.count(); ++step)
            appendNames(pattern, index + 1, text + padded(range.low + step * range.step, range.width), names);
    }
}

/// Names in the order in which they came, each once, with cheap removal.
class OrderedNames
{
public:
    void add(std::string name)
    {
        if (m_places.try_emplace(name, m_names.size()).second)
            m_names.push_back(std::move(name));
    }
    void remove(const std::string &name)
    {
        const auto found = m_places.find(name);
        if (found == m_places.end())
            return;
        m_names[found->second].clear(); // no name is empty: an empty one is a gap
        m_places.erase(found);
    }
    std::vector<std::string> take()
    {
        std::erase(m_names, std::string());
        return std::move(m_names);
    }

private:
    std::vector<std::string> m_names;
    std::unordered_map<std::string, std::size_t> m_places;
};

/// Reads one expression from left to right; the first error ends it.
class Parser
{
public:
    explicit Parser(std::string_view text) : m_text(text) {}

    Result<std::vector<std::string>> parse();

private:
    void readItem(bool removes);
    Pattern readPattern();
    std::vector<Range> readBracket();
    Range readRange();
    std::uint64_t readNumber(std::size_t *digits);
    bool fits(const Pattern &pattern, std::size_t start, std::size_t &budget);
    void skipBlanks();

    bool atEnd() const { return m_position == m_text.size(); }
    bool at(char character) const { return !atEnd() && m_text[m_position] == character; }
    std::string found() const;
    void fail(std::string what) { failAt(m_position, std::move(what)); }
    void failAt(std::size_t position, std::string what);

    std::string_view m_text;
    std::size_t m_position = 0;
    std::string m_problem;
    OrderedNames m_names;
    std::size_t m_mayAdd = kMaxExpandedNodes;
    std::size_t m_mayRemove = kMaxExpandedNodes;
};

Result<std::vector<std::string>> Parser::parse()
{
    if (m_text.size() > kMaxExpressionBytes)
        failAt(0, "the expression is longer than 4 MB");
    skipBlanks();
    if (atEnd())
        fail("found nothing, expected a name like n01 or n[01-16]");
    bool removes = false;
    while (m_problem.empty()) {
        readItem(removes);
        skipBlanks();
        if (atEnd())
            break;
        removes = at('!');
        if (at(',') || at('!'))
            ++m_position;
        skipBlanks();
    }
    if (!m_problem.empty()) {
        return std::unexpected(Failure{.stage = Stage::Input,
                                       .kind = FailureKind::Invalid,
                                       .what = m_problem,
                                       .attempted = "reading the node set \"" + protocol::excerptOf(m_text) + "\"",
                                       .advice = "write it like n[01-16], r[1-2]n[1-4] or n[1-8]!n3"});
    }
    return m_names.take();
}

void Parser::readItem(bool removes)
{
    const std::size_t start = m_position;
    const Pattern pattern = readPattern();
    if (!m_problem.empty() || !fits(pattern, start, removes ? m_mayRemove : m_mayAdd))
        return;
    std::vector<std::string> names;
    appendNames(pattern, 0, {}, names);
    for (std::string &name : names) {
        if (removes)
            m_names.remove(name);
        else
            m_names.add(std::move(name));
    }
}

Pattern Parser::readPattern()
{
    Pattern pattern;
    const std::size_t start = m_position;
    while (!atEnd() && m_problem.empty()) {
        Segment segment;
        while (!atEnd() && isNameCharacter(m_text[m_position]))
            segment.text += m_text[m_position++];
        const bool bracket = at('[');
        if (bracket)
            segment.ranges = readBracket();
        if (!bracket && segment.text.empty())
            break;
        pattern.push_back(std::move(segment));
    }
    if (!m_problem.empty())
        return {};
    const bool ended = atEnd() || isBlank(m_text[m_position]) || at(',') || at('!');
    if (at('@'))
        fail("found '@', but groups are not known here; expected names of nodes");
    else if (m_position == start)
        fail("found " + found() + ", expected a name");
    else if (!ended)
        fail("found " + found() + ", expected a letter, a digit, one of . _ - : %, a bracket, a comma or the end");
    return pattern;
}

std::vector<Range> Parser::readBracket()
{
    std::vector<Range> ranges;
    do {
        ++m_position; // '[' or ','
        ranges.push_back(readRange());
    } while (m_problem.empty() && at(','));
    if (!m_problem.empty())
        return {};
    if (!at(']'))
        fail("found " + found() + ", expected ',' or ']'");
    else
        ++m_position;
    return ranges;
}

Range Parser::readRange()
{
    const std::size_t start = m_position;
    Range range;
    range.low = range.high = readNumber(&range.width);
    if (m_problem.empty() && at('-')) {
        ++m_position;
        range.high = readNumber(nullptr);
    }
    if (m_problem.empty() && at('/')) {
        ++m_position;
        const std::size_t stepStart = m_position;
        range.step = readNumber(nullptr);
        if (m_problem.empty() && range.step == 0)
            failAt(stepStart, "found a step of 0, expected 1 or more");
    }
    if (m_problem.empty() && range.high < range.low)
        failAt(start, "the range runs backwards, expected the smaller number first");
    return range;
}

std::uint64_t Parser::readNumber(std::size_t *digits)
{
    const std::size_t start = m_position;
    while (!atEnd() && isDigit(m_text[m_position]))
        ++m_position;
    const std::size_t length = m_position - start;
    if (digits)
        *digits = length;
    if (length == 0)
        fail("found " + found() + ", expected a number");
    if (length > kMaxDigits)
        failAt(start, "the number has " + std::to_string(length) + " digits, expected at most " + std::to_string(kMaxDigits));
    std::uint64_t number = 0;
    if (m_problem.empty())
        std::from_chars(m_text.data() + start, m_text.data() + m_position, number);
    return number;
}

/// Refuses before anything is allocated.
bool Parser::fits(const Pattern &pattern, std::size_t start, std::size_t &budget)
{
    std::uint64_t count = 1;
    std::size_t longest = 0;
    for (const Segment &segment : pattern) {
        longest += segment.text.size() + (segment.ranges.empty() ? 0 : 1);
        // Each factor is checked by itself, so that the product cannot wrap around.
        const std::uint64_t choices = segment.choices();
        count = choices > budget ? budget + 1 : count * choices;
        if (count > budget) {
            failAt(start, "the expression stands for more than " + std::to_string(kMaxExpandedNodes) + " names, expected fewer");
            return false;
        }
        std::size_t digits = 0;
        for (const Range &range : segment.ranges)
            digits = std::max({digits, range.width, std::to_string(range.high).size()});
        longest += digits;
    }
    if (longest > kMaxNameBytes) {
        failAt(start, "the name is longer than " + std::to_string(kMaxNameBytes) + " characters, expected a host name");
        return false;
    }
    budget -= count;
    return true;
}

void Parser::skipBlanks()
{
    while (!atEnd() && isBlank(m_text[m_position]))
        ++m_position;
}

std::string Parser::found() const
{
    if (atEnd())
        return "the end";
    const char character = m_text[m_position];
    if (character > 0x20 && character < 0x7F)
        return std::string("'") + character + "'";
    return isBlank(character) ? "a blank" : "a character that no host name has";
}

void Parser::failAt(std::size_t position, std::string what)
{
    if (m_problem.empty())
        m_problem = "column " + std::to_string(position + 1) + ": " + std::move(what);
}

} // namespace

Result<std::vector<std::string>> expandNodeSet(std::string_view expression)
{
    return Parser(expression).parse();
}

} // namespace seatrial::domain
