// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/state.h"

#include <QWidget>

namespace seatrial::gui {

// Glyph and word of a state in a tinted box, beside a name.
class StateBadge : public QWidget {
    Q_OBJECT

public:
    explicit StateBadge(QWidget* parent = nullptr);
    void setState(State state);
    void setState(State state, const QString& word);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    State m_state = State::NotTested;
    QString m_word;
};

} // namespace seatrial::gui
