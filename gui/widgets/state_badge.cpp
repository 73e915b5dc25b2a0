// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/widgets/state_badge.h"

#include "gui/theme/state_painter.h"
#include "gui/theme/type_roles.h"

#include <QPainter>

namespace seatrial::gui {

StateBadge::StateBadge(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setState(State::NotTested);
}

void StateBadge::setState(State state) { setState(state, wordOf(state)); }

void StateBadge::setState(State state, const QString& word)
{
    m_state = state;
    m_word = word;
    setAccessibleName(word);
    updateGeometry();
    update();
}

QSize StateBadge::sizeHint() const
{
    const QFontMetricsF metrics(fontFor(TypeRole::Row, QFont::DemiBold));
    return {static_cast<int>(metrics.horizontalAdvance(m_word)) + 34, std::max(22, static_cast<int>(metrics.height()) + 6)};
}

void StateBadge::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    const StateColours& colours = theme.of(m_state);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QPen edge(colours.edge, 1);
    if (m_state == State::Unreachable)
        edge.setDashPattern({3, 2});
    painter.setPen(edge);
    painter.setBrush(colours.tint);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    paintState(painter, theme, {14, height() / 2.0}, 13, m_state);
    painter.setFont(fontFor(TypeRole::Row, QFont::DemiBold));
    painter.setPen(colours.ink);
    painter.drawText(rect().adjusted(26, 0, -6, 0), Qt::AlignVCenter | Qt::AlignLeft, m_word);
}

} // namespace seatrial::gui
