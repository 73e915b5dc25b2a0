// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/fleet_view_data.h"

#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/domain/node_query.h"
#endif

namespace seatrial::gui {

// Why a filter is not understood, at which of its characters.
struct FilterProblem {
    int position = 0;
    QString what;
};

// What the fleet drawing leaves bright. It never removes anything: places stay where they are. Parsed once, asked for
// each node.
class NodeFilter {
public:
    NodeFilter() = default;
    // @p text as in docs/cli.md; one that is not understood (problemOf) leaves everything.
    NodeFilter(StateSet states, const QString& text); // no states: every state

    static std::optional<FilterProblem> problemOf(const QString& text);

    StateSet states() const { return m_states; }
    const QString& text() const { return m_text; }
    bool isActive() const { return !m_states.isEmpty() || !m_query.isEmpty(); }
    bool matches(const RackView& rack, const NodeView& node) const;
    bool operator==(const NodeFilter& other) const { return m_states == other.m_states && m_text == other.m_text; }

private:
    StateSet m_states;
    QString m_text;
    domain::NodeQuery m_query;
};

// What a filter leaves of one fleet, asked once for each node.
class FilterMatches {
public:
    FilterMatches() = default;
    FilterMatches(const FleetViewData& fleet, const NodeFilter& filter);

    bool contains(NodeRef ref) const { return m_racks[static_cast<std::size_t>(ref.rack)][static_cast<std::size_t>(ref.node)]; }
    std::size_t count() const { return m_count; }

private:
    std::vector<std::vector<bool>> m_racks;
    std::size_t m_count = 0;
};

// What may stand at the end of a half-typed filter.
struct FilterCompletion {
    int from = 0; // where the word that they replace begins
    QStringList words;
};
// Whether the last word, after a condition, may still become a field or "and": it is no wish yet.
bool endsInHalfAWord(const QString& text);
FilterCompletion filterCompletion(const FleetViewData& fleet, const QString& text);

} // namespace seatrial::gui
