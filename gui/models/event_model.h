// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/snapshot.h"

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>

#include <deque>

namespace seatrial::gui {

// The event log, newest first. Bounded: the store keeps all of it.
class EventModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Time, Nodes, Text, ColumnCount };
    static constexpr std::size_t mostLines = 10'000;

    using QAbstractTableModel::QAbstractTableModel;

    void append(const std::vector<campaign::LogLine>& lines); // oldest first, as they were said
    void clear();
    const campaign::LogLine& line(int row) const { return m_lines[static_cast<std::size_t>(row)]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::deque<campaign::LogLine> m_lines; // newest first
};

// What of the log is shown.
class EventFilter : public QSortFilterProxyModel {
    Q_OBJECT

public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

    void setWarningsOnly(bool on);
    void setNode(const QString& node); // empty: all

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    bool m_warningsOnly = false;
    std::string m_node;
};

} // namespace seatrial::gui
