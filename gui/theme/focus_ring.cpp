// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/theme/focus_ring.h"

#include <QPainter>
#include <QWidget>

namespace seatrial::gui {

bool showsFocus(const QWidget& widget)
{
    return widget.hasFocus() && widget.window()->testAttribute(Qt::WA_KeyboardFocusChange);
}

void paintFocusRing(QPainter& painter, const Theme& theme, const QRectF& outer, qreal radius)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.focus, 2));
    painter.drawRoundedRect(outer.adjusted(1, 1, -1, -1), radius, radius);
    painter.restore();
}

} // namespace seatrial::gui
