// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/shell/status_strip.h"

#include "gui/theme/state_painter.h"
#include "gui/theme/type_roles.h"

#include <QPainter>

namespace seatrial::gui {

StatusStrip::StatusStrip(QWidget* parent) : QWidget(parent) { setFixedHeight(26); }

void StatusStrip::setItems(std::vector<StatusItem> items)
{
    if (m_items == items)
        return;
    m_items = std::move(items);
    QStringList words;
    for (const StatusItem& item : m_items)
        words.append(item.text);
    setAccessibleName(words.join(QStringLiteral(", ")));
    update();
}

void StatusStrip::setRight(const QString& text)
{
    m_right = text;
    update();
}

void StatusStrip::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    painter.fillRect(rect(), theme.chrome);
    const QFont font = fontFor(TypeRole::Small);
    const QFontMetricsF metrics(font);
    painter.setFont(font);
    const qreal rightWidth = metrics.horizontalAdvance(m_right);
    const qreal end = width() - 14 - rightWidth - 24;
    qreal x = 14;
    for (const StatusItem& item : m_items) {
        if (item.state) {
            paintState(painter, theme, {x + 5, height() / 2.0}, 10, *item.state);
            x += 16;
        }
        if (x > end - 40)
            break;
        painter.setPen(theme.text2);
        const QString text = metrics.elidedText(item.text, Qt::ElideRight, end - x);
        painter.drawText(QRectF(x, 0, end - x, height()), Qt::AlignVCenter, text);
        x += metrics.horizontalAdvance(text) + 24;
    }
    painter.setPen(theme.text3);
    painter.drawText(QRectF(width() - 14 - rightWidth, 0, rightWidth + 1, height()), Qt::AlignVCenter, m_right);
}

} // namespace seatrial::gui
