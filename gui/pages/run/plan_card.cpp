// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/run/plan_card.h"

#include "gui/models/words.h"
#include "gui/theme/focus_ring.h"
#include "gui/theme/type_roles.h"

#include <QPainter>

#include <algorithm>

namespace seatrial::gui {

namespace {

QString summaryOf(const domain::Plan& plan)
{
    const auto loading = std::ranges::count_if(plan.steps, &domain::PlanStep::exclusive);
    const QString steps = plan.steps.size() == 1 ? PlanCard::tr("1 step") : PlanCard::tr("%1 steps").arg(plan.steps.size());
    return loading == 0 ? PlanCard::tr("%1, no load").arg(steps) : PlanCard::tr("%1, %2 of them load").arg(steps).arg(loading);
}

} // namespace

PlanCard::PlanCard(domain::Plan plan, QWidget* parent) : QAbstractButton(parent), m_plan(std::move(plan)), m_summary(summaryOf(m_plan))
{
    setCheckable(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    setText(shown(m_plan.title));
    setToolTip(shown(m_plan.description).simplified());
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setAccessibleName(text() + QStringLiteral(", ") + m_summary);
}

void PlanCard::setEstimate(double seconds)
{
    m_time = durationText(seconds);
    setAccessibleName(text() + QStringLiteral(", ") + m_summary + QStringLiteral(", ") + m_time);
    update();
}

QSize PlanCard::sizeHint() const
{
    const QFontMetrics body(fontFor(TypeRole::Body, QFont::DemiBold));
    const QFontMetrics row(fontFor(TypeRole::Row));
    return {220, body.height() + row.height() + 17};
}

void PlanCard::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF box = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.setPen(QPen(isChecked() ? theme.accent : theme.lineStrong, 1));
    painter.setBrush(isChecked() ? theme.accentTint : underMouse() && isEnabled() ? theme.hover : theme.panel);
    painter.drawRoundedRect(box, 4, 4);

    const QFont bold = fontFor(TypeRole::Body, QFont::DemiBold);
    const QFontMetricsF metrics(bold);
    const qreal first = 8 + metrics.height() / 2;
    const QPointF radio(17, first);
    painter.setPen(QPen(isChecked() ? theme.accent : theme.lineFrame, 1.3));
    painter.setBrush(theme.panel);
    painter.drawEllipse(radio, 6.5, 6.5);
    if (isChecked()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.accent);
        painter.drawEllipse(radio, 3.5, 3.5);
    }
    const QColor ink = isEnabled() || isChecked() ? theme.text : theme.textDisabled;
    painter.setFont(fontFor(TypeRole::Body, QFont::DemiBold));
    painter.setPen(ink);
    const qreal timeWidth = QFontMetricsF(painter.font()).horizontalAdvance(m_time);
    painter.drawText(QRectF(box.right() - 12 - timeWidth, 8, timeWidth + 1, metrics.height()), Qt::AlignVCenter, m_time);
    painter.setFont(bold);
    const qreal room = box.right() - 24 - timeWidth - 32;
    painter.drawText(QRectF(32, 8, room, metrics.height()), Qt::AlignVCenter, metrics.elidedText(text(), Qt::ElideRight, room));
    painter.setFont(fontFor(TypeRole::Row));
    painter.setPen(isEnabled() || isChecked() ? theme.text2 : theme.textDisabled);
    painter.drawText(QRectF(32, 9 + metrics.height(), box.width() - 44, height() - metrics.height() - 16), Qt::AlignVCenter, m_summary);
    if (showsFocus(*this))
        paintFocusRing(painter, theme, rect(), 4);
}

} // namespace seatrial::gui
