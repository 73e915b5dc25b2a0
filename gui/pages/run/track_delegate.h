// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace seatrial::gui {

// Rows of the nodes table: the host list in the fixed font, one cell a step, and a line where another rack begins.
class TrackDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

    static int trackWidth(int steps);
};

} // namespace seatrial::gui
