// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/widgets/icon_button.h"

#include "gui/theme/focus_ring.h"

#include <QPainter>

namespace seatrial::gui {

IconButton::IconButton(Icon icon, const QString& name, QWidget* parent) : QAbstractButton(parent), m_icon(icon)
{
    setAccessibleName(name);
    setToolTip(name);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void IconButton::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (underMouse() && isEnabled()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.hover);
        painter.drawRoundedRect(rect(), 4, 4);
    }
    paintIcon(painter, m_icon, QRectF(rect()).center(), isEnabled() ? theme.text2 : theme.textDisabled, 16, 1.5);
    if (showsFocus(*this))
        paintFocusRing(painter, theme, rect(), 4);
}

} // namespace seatrial::gui
