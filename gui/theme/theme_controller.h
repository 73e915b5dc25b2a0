// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QPalette>

namespace seatrial::gui {

enum class ThemeChoice { System, Light, Dark };

// Dresses the application: style, font and palette, and changes them without a restart.
class ThemeController : public QObject {
    Q_OBJECT

public:
    explicit ThemeController(QObject* parent = nullptr); // one per application, before its first window
    ~ThemeController() override;

    ThemeChoice choice() const { return m_choice; }
    void setChoice(ThemeChoice choice);

signals:
    void choiceChanged(ThemeChoice choice);

private:
    QPalette m_platformPalette; // what the desktop asked for before we changed anything
    ThemeChoice m_choice = ThemeChoice::System;
};

} // namespace seatrial::gui
