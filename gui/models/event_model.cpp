// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/event_model.h"

#include "gui/models/words.h"

#include <algorithm>

namespace seatrial::gui {

void EventModel::append(const std::vector<campaign::LogLine>& lines)
{
    const std::size_t count = std::min(lines.size(), mostLines);
    if (count == 0)
        return;
    if (m_lines.size() + count > mostLines) {
        const std::size_t keep = mostLines - count;
        beginRemoveRows({}, static_cast<int>(keep), static_cast<int>(m_lines.size()) - 1);
        m_lines.resize(keep);
        endRemoveRows();
    }
    beginInsertRows({}, 0, static_cast<int>(count) - 1);
    m_lines.insert(m_lines.begin(), lines.rbegin(), lines.rbegin() + static_cast<std::ptrdiff_t>(count));
    endInsertRows();
}

void EventModel::clear()
{
    beginResetModel();
    m_lines.clear();
    endResetModel();
}

int EventModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_lines.size()); }

int EventModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant EventModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const campaign::LogLine& line = m_lines[static_cast<std::size_t>(index.row())];
    if (role == Qt::ToolTipRole && index.column() == Text)
        return QStringLiteral("<span>%1</span>").arg(shown(line.text).toHtmlEscaped()); // rich text wraps
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Time: return clockText(line.wallSeconds);
    case Nodes: return foldedNames(line.nodes);
    case Text: return shown(line.text);
    default: return {};
    }
}

QVariant EventModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Time: return QStringLiteral("Time");
    case Nodes: return QStringLiteral("Nodes");
    case Text: return QStringLiteral("What happened");
    default: return {};
    }
}

void EventFilter::setWarningsOnly(bool on)
{
    m_warningsOnly = on;
    invalidateFilter();
}

void EventFilter::setNode(const QString& node)
{
    m_node = node.toStdString();
    invalidateFilter();
}

bool EventFilter::filterAcceptsRow(int row, const QModelIndex&) const
{
    const auto* events = qobject_cast<const EventModel*>(sourceModel());
    const campaign::LogLine& line = events->line(row);
    if (m_warningsOnly && line.severity == protocol::Severity::Info)
        return false;
    return m_node.empty() || std::ranges::any_of(line.nodes, [this](const auto& node) { return node.text() == m_node; });
}

} // namespace seatrial::gui
