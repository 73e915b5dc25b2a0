// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seatrial::domain {

/// What a query may ask of a node.
enum class QueryField { Node, Address, Rack, Unit, Verdict, State, Reason, Check, Value };

enum class QueryKind { Text, Number, Word }; ///< Word: one of a few that are known

struct QueryFieldInfo {
    QueryField field;
    QueryKind kind;
    std::string_view name;
    std::vector<std::string_view> aliases;
    std::vector<std::string_view> words; ///< of the kind Word
    std::string_view help;
};

const std::vector<QueryFieldInfo> &queryFields();
const QueryFieldInfo &queryField(QueryField field);

/// One node, as whoever shows it knows it.
class QueryNode
{
public:
    virtual ~QueryNode() = default;
    /// The texts of a field, none if nothing is known. Words are in lower case with '-' for blanks: "not-tested".
    virtual std::vector<std::string> texts(QueryField field) const = 0;
    virtual std::optional<double> number(QueryField field) const = 0;
};

/// What is wrong with a query, and at which byte of it.
struct QueryProblem {
    std::size_t position = 0;
    std::string what; ///< "found the end, expected a value, like rack==R2"
};

/// Where the end of a half-typed query stands, for those who complete it.
struct QueryEnd {
    enum class Wants { Field, Operator, Value, Connector };
    Wants wants = Wants::Field;
    std::optional<QueryField> field; ///< of the value or of the operator
    std::size_t from = 0;            ///< where the word being typed begins
};

/// Which nodes are meant: "rack==R2 and verdict!=qualified", "node in n[01-08]", "not (slow or dead)" (docs/cli.md).
/// Parsed once, asked as often as there are nodes. Upper and lower case are the same.
class NodeQuery
{
public:
    NodeQuery() = default; ///< matches every node
    static std::expected<NodeQuery, QueryProblem> parse(std::string_view text);
    static QueryEnd endOf(std::string_view text);

    bool isEmpty() const { return !m_tree; }
    bool matches(const QueryNode &node) const;

private:
    struct Tree;
    friend class QueryParser;
    std::shared_ptr<const Tree> m_tree;
};

inline constexpr std::size_t kMaxQueryBytes = 4000;

} // namespace seatrial::domain
