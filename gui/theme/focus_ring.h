// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/theme/theme.h"

#include <QRectF>

class QPainter;
class QWidget;

namespace seatrial::gui {

// The ring is seen when the keyboard moved last; a click does not draw it.
bool showsFocus(const QWidget& widget);
void paintFocusRing(QPainter& painter, const Theme& theme, const QRectF& outer, qreal radius);

} // namespace seatrial::gui
