// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/run_data.h"
#include "core/store/store.h"

#include <QAbstractListModel>

namespace seatrial::gui {

// The runs of a store, newest first, a line each.
class RunsModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role { IdRole = Qt::UserRole };

    using QAbstractListModel::QAbstractListModel;

    void setRuns(std::vector<store::RunSummary> runs);
    const std::vector<store::RunSummary>& runs() const { return m_runs; }
    int rowOf(const domain::RunId& run) const; // -1: none

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    std::vector<store::RunSummary> m_runs;
};

} // namespace seatrial::gui
