// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace seatrial::gui {

// A judged figure as a row: its state, its numbers, and a bar with the limit in its middle: right is room, left a
// miss, full width is 20 %. The row that explains it breaks its lines.
class FindingsDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    void paintDetail(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    void paintMargin(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
};

} // namespace seatrial::gui
