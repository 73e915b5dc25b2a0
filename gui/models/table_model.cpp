// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/table_model.h"

#include "core/report/number.h"
#include "gui/models/words.h"

namespace seatrial::gui {

namespace {

bool isNumber(const report::Cell& cell) { return std::holds_alternative<double>(cell) || std::holds_alternative<long long>(cell); }

QVariant display(const report::Cell& cell)
{
    if (const auto* text = std::get_if<std::string>(&cell))
        return shown(*text);
    if (const auto* whole = std::get_if<long long>(&cell))
        return QString::number(*whole);
    if (const auto* number = std::get_if<double>(&cell))
        return shown(report::withUnit(*number, protocol::Unit::None));
    return {};
}

QVariant exact(const report::Cell& cell)
{
    if (const auto* text = std::get_if<std::string>(&cell))
        return QString::fromStdString(*text);
    if (const auto* whole = std::get_if<long long>(&cell))
        return *whole;
    if (const auto* number = std::get_if<double>(&cell))
        return *number;
    return {};
}

} // namespace

void TableModel::setTable(report::Table table)
{
    beginResetModel();
    m_table = std::move(table);
    endResetModel();
}

int TableModel::columnOf(const QString& name) const
{
    for (std::size_t i = 0; i < m_table.columns.size(); ++i) {
        if (m_table.columns[i] == name.toStdString())
            return static_cast<int>(i);
    }
    return -1;
}

int TableModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_table.rows.size()); }

int TableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_table.columns.size()); }

QVariant TableModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const auto& row = m_table.rows[static_cast<std::size_t>(index.row())];
    if (static_cast<std::size_t>(index.column()) >= row.size())
        return {};
    const report::Cell& cell = row[static_cast<std::size_t>(index.column())];
    switch (role) {
    case Qt::DisplayRole: return display(cell);
    case Qt::EditRole: return exact(cell);
    case Qt::ToolTipRole: return plainTip(exact(cell).toString());
    case Qt::TextAlignmentRole: return QVariant::fromValue<int>(Qt::AlignVCenter | (isNumber(cell) ? Qt::AlignRight : Qt::AlignLeft));
    default: return {};
    }
}

QVariant TableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole || section < 0 || static_cast<std::size_t>(section) >= m_table.columns.size())
        return {};
    return QString::fromStdString(m_table.columns[static_cast<std::size_t>(section)]);
}

} // namespace seatrial::gui
