// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/plan.h"
#include "core/domain/verdict.h"
#include "gui/models/state.h"

#include <QAbstractItemModel>

namespace seatrial::gui {

// The judged figures of one node, worst first. Under each lies one row that explains it: the sentence, where the
// limit comes from, what to do.
class FindingsModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Column { Test, Measured, Limit, Margin, ColumnCount };
    enum Role { StateRole = Qt::UserRole, MarginRole, DetailRole };

    using QAbstractItemModel::QAbstractItemModel;

    void setFindings(std::vector<domain::Finding> findings, const domain::Plan& plan, const QString& node);
    const domain::Finding& finding(int row) const { return m_findings[static_cast<std::size_t>(row)]; }

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const domain::Finding& finding, int row, int column) const;
    static QString detail(const domain::Finding& finding);

    std::vector<domain::Finding> m_findings;
    std::vector<QString> m_titles;
};

} // namespace seatrial::gui
