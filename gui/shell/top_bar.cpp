// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/shell/top_bar.h"

#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/theme/type_roles.h"

#include <QHBoxLayout>
#include <QMenuBar>
#include <QPainter>

#include <algorithm>

namespace seatrial::gui {

TopBar::TopBar(QWidget* parent) : QWidget(parent), m_menus(new QMenuBar(this))
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(36, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_menus, 0, Qt::AlignVCenter);
    layout->addStretch(1);
    m_menus->setNativeMenuBar(false);
    m_menus->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setFixedHeight(30);
}

void TopBar::setTitle(const QString& title)
{
    m_title = title;
    update();
}

void TopBar::setMark(const QString& mark)
{
    m_mark = mark;
    update();
}

void TopBar::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    painter.fillRect(rect(), theme.chrome);
    paintLogo(painter, QRectF(12, 6, 18, 18), theme.accent, theme.accentOn);
    const QFont font = fontFor(TypeRole::Body, QFont::DemiBold);
    const QFontMetricsF metrics(font);
    const qreal from = m_menus->geometry().right() + 24;
    const qreal room = width() - from - 16;
    if (room < 80 || m_title.isEmpty())
        return;
    const qreal markWidth = m_mark.isEmpty() ? 0 : QFontMetricsF(fontFor(TypeRole::Mark, QFont::DemiBold)).horizontalAdvance(m_mark) + 26;
    const QString title = metrics.elidedText(m_title, Qt::ElideMiddle, room - markWidth);
    const qreal titleWidth = metrics.horizontalAdvance(title);
    const qreal x = std::max(from, (width() + 76 - titleWidth) / 2); // over the page, which begins right of the rail
    painter.setFont(font);
    painter.setPen(theme.text);
    painter.drawText(QRectF(x, 0, titleWidth + 2, height()), Qt::AlignVCenter, title);
    if (m_mark.isEmpty())
        return;
    const StateColours& colours = theme.of(State::Unknown);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF box(x + titleWidth + 10.5, 6.5, markWidth - 14, 17);
    painter.setPen(colours.edge);
    painter.setBrush(colours.tint);
    painter.drawRoundedRect(box, 3, 3);
    painter.setFont(fontFor(TypeRole::Mark, QFont::DemiBold));
    painter.setPen(colours.ink);
    painter.drawText(box, Qt::AlignCenter, m_mark);
}

} // namespace seatrial::gui
