// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/fleet/share_bar.h"

#include "gui/theme/state_painter.h"
#include "gui/theme/type_roles.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace seatrial::gui {

ShareBar::ShareBar(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setCounts({});
}

void ShareBar::setCounts(const StateCounts& counts)
{
    m_counts = counts;
    setAccessibleName(sentence());
    updateGeometry();
    update();
}

QString ShareBar::sentence() const
{
    const int total = m_counts.total();
    if (total == 0)
        return tr("No nodes yet");
    const int good = m_counts.of(State::Qualified);
    // Rounded down: a fleet with one bad node is never shown as complete.
    return tr("%1 of %2 nodes may take work (%3 %)").arg(good).arg(total).arg(static_cast<int>(100.0 * good / total));
}

QSize ShareBar::sizeHint() const
{
    const QFontMetricsF metrics(fontFor(TypeRole::Row, QFont::Medium));
    return {std::max(210, static_cast<int>(metrics.horizontalAdvance(sentence())) + 4), 48};
}

QSize ShareBar::minimumSizeHint() const { return {sizeHint().width(), 48}; }

void ShareBar::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    const QRectF bar(0, 11, width(), 12);
    const int total = m_counts.total();
    if (total == 0)
        painter.fillRect(bar, theme.sunken);
    int kinds = 0;
    for (const State state : allStates)
        kinds += m_counts.of(state) > 0 ? 1 : 0;
    // Every state that occurs is seen, however small its share; the rest is to scale.
    constexpr qreal least = 4;
    constexpr qreal gap = 1;
    const qreal room = bar.width() - kinds * least - (kinds - 1) * gap;
    qreal x = bar.left();
    for (const State state : allStates) {
        if (m_counts.of(state) == 0)
            continue;
        const qreal width = least + room * m_counts.of(state) / total;
        paintStateCell(painter, theme, QRectF(std::round(x), bar.top(), std::round(x + width) - std::round(x), bar.height()), state);
        x += width + gap;
    }
    painter.setFont(fontFor(TypeRole::Row, QFont::Medium));
    painter.setPen(theme.text2);
    painter.drawText(QRectF(0, 28, width(), 17), Qt::AlignVCenter | Qt::AlignLeft, sentence());
}

} // namespace seatrial::gui
