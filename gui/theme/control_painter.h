// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/theme/theme.h"

#include <QRect>

class QPainter;
class QStyleOption;
class QStyleOptionComboBox;
class QStyleOptionMenuItem;
class QStyleOptionSlider;

namespace seatrial::gui {

// What the style draws, one function per control.
void paintPushButton(QPainter& painter, const Theme& theme, const QStyleOption& option, const QWidget* widget);
QColor buttonTextColour(const Theme& theme, const QStyleOption& option, const QWidget* widget);
void paintField(QPainter& painter, const Theme& theme, const QStyleOption& option);
void paintCheckBox(QPainter& painter, const Theme& theme, const QStyleOption& option);
void paintRadioButton(QPainter& painter, const Theme& theme, const QStyleOption& option);
void paintComboBox(QPainter& painter, const Theme& theme, const QStyleOptionComboBox& option);
void paintMenuBarItem(QPainter& painter, const Theme& theme, const QStyleOptionMenuItem& option);
void paintScrollBar(QPainter& painter, const Theme& theme, const QStyleOptionSlider& option, const QRect& handle);
void paintItemRow(QPainter& painter, const Theme& theme, const QStyleOption& option);
void paintHeaderSection(QPainter& painter, const Theme& theme, const QRect& rect);
void paintRaised(QPainter& painter, const Theme& theme, const QRect& rect);

} // namespace seatrial::gui
