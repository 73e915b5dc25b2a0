// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/theme/theme_controller.h"

#include "gui/theme/icons.h"
#include "gui/theme/seatrial_style.h"
#include "gui/theme/theme.h"
#include "gui/theme/type_roles.h"

#include <QApplication>
#include <QToolTip>

namespace seatrial::gui {

ThemeController::ThemeController(QObject* parent) : QObject(parent), m_platformPalette(QApplication::palette())
{
    QApplication::setStyle(new SeatrialStyle);
    chooseApplicationFont();
    QApplication::setWindowIcon(applicationIcon());
    setChoice(ThemeChoice::System);
}

ThemeController::~ThemeController() = default;

void ThemeController::setChoice(ThemeChoice choice)
{
    const bool changed = choice != m_choice;
    m_choice = choice;
    const Theme* theme = &themeOf(m_platformPalette);
    if (choice == ThemeChoice::Light)
        theme = &Theme::day();
    if (choice == ThemeChoice::Dark)
        theme = &Theme::night();
    QApplication::setPalette(theme->palette());
    QToolTip::setPalette(theme->palette());
    if (changed)
        emit choiceChanged(choice);
}

} // namespace seatrial::gui
