// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/state.h"

#include <QAbstractButton>

namespace seatrial::gui {

class CountButton : public QAbstractButton {
    Q_OBJECT

public:
    explicit CountButton(State state, QWidget* parent = nullptr);
    void setCount(int count);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    State m_state;
    int m_count = 0;
};

} // namespace seatrial::gui
