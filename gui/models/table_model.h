// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/report/table.h"

#include <QAbstractTableModel>
#include <QStringList>

namespace seatrial::gui {

// A report's table as it is, for a view: the same rows and values that the command line prints.
class TableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    using QAbstractTableModel::QAbstractTableModel;

    void setTable(report::Table table);
    const report::Table& table() const { return m_table; }
    int columnOf(const QString& name) const; // -1: none

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    // DisplayRole is rounded for reading, EditRole the cell itself.
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    report::Table m_table;
};

} // namespace seatrial::gui
