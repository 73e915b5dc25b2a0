// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QMenuBar;

namespace seatrial::gui {

// The sign, the menus, and in the middle the name of what is open.
class TopBar : public QWidget {
    Q_OBJECT

public:
    explicit TopBar(QWidget* parent = nullptr);

    QMenuBar& menus() { return *m_menus; }
    void setTitle(const QString& title);
    void setMark(const QString& mark); // a word in a frame beside the title, such as SIMULATED

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QMenuBar* m_menus;
    QString m_title;
    QString m_mark;
};

} // namespace seatrial::gui
