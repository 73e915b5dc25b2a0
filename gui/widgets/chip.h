// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>

namespace seatrial::gui {

// A condition. Active ones are filled and carry an x, a click takes them away; hollow ones are offers with a count.
class Chip : public QAbstractButton {
    Q_OBJECT

public:
    enum class Kind { Active, Offer };

    Chip(const QString& text, Kind kind, QWidget* parent = nullptr);
    void setCount(int count); // negative: none

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Kind m_kind;
    int m_count = -1;
};

} // namespace seatrial::gui
