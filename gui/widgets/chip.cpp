// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/widgets/chip.h"

#include "gui/theme/focus_ring.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/theme/type_roles.h"

#include <QPainter>

namespace seatrial::gui {

Chip::Chip(const QString& text, Kind kind, QWidget* parent) : QAbstractButton(parent), m_kind(kind)
{
    setText(text);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setAccessibleName(kind == Kind::Active ? tr("%1, remove this condition").arg(text) : text);
}

void Chip::setCount(int count)
{
    m_count = count;
    updateGeometry();
    update();
}

QSize Chip::sizeHint() const
{
    const QFontMetricsF metrics(fontFor(TypeRole::Row, QFont::Medium));
    qreal width = metrics.horizontalAdvance(text()) + 20;
    if (m_kind == Kind::Active)
        width += 18;
    else if (m_count >= 0)
        width += metrics.horizontalAdvance(QString::number(m_count)) + 8;
    return {static_cast<int>(width), std::max(24, static_cast<int>(metrics.height()) + 6)};
}

void Chip::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool active = m_kind == Kind::Active;
    painter.setPen(QPen(active ? theme.accent : theme.lineStrong, 1));
    painter.setBrush(active ? theme.accentTint : underMouse() ? theme.hover : theme.panel);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), height() / 2.0 - 0.5, height() / 2.0 - 0.5);
    painter.setFont(fontFor(TypeRole::Row, QFont::Medium));
    painter.setPen(active ? theme.accentInk : theme.text2);
    painter.drawText(rect().adjusted(10, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, text());
    if (active) {
        paintIcon(painter, Icon::Close, {width() - 15.0, height() / 2.0}, theme.accentInk, 13, underMouse() ? 2.0 : 1.4);
    } else if (m_count >= 0) {
        painter.setFont(fontFor(TypeRole::Row, QFont::DemiBold));
        painter.setPen(theme.text);
        painter.drawText(rect().adjusted(0, 0, -10, 0), Qt::AlignVCenter | Qt::AlignRight, QString::number(m_count));
    }
    if (showsFocus(*this))
        paintFocusRing(painter, theme, rect(), height() / 2.0 - 1);
}

} // namespace seatrial::gui
