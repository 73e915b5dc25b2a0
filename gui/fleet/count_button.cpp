// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/fleet/count_button.h"

#include "gui/theme/focus_ring.h"
#include "gui/theme/state_painter.h"
#include "gui/theme/type_roles.h"

#include <QPainter>

#include <algorithm>

namespace seatrial::gui {

CountButton::CountButton(State state, QWidget* parent) : QAbstractButton(parent), m_state(state)
{
    setCheckable(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    setToolTip(tr("Click shows only these, Ctrl adds them"));
    setCount(0);
}

void CountButton::setCount(int count)
{
    m_count = count;
    setAccessibleName(tr("%1 %2").arg(count).arg(wordOf(m_state).toLower()));
    updateGeometry();
    update();
}

QSize CountButton::sizeHint() const
{
    const QFontMetricsF figure(fontFor(TypeRole::Figure));
    const QFontMetricsF word(fontFor(TypeRole::Row));
    const qreal width = std::max(figure.horizontalAdvance(QString::number(m_count)), word.horizontalAdvance(wordOf(m_state)));
    return {static_cast<int>(width) + 24 + 10, 48};
}

QSize CountButton::minimumSizeHint() const
{
    const QFontMetricsF figure(fontFor(TypeRole::Figure));
    return {static_cast<int>(std::max(figure.horizontalAdvance(QString::number(m_count)), 36.0)) + 26, 48};
}

void CountButton::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (isChecked() || underMouse()) {
        painter.setPen(isChecked() ? QPen(theme.accent, 1) : QPen(Qt::NoPen));
        painter.setBrush(isChecked() ? theme.accentTint : theme.panel);
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
    paintState(painter, theme, {12, 17}, 15, m_state);
    painter.setFont(fontFor(TypeRole::Figure));
    painter.setPen(m_count > 0 ? theme.text : theme.text3);
    painter.drawText(QRectF(25, 3, width() - 26, 26), Qt::AlignVCenter | Qt::AlignLeft, QString::number(m_count));
    painter.setFont(fontFor(TypeRole::Row));
    painter.setPen(m_count > 0 ? theme.text2 : theme.text3);
    painter.drawText(QRectF(25, 28, width() - 26, 17), Qt::AlignVCenter | Qt::AlignLeft,
                     QFontMetricsF(painter.font()).elidedText(wordOf(m_state), Qt::ElideRight, width() - 26));
    if (showsFocus(*this))
        paintFocusRing(painter, theme, rect(), 4);
}

} // namespace seatrial::gui
