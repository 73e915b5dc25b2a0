// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/node_filter.h"

#include "core/domain/node_set.h"

#include <QSet>

#include <algorithm>
#include <array>

namespace seatrial::gui {

using domain::QueryField;

namespace {

// "not-tested": as filters have it.
std::string wordInFilter(State state)
{
    return wordOf(state).toLower().replace(QLatin1Char(' '), QLatin1Char('-')).toStdString();
}

std::string verdictInFilter(State state)
{
    switch (state) {
    case State::Qualified:
    case State::Marginal:
    case State::Failed:
    case State::Unknown: return wordInFilter(state);
    case State::Unreachable: return "unknown";
    case State::Running:
    case State::Stuck:
    case State::NotTested: break;
    }
    return "none";
}

// The words of a state: asked of thousands of nodes with each letter that is typed.
struct StateWords {
    std::string verdict;
    std::string word;
    std::string shown; // as the window has it, with blanks
};

const StateWords& wordsInFilter(State state)
{
    static const auto table = [] {
        std::array<StateWords, stateCount> made;
        for (const State each : allStates)
            made[indexOf(each)] = {verdictInFilter(each), wordInFilter(each), wordOf(each).toLower().toStdString()};
        return made;
    }();
    return table[indexOf(state)];
}

class ViewedNode : public domain::QueryNode {
public:
    ViewedNode(const RackView& rack, const NodeView& node) : m_rack(rack), m_node(node) {}

    std::vector<std::string> texts(QueryField field) const override
    {
        switch (field) {
        case QueryField::Node: return {m_node.id.toStdString()};
        case QueryField::Address: return {m_node.address.toStdString()};
        case QueryField::Rack: return {m_rack.name.toStdString()};
        case QueryField::Verdict: return {wordsInFilter(m_node.state).verdict};
        case QueryField::State: {
            const StateWords& words = wordsInFilter(m_node.state);
            if (words.word == words.shown)
                return {words.word};
            return {words.word, words.shown};
        }
        case QueryField::Reason:
            if (m_node.reason.isEmpty() && m_node.sentence.isEmpty()) // most nodes
                return {std::string()};
            return {m_node.reason.toStdString(), m_node.sentence.toStdString()};
        case QueryField::Check: break;
        case QueryField::Unit:
        case QueryField::Value: return {};
        }
        std::vector<std::string> missed;
        for (const QString& check : m_node.missed)
            missed.push_back(check.toStdString());
        return missed;
    }

    std::optional<double> number(QueryField field) const override
    {
        return field == QueryField::Unit ? std::optional<double>(m_node.unit) : field == QueryField::Value ? m_node.figure : std::nullopt;
    }

private:
    const RackView& m_rack;
    const NodeView& m_node;
};

// A word that needs quotes gets them.
QString inFilter(const QString& text)
{
    static const QString plain = QStringLiteral("_-.:/%");
    const bool simple = !text.isEmpty() && std::all_of(text.begin(), text.end(), [](QChar c) { return c.isLetterOrNumber() || plain.contains(c); });
    if (simple)
        return text;
    const QChar quote = text.contains(QLatin1Char('"')) ? QLatin1Char('\'') : QLatin1Char('"');
    return quote + text + quote;
}

QStringList valuesOf(const FleetViewData& fleet, QueryField field)
{
    constexpr int most = 400; // of a list that one can still look through
    QSet<QString> values;
    for (const RackView& rack : fleet.racks) {
        if (values.size() >= most)
            break;
        if (field == QueryField::Rack)
            values << rack.name;
        for (const NodeView& node : rack.nodes) {
            if (field == QueryField::Node)
                values << node.id;
            else if (field == QueryField::Check)
                values += QSet<QString>(node.missed.begin(), node.missed.end());
            else if (field == QueryField::Address)
                values << node.address;
            else if (field == QueryField::Reason && !node.reason.isEmpty())
                values << node.reason;
        }
    }
    QStringList sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end(), [](const QString& a, const QString& b) { return domain::naturalLess(a.toStdString(), b.toStdString()); });
    QStringList words;
    for (const QString& each : sorted)
        words << inFilter(each);
    return words;
}

} // namespace

NodeFilter::NodeFilter(StateSet states, const QString& text) : m_states(states), m_text(text.trimmed())
{
    if (auto query = domain::NodeQuery::parse(m_text.toStdString()))
        m_query = std::move(*query);
}

std::optional<FilterProblem> NodeFilter::problemOf(const QString& text)
{
    const std::string bytes = text.toStdString();
    const auto query = domain::NodeQuery::parse(bytes);
    if (query)
        return std::nullopt;
    const auto characters = QString::fromUtf8(bytes.data(), static_cast<qsizetype>(std::min(query.error().position, bytes.size()))).size();
    return FilterProblem{static_cast<int>(characters), QString::fromStdString(query.error().what)};
}

bool NodeFilter::matches(const RackView& rack, const NodeView& node) const
{
    if (!m_states.isEmpty() && !m_states.contains(node.state))
        return false;
    return m_query.isEmpty() || m_query.matches(ViewedNode(rack, node));
}

FilterMatches::FilterMatches(const FleetViewData& fleet, const NodeFilter& filter)
{
    m_racks.reserve(fleet.racks.size());
    for (const RackView& rack : fleet.racks) {
        std::vector<bool>& nodes = m_racks.emplace_back();
        nodes.reserve(rack.nodes.size());
        for (const NodeView& node : rack.nodes) {
            nodes.push_back(filter.matches(rack, node));
            m_count += nodes.back() ? 1 : 0;
        }
    }
}

bool endsInHalfAWord(const QString& text)
{
    const std::string bytes = text.toStdString();
    const auto end = domain::NodeQuery::endOf(bytes);
    return end.wants != domain::QueryEnd::Wants::Value && end.from > 0 && end.from < bytes.size();
}

FilterCompletion filterCompletion(const FleetViewData& fleet, const QString& text)
{
    const std::string bytes = text.toStdString();
    const auto end = domain::NodeQuery::endOf(bytes);
    FilterCompletion completion;
    completion.from = static_cast<int>(QString::fromUtf8(bytes.data(), static_cast<qsizetype>(end.from)).size());
    const auto words = [](const auto& views) {
        QStringList list;
        for (const auto view : views)
            list << QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
        return list;
    };
    switch (end.wants) {
    case domain::QueryEnd::Wants::Connector: completion.words = QStringList{QStringLiteral("and"), QStringLiteral("or")}; break;
    case domain::QueryEnd::Wants::Operator:
        completion.words = domain::queryField(*end.field).kind == domain::QueryKind::Number
            ? QStringList{QStringLiteral("=="), QStringLiteral("!="), QStringLiteral("<"), QStringLiteral("<="), QStringLiteral(">"), QStringLiteral(">=")}
            : QStringList{QStringLiteral("=="), QStringLiteral("!="), QStringLiteral("~"), QStringLiteral("in")};
        break;
    case domain::QueryEnd::Wants::Value:
        if (end.field) {
            const auto& field = domain::queryField(*end.field);
            completion.words = field.words.empty() ? valuesOf(fleet, *end.field) : words(field.words);
        }
        break;
    case domain::QueryEnd::Wants::Field:
        for (const auto& field : domain::queryFields())
            completion.words << QString::fromUtf8(field.name.data(), static_cast<qsizetype>(field.name.size()));
        completion.words << QStringLiteral("not");
        break;
    }
    return completion;
}

} // namespace seatrial::gui
