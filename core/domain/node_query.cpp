// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/node_query.h"

#include "core/domain/node_set.h"
#include "core/domain/query_lexer.h"
#include "core/domain/yaml_reader.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace seatrial::domain {

namespace {

using Kind = QueryToken::Kind;

constexpr int kMaxDepth = 64;

enum class Compare { Equal, NotEqual, Contains, ContainsNot, Less, LessOrEqual, Greater, GreaterOrEqual, In };

std::optional<Compare> compareFrom(const std::string &sign)
{
    static const std::pair<const char *, Compare> kSigns[] = {
        {"==", Compare::Equal}, {"=", Compare::Equal}, {"!=", Compare::NotEqual}, {"~", Compare::Contains}, {"=~", Compare::Contains}, {"!~", Compare::ContainsNot},
        {"<", Compare::Less}, {"<=", Compare::LessOrEqual}, {">", Compare::Greater}, {">=", Compare::GreaterOrEqual}};
    const auto found = std::ranges::find_if(kSigns, [&](const auto &each) { return sign == each.first; });
    return found == std::end(kSigns) ? std::nullopt : std::optional(found->second);
}

bool comparesOrder(Compare compare)
{
    return compare == Compare::Less || compare == Compare::LessOrEqual || compare == Compare::Greater || compare == Compare::GreaterOrEqual;
}

const QueryFieldInfo *fieldNamed(const std::string &word)
{
    const std::string name = lowered(word);
    for (const auto &info : queryFields()) {
        if (info.name == name || std::ranges::find(info.aliases, name) != info.aliases.end())
            return &info;
    }
    return nullptr;
}

std::string listed(const std::vector<std::string_view> &words)
{
    std::string text;
    for (const auto word : words)
        text += (text.empty() ? "" : ", ") + std::string(word);
    return text;
}

bool contains(const std::string &text, const std::string &lowerPart)
{
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; };
    return std::ranges::search(text, lowerPart, same).begin() != text.end() || lowerPart.empty();
}

bool compareNumbers(double value, Compare compare, double wanted)
{
    switch (compare) {
    case Compare::Equal: return value == wanted;
    case Compare::NotEqual: return value != wanted;
    case Compare::Less: return value < wanted;
    case Compare::LessOrEqual: return value <= wanted;
    case Compare::Greater: return value > wanted;
    case Compare::GreaterOrEqual: return value >= wanted;
    default: return false;
    }
}

} // namespace

const std::vector<QueryFieldInfo> &queryFields()
{
    using enum QueryKind;
    static const std::vector<QueryFieldInfo> kFields = {
        {QueryField::Node, Text, "node", {"name"}, {}, "name of the node: node in n[01-08]"},
        {QueryField::Rack, Text, "rack", {}, {}, "rack it stands in: rack==R2"},
        {QueryField::Verdict, Word, "verdict", {}, {"qualified", "marginal", "failed", "unknown", "none"}, "what may be said of it; none before it was judged"},
        {QueryField::State, Word, "state", {"phase"}, {"qualified", "marginal", "failed", "unknown", "running", "stuck", "not-tested", "unreachable"},
         "what it does now, or its verdict"},
        {QueryField::Reason, Text, "reason", {}, {}, "why it is not qualified: reason~bandwidth"},
        {QueryField::Check, Text, "check", {"step"}, {}, "check or step that it misses: check~memory"},
        {QueryField::Value, Number, "value", {}, {}, "the figure shown beside it: value<8.2"},
        {QueryField::Unit, Number, "unit", {}, {}, "lowest rack unit: unit>=20"},
        {QueryField::Address, Text, "address", {}, {}, "host name or address: address~10.7."},
    };
    return kFields;
}

const QueryFieldInfo &queryField(QueryField field)
{
    return *std::ranges::find(queryFields(), field, &QueryFieldInfo::field);
}

/// What was parsed, as one list; branches name each other by place.
struct NodeQuery::Tree {
    enum class Type { And, Or, Not, Compare, Anywhere };
    struct Branch {
        Type type = Type::Anywhere;
        int left = -1;
        int right = -1;
        QueryField field = QueryField::Node;
        QueryKind kind = QueryKind::Text;
        enum Compare compare = Compare::Equal;
        std::string text; ///< in lower case
        double number = 0;
        std::unordered_set<std::string> names; ///< in lower case
    };
    std::vector<Branch> branches;
    int root = 0;

    bool matches(int at, const QueryNode &node) const;
    static bool compareTexts(const Branch &branch, const QueryNode &node);
    static bool anywhere(const Branch &branch, const QueryNode &node);
};

bool NodeQuery::Tree::compareTexts(const Branch &branch, const QueryNode &node)
{
    const auto texts = node.texts(branch.field);
    const auto equal = [&](const std::string &text) { return lowered(text) == branch.text; };
    const auto within = [&](const std::string &text) { return contains(text, branch.text); };
    switch (branch.compare) {
    case Compare::Equal: return std::ranges::any_of(texts, equal);
    case Compare::NotEqual: return std::ranges::none_of(texts, equal);
    case Compare::Contains: return std::ranges::any_of(texts, within);
    case Compare::ContainsNot: return std::ranges::none_of(texts, within);
    case Compare::In: return std::ranges::any_of(texts, [&](const std::string &text) { return branch.names.contains(lowered(text)); });
    default: return false;
    }
}

bool NodeQuery::Tree::anywhere(const Branch &branch, const QueryNode &node)
{
    for (const auto field : {QueryField::Node, QueryField::Rack, QueryField::State, QueryField::Reason}) {
        for (const auto &text : node.texts(field)) {
            if (contains(text, branch.text) || (field == QueryField::Node && !branch.names.empty() && branch.names.contains(lowered(text))))
                return true;
        }
    }
    return false;
}

bool NodeQuery::Tree::matches(int at, const QueryNode &node) const
{
    const Branch &branch = branches[static_cast<std::size_t>(at)];
    switch (branch.type) {
    case Type::And: return matches(branch.left, node) && matches(branch.right, node);
    case Type::Or: return matches(branch.left, node) || matches(branch.right, node);
    case Type::Not: return !matches(branch.left, node);
    case Type::Anywhere: return anywhere(branch, node);
    case Type::Compare: break;
    }
    if (branch.kind != QueryKind::Number)
        return compareTexts(branch, node);
    const auto value = node.number(branch.field);
    return value ? compareNumbers(*value, branch.compare, branch.number) : branch.compare == Compare::NotEqual;
}

/// Reads one query by recursive descent and stops at the first thing that is wrong.
class QueryParser
{
public:
    explicit QueryParser(std::string_view text) : m_size(text.size()), m_tokens(queryTokens(text)), m_tree(std::make_shared<NodeQuery::Tree>()) {}

    std::expected<NodeQuery, QueryProblem> parse()
    {
        NodeQuery query;
        if (m_tokens.empty())
            return query;
        m_tree->root = readOr(0);
        if (m_problem)
            return std::unexpected(*m_problem);
        if (m_at < m_tokens.size()) {
            fail(m_tokens[m_at].kind == Kind::Close ? "there is no \"(\" for this \")\"" : "found " + found() + ", expected and, or, or the end");
            return std::unexpected(*m_problem);
        }
        query.m_tree = std::move(m_tree);
        return query;
    }

private:
    using Branch = NodeQuery::Tree::Branch;
    using Type = NodeQuery::Tree::Type;

    const QueryToken *token() const { return m_at < m_tokens.size() ? &m_tokens[m_at] : nullptr; }
    bool isWord(std::string_view word, std::string_view sign) const
    {
        const auto *now = token();
        return now && ((now->kind == Kind::Word && lowered(now->text) == word) || (now->kind == Kind::Operator && now->text == sign));
    }
    std::string found() const { return token() ? "\"" + token()->text + "\"" : std::string("the end"); }

    int fail(std::string what)
    {
        if (!m_problem)
            m_problem = QueryProblem{token() ? token()->from : m_size, std::move(what)};
        return 0;
    }

    int add(Branch branch)
    {
        m_tree->branches.push_back(std::move(branch));
        return static_cast<int>(m_tree->branches.size()) - 1;
    }

    int readOr(int depth);
    int readAnd(int depth);
    int readOne(int depth);
    int readCompare(const QueryFieldInfo &field);
    int readIn(Branch branch);
    int readWord();
    bool startsOne() const;

    std::size_t m_size;
    std::vector<QueryToken> m_tokens;
    std::size_t m_at = 0;
    std::optional<QueryProblem> m_problem;
    std::shared_ptr<NodeQuery::Tree> m_tree;
};

int QueryParser::readOr(int depth)
{
    int left = readAnd(depth);
    while (!m_problem && isWord("or", "||")) {
        ++m_at;
        const int right = readAnd(depth);
        left = add({.type = Type::Or, .left = left, .right = right, .text = {}, .names = {}});
    }
    return left;
}

/// Whether something that can be asked begins here: two in a row mean both.
bool QueryParser::startsOne() const
{
    const auto *now = token();
    return now && now->kind != Kind::Close && !isWord("or", "||") && (now->kind != Kind::Operator || now->text == "!");
}

int QueryParser::readAnd(int depth)
{
    int left = readOne(depth);
    while (!m_problem) {
        if (isWord("and", "&&"))
            ++m_at;
        else if (!startsOne())
            break;
        const int right = readOne(depth);
        left = add({.type = Type::And, .left = left, .right = right, .text = {}, .names = {}});
    }
    return left;
}

int QueryParser::readOne(int depth)
{
    const auto *now = token();
    if (depth > kMaxDepth)
        return fail("there are more than 64 parentheses or nots within each other");
    if (!now || now->kind == Kind::Close || isWord("and", "&&") || isWord("or", "||"))
        return fail("found " + found() + ", expected a word or a condition like rack==R2");
    if (isWord("not", "!")) {
        ++m_at;
        const int inner = readOne(depth + 1);
        return add({.type = Type::Not, .left = inner, .text = {}, .names = {}});
    }
    if (now->kind == Kind::Open) {
        const std::size_t opened = now->from;
        ++m_at;
        const int inner = readOr(depth + 1);
        if (m_problem)
            return 0;
        if (!token() || token()->kind != Kind::Close) {
            fail("found " + found() + ", expected \")\" for the \"(\" at character " + std::to_string(opened + 1));
            return 0;
        }
        ++m_at;
        return inner;
    }
    if (now->kind == Kind::Unclosed)
        return fail("this quote is not closed");
    const auto *next = m_at + 1 < m_tokens.size() ? &m_tokens[m_at + 1] : nullptr;
    const bool compares = next && now->kind == Kind::Word && ((next->kind == Kind::Operator && compareFrom(next->text)) || (next->kind == Kind::Word && lowered(next->text) == "in"));
    const auto *field = now->kind == Kind::Word ? fieldNamed(now->text) : nullptr;
    if (compares && field)
        return readCompare(*field);
    if (compares && next->kind == Kind::Operator) {
        std::vector<std::string_view> names;
        for (const auto &info : queryFields())
            names.push_back(info.name);
        const auto meant = nearestWord(lowered(now->text), names);
        return fail("there is no field \"" + now->text + "\"" + (meant ? "; did you mean " + *meant + "?" : "; there are " + listed(names)));
    }
    if (now->kind == Kind::Operator)
        return fail("found " + found() + ", expected a field before it, like rack==R2");
    return readWord();
}

int QueryParser::readWord()
{
    const QueryToken &word = m_tokens[m_at++];
    Branch branch{.type = Type::Anywhere, .text = lowered(word.text), .names = {}};
    if (word.kind == Kind::Word && word.text.find_first_of("[,") != std::string::npos) { // a node set that was pasted
        if (const auto names = expandNodeSet(word.text)) {
            for (const auto &name : *names)
                branch.names.insert(lowered(name));
        }
    }
    return add(std::move(branch));
}

int QueryParser::readCompare(const QueryFieldInfo &field)
{
    ++m_at;
    Branch branch{.type = Type::Compare, .field = field.field, .kind = field.kind, .text = {}, .names = {}};
    const std::string name(field.name);
    if (isWord("in", "in")) {
        branch.compare = Compare::In;
        if (field.kind == QueryKind::Number)
            return fail(name + " is a number: compare it with ==, !=, <, <=, > or >=");
        ++m_at;
        return readIn(std::move(branch));
    }
    branch.compare = *compareFrom(token()->text);
    const bool partly = branch.compare == Compare::Contains || branch.compare == Compare::ContainsNot;
    if (field.kind == QueryKind::Number && partly)
        return fail(name + " is a number: compare it with ==, !=, <, <=, > or >=");
    if (field.kind != QueryKind::Number && comparesOrder(branch.compare))
        return fail(name + " is no number: ask with ==, !=, ~ (contains) or in");
    ++m_at;
    const auto *value = token();
    if (value && value->kind == Kind::Unclosed)
        return fail("this quote is not closed");
    if (!value || (value->kind != Kind::Word && value->kind != Kind::Quoted))
        return fail("found " + found() + ", expected a value of " + name + (field.words.empty() ? "" : ": " + listed(field.words)));
    branch.text = lowered(value->text);
    if (field.kind == QueryKind::Number) {
        const char *end = value->text.data() + value->text.size();
        const auto [stopped, error] = std::from_chars(value->text.data(), end, branch.number);
        if (error != std::errc() || stopped != end)
            return fail("found " + found() + ", expected a number");
    } else if (field.kind == QueryKind::Word && !partly) {
        std::ranges::replace_if(branch.text, [](char character) { return character == ' ' || character == '_'; }, '-');
        if (std::ranges::find(field.words, branch.text) == field.words.end()) {
            const auto meant = nearestWord(branch.text, field.words);
            return fail(name + " is never " + found() + (meant ? "; did you mean " + *meant + "?" : "; it is one of " + listed(field.words)));
        }
    }
    ++m_at;
    return add(std::move(branch));
}

int QueryParser::readIn(Branch branch)
{
    const auto *value = token();
    if (!value || (value->kind != Kind::Word && value->kind != Kind::Quoted))
        return fail("found " + found() + ", expected a set like n[01-08] or R1,R2");
    const auto names = expandNodeSet(value->text);
    if (!names)
        return fail(names.error().what);
    const auto &field = queryField(branch.field);
    for (const auto &each : *names) {
        if (field.kind == QueryKind::Word && std::ranges::find(field.words, lowered(each)) == field.words.end())
            return fail(std::string(field.name) + " is never \"" + each + "\"; it is one of " + listed(field.words));
        branch.names.insert(lowered(each));
    }
    ++m_at;
    return add(std::move(branch));
}

std::expected<NodeQuery, QueryProblem> NodeQuery::parse(std::string_view text)
{
    if (text.size() > kMaxQueryBytes)
        return std::unexpected(QueryProblem{kMaxQueryBytes, "the filter is longer than 4000 bytes"});
    return QueryParser(text).parse();
}

bool NodeQuery::matches(const QueryNode &node) const
{
    return !m_tree || m_tree->matches(m_tree->root, node);
}

QueryEnd NodeQuery::endOf(std::string_view text)
{
    auto tokens = queryTokens(text.substr(0, kMaxQueryBytes));
    QueryEnd end;
    end.from = text.size();
    const bool typing = !tokens.empty() && tokens.back().to == text.size() && (tokens.back().kind == Kind::Word || tokens.back().kind == Kind::Unclosed);
    if (typing) {
        end.from = tokens.back().from;
        tokens.pop_back();
    }
    if (tokens.empty())
        return end;
    const auto isIn = [](const QueryToken &token) { return token.kind == Kind::Word && lowered(token.text) == "in"; };
    const QueryToken &last = tokens.back();
    const auto *before = tokens.size() > 1 ? &tokens[tokens.size() - 2] : nullptr;
    if ((last.kind == Kind::Operator && compareFrom(last.text)) || isIn(last)) {
        end.wants = QueryEnd::Wants::Value;
        if (const auto *field = before ? fieldNamed(before->text) : nullptr)
            end.field = field->field;
        return end;
    }
    const bool connector = last.kind == Kind::Operator || (last.kind == Kind::Word && (lowered(last.text) == "and" || lowered(last.text) == "or" || lowered(last.text) == "not"));
    if (last.kind == Kind::Open || connector)
        return end;
    const bool isValue = before && ((before->kind == Kind::Operator && compareFrom(before->text)) || isIn(*before));
    if (const auto *field = last.kind == Kind::Word && !isValue ? fieldNamed(last.text) : nullptr) {
        end.wants = QueryEnd::Wants::Operator;
        end.field = field->field;
        return end;
    }
    end.wants = QueryEnd::Wants::Connector;
    return end;
}

} // namespace seatrial::domain
