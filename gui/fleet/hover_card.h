// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/fleet_view_data.h"

#include <QWidget>

namespace seatrial::gui {

// What the pointer is on: state, value or reason in full, and the checks that are not good. The only thing with a
// shadow. It lies in the view, so that it can never cover another window or outlive its node.
class HoverCard : public QWidget {
    Q_OBJECT

public:
    explicit HoverCard(QWidget* parent);

    void showNode(const RackView& rack, const NodeView& node, const QRect& beside, bool pinned);
    void showRack(const RackView& rack, const QRect& beside);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Line {
        std::optional<State> state;
        QString text;
    };
    void place(const QRect& beside);

    QString m_title;
    QString m_place;
    QString m_value;
    QString m_sentence;
    QString m_hint;
    State m_state = State::NotTested;
    std::vector<Line> m_lines;
};

} // namespace seatrial::gui
