// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/run_views.h"

#include <QAbstractTableModel>

namespace seatrial::gui {

// The nodes of a run, a row a group. A new picture of the run changes only the rows that differ, so that selection
// and scrolling stay where they are.
class NodesModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Hosts, Count, Track, Now, For, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setRows(const std::vector<NodesRow>& rows);
    void setClock(double wallSeconds); // what "for" counts to
    const NodesRow& row(int index) const { return m_rows[static_cast<std::size_t>(index)]; }
    int rowOf(const QString& node) const; // -1: none

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const NodesRow& row, int column) const;

    std::vector<NodesRow> m_rows;
    double m_clock = 0;
};

} // namespace seatrial::gui
