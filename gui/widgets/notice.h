// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/state.h"

#include <QWidget>

class QHBoxLayout;
class QPushButton;

namespace seatrial::gui {

class Paragraph;

// A line in the place of what it speaks of: what happened, what to do, and at most one thing to click. Stays until
// it is closed or what it says is no longer true.
class Notice : public QWidget {
    Q_OBJECT

public:
    explicit Notice(QWidget* parent = nullptr);

    // @p details go to the clipboard with "Copy details"; empty: no such button.
    void say(State tone, const QString& what, const QString& next, const QString& details = {});
    void setAction(const QString& label); // empty: none
    QPushButton& addButton(const QString& label); // a further thing to click, right of the first
    void setClosable(bool closable, const QString& label = {});
    QString text() const;

signals:
    void actionTriggered();
    void dismissed(); // by the person who read it

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    State m_tone = State::Failed;
    QString m_details;
    QHBoxLayout* m_row;
    Paragraph* m_what;
    Paragraph* m_next;
    QPushButton* m_copy;
    QPushButton* m_action;
    QPushButton* m_close;
};

} // namespace seatrial::gui
