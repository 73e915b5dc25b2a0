// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

namespace seatrial::gui {

// How a filter is written, with examples to click on. Closes when something else is clicked, or with Escape.
class FilterHelp : public QFrame {
    Q_OBJECT

public:
    explicit FilterHelp(QWidget* parent = nullptr);

    void showBelow(QWidget& anchor);

signals:
    void exampleChosen(const QString& example);
};

} // namespace seatrial::gui
