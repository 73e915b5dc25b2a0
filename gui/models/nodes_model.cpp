// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/nodes_model.h"

#include "gui/models/words.h"

namespace seatrial::gui {

namespace {

QString trackWords(const StepTrack& track)
{
    StateCounts counts;
    int ahead = 0;
    for (const auto& cell : track) {
        if (cell)
            counts.add(*cell);
        else
            ++ahead;
    }
    QStringList words;
    for (const State state : allStates) {
        if (counts.of(state) > 0)
            words << QStringLiteral("%1 %2").arg(counts.of(state)).arg(wordOf(state).toLower());
    }
    if (ahead > 0)
        words << QStringLiteral("%1 ahead").arg(ahead);
    return words.join(QStringLiteral(", "));
}

} // namespace

void NodesModel::setRows(const std::vector<NodesRow>& rows)
{
    const auto sameHosts = [](const NodesRow& a, const NodesRow& b) { return a.hosts == b.hosts; };
    const auto shorter = static_cast<std::ptrdiff_t>(std::min(rows.size(), m_rows.size()));
    const auto head = std::mismatch(m_rows.begin(), m_rows.begin() + shorter, rows.begin(), sameHosts).first - m_rows.begin();
    std::ptrdiff_t tail = 0;
    while (tail < shorter - head && sameHosts(m_rows[m_rows.size() - 1 - static_cast<std::size_t>(tail)], rows[rows.size() - 1 - static_cast<std::size_t>(tail)]))
        ++tail;
    const auto oldEnd = static_cast<std::ptrdiff_t>(m_rows.size()) - tail;
    const auto newEnd = static_cast<std::ptrdiff_t>(rows.size()) - tail;
    if (oldEnd > head) {
        beginRemoveRows({}, static_cast<int>(head), static_cast<int>(oldEnd) - 1);
        m_rows.erase(m_rows.begin() + head, m_rows.begin() + oldEnd);
        endRemoveRows();
    }
    if (newEnd > head) {
        beginInsertRows({}, static_cast<int>(head), static_cast<int>(newEnd) - 1);
        m_rows.insert(m_rows.begin() + head, rows.begin() + head, rows.begin() + newEnd);
        endInsertRows();
    }
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        if (m_rows[i] == rows[i])
            continue;
        m_rows[i] = rows[i];
        emit dataChanged(index(static_cast<int>(i), 0), index(static_cast<int>(i), ColumnCount - 1));
    }
}

void NodesModel::setClock(double wallSeconds)
{
    if (static_cast<long long>(m_clock) == static_cast<long long>(wallSeconds))
        return;
    m_clock = wallSeconds;
    if (!m_rows.empty())
        emit dataChanged(index(0, For), index(static_cast<int>(m_rows.size()) - 1, For), {Qt::DisplayRole});
}

int NodesModel::rowOf(const QString& node) const
{
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        if (m_rows[i].nodes.contains(node))
            return static_cast<int>(i);
    }
    return -1;
}

int NodesModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_rows.size()); }

int NodesModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QString NodesModel::text(const NodesRow& row, int column) const
{
    switch (column) {
    case Hosts: return row.hosts;
    case Count: return QString::number(row.nodes.size());
    case Track: return trackWords(row.track);
    case Now: return row.now;
    case For: return row.since > 0 && m_clock > row.since ? durationText(m_clock - row.since) : QString();
    default: return {};
    }
}

QVariant NodesModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const NodesRow& row = m_rows[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole: return text(row, index.column());
    case Qt::ToolTipRole: return index.column() == Hosts || index.column() == Track ? QVariant(plainTip(text(row, index.column()))) : QVariant();
    case Qt::AccessibleTextRole: return index.column() == Hosts ? QVariant(row.hosts + QStringLiteral(", ") + wordOf(row.state)) : QVariant(text(row, index.column()));
    case Qt::TextAlignmentRole: return QVariant::fromValue<int>(Qt::AlignVCenter | (index.column() == Count || index.column() == For ? Qt::AlignRight : Qt::AlignLeft));
    default: return {};
    }
}

QVariant NodesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue<int>(Qt::AlignVCenter | (section == Count || section == For ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Hosts: return QStringLiteral("Nodes");
    case Count: return QStringLiteral("Count");
    case Track: return m_rows.empty() ? QStringLiteral("Steps") : QStringLiteral("%1 steps").arg(m_rows.front().track.size());
    case Now: return QStringLiteral("Now");
    case For: return QStringLiteral("For");
    default: return {};
    }
}

} // namespace seatrial::gui
