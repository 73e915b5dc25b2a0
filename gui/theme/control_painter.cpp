// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/theme/control_painter.h"

#include "gui/theme/focus_ring.h"
#include "gui/theme/icons.h"

#include <QPainter>
#include <QPainterPath>
#include <QStyle>
#include <QStyleOption>
#include <QWidget>

namespace seatrial::gui {

namespace {

bool isOn(const QStyleOption& option, QStyle::StateFlag flag) { return (option.state & flag) != 0; }

bool hasFlag(const QWidget* widget, const char* name) { return widget && widget->property(name).toBool(); }

void roundedBox(QPainter& painter, const QRectF& rect, const QColor& fill, const QColor& line, qreal radius)
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(fill);
    painter.setPen(QPen(line, 1));
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
}

// A ring in the accent colour would vanish on a filled accent control: a line of panel parts the two.
void focusOn(QPainter& painter, const Theme& theme, const QRectF& rect, bool filled)
{
    paintFocusRing(painter, theme, rect, 4);
    if (!filled)
        return;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.panel, 1));
    painter.drawRoundedRect(rect.adjusted(2.5, 2.5, -2.5, -2.5), 2, 2);
}

} // namespace

void paintPushButton(QPainter& painter, const Theme& theme, const QStyleOption& option, const QWidget* widget)
{
    painter.save();
    const bool enabled = isOn(option, QStyle::State_Enabled);
    const bool primary = hasFlag(widget, "primary") && enabled;
    const bool danger = hasFlag(widget, "danger") && enabled;
    const bool down = isOn(option, QStyle::State_Sunken) || isOn(option, QStyle::State_On);
    const bool hovered = isOn(option, QStyle::State_MouseOver) && enabled;
    QColor fill = theme.panel;
    QColor line = danger ? theme.of(State::Failed).edge : theme.lineStrong;
    if (hovered)
        fill = danger ? theme.of(State::Failed).tint : theme.hover;
    if (down)
        fill = danger ? theme.of(State::Failed).tint : theme.accentTint;
    if (primary) {
        fill = hovered || down ? mixed(theme.accent, theme.text, down ? 0.25 : 0.12) : theme.accent;
        line = fill;
    }
    roundedBox(painter, option.rect, fill, line, 4);
    if (isOn(option, QStyle::State_HasFocus) && isOn(option, QStyle::State_KeyboardFocusChange))
        focusOn(painter, theme, option.rect, primary);
    painter.restore();
}

QColor buttonTextColour(const Theme& theme, const QStyleOption& option, const QWidget* widget)
{
    if (!isOn(option, QStyle::State_Enabled))
        return theme.textDisabled;
    if (hasFlag(widget, "primary"))
        return theme.accentOn;
    return hasFlag(widget, "danger") ? theme.of(State::Failed).ink : theme.text;
}

void paintField(QPainter& painter, const Theme& theme, const QStyleOption& option)
{
    painter.save();
    roundedBox(painter, option.rect, theme.panel, theme.lineStrong, 4);
    if (isOn(option, QStyle::State_HasFocus)) // a field shows where typing goes, however it got the focus
        paintFocusRing(painter, theme, option.rect, 4);
    painter.restore();
}

void paintCheckBox(QPainter& painter, const Theme& theme, const QStyleOption& option)
{
    painter.save();
    const bool enabled = isOn(option, QStyle::State_Enabled);
    const bool on = isOn(option, QStyle::State_On);
    const bool partly = isOn(option, QStyle::State_NoChange);
    const QRectF box = QRectF(option.rect).adjusted(1, 1, -1, -1);
    const QColor fill = (on || partly) ? (enabled ? theme.accent : theme.textDisabled) : theme.panel;
    roundedBox(painter, box, fill, on || partly ? fill : (isOn(option, QStyle::State_MouseOver) ? theme.text3 : theme.lineFrame), 3);
    painter.setPen(QPen(theme.accentOn, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    const QPointF c = box.center();
    if (partly)
        painter.drawLine(c + QPointF(-3, 0), c + QPointF(3, 0));
    if (on) {
        QPainterPath check(c + QPointF(-3.3, 0.2));
        check.lineTo(c + QPointF(-1, 2.6));
        check.lineTo(c + QPointF(3.4, -2.6));
        painter.drawPath(check);
    }
    painter.restore();
}

void paintRadioButton(QPainter& painter, const Theme& theme, const QStyleOption& option)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const bool on = isOn(option, QStyle::State_On);
    const QColor ring = isOn(option, QStyle::State_Enabled) ? theme.accent : theme.textDisabled;
    const QPointF c = QRectF(option.rect).center();
    painter.setBrush(theme.panel);
    painter.setPen(QPen(on ? ring : theme.lineFrame, on ? 1.5 : 1));
    painter.drawEllipse(c, 6.5, 6.5);
    if (on) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(ring);
        painter.drawEllipse(c, 3.5, 3.5);
    }
    painter.restore();
}

void paintComboBox(QPainter& painter, const Theme& theme, const QStyleOptionComboBox& option)
{
    painter.save();
    const bool hovered = isOn(option, QStyle::State_MouseOver) && isOn(option, QStyle::State_Enabled);
    roundedBox(painter, option.rect, hovered ? theme.hover : theme.panel, theme.lineStrong, 4);
    const QPointF chevron(option.rect.right() - 13, option.rect.center().y() + 0.5);
    paintIcon(painter, Icon::ChevronDown, chevron, isOn(option, QStyle::State_Enabled) ? theme.text2 : theme.textDisabled, 16);
    if (isOn(option, QStyle::State_HasFocus) && isOn(option, QStyle::State_KeyboardFocusChange))
        paintFocusRing(painter, theme, option.rect, 4);
    painter.restore();
}

void paintMenuBarItem(QPainter& painter, const Theme& theme, const QStyleOptionMenuItem& option)
{
    painter.save();
    painter.fillRect(option.rect, theme.chrome);
    const bool active = isOn(option, QStyle::State_Selected);
    if (active) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.panel);
        painter.drawRoundedRect(QRectF(option.rect).adjusted(1, 4, -1, -4), 4, 4);
    }
    painter.setPen(active ? theme.text : theme.text2);
    painter.drawText(option.rect, Qt::AlignCenter | Qt::TextHideMnemonic, option.text);
    painter.restore();
}

void paintScrollBar(QPainter& painter, const Theme& theme, const QStyleOptionSlider& option, const QRect& handle)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const bool active = isOn(option, QStyle::State_MouseOver) || isOn(option, QStyle::State_Sunken);
    painter.setPen(Qt::NoPen);
    painter.setBrush(active ? theme.lineFrame : theme.lineStrong);
    const qreal inset = active ? 2 : 3;
    const QRectF body = option.orientation == Qt::Horizontal ? QRectF(handle).adjusted(2, inset, -2, -inset)
                                                             : QRectF(handle).adjusted(inset, 2, -inset, -2);
    const qreal radius = std::min(body.width(), body.height()) / 2;
    if (option.maximum > option.minimum)
        painter.drawRoundedRect(body, radius, radius);
    painter.restore();
}

void paintItemRow(QPainter& painter, const Theme& theme, const QStyleOption& option)
{
    const auto* item = qstyleoption_cast<const QStyleOptionViewItem*>(&option);
    if (item && item->backgroundBrush.style() != Qt::NoBrush)
        painter.fillRect(option.rect, item->backgroundBrush);
    if (isOn(option, QStyle::State_Selected)) {
        painter.fillRect(option.rect, theme.selection);
        const bool first = !item || item->viewItemPosition == QStyleOptionViewItem::Beginning
            || item->viewItemPosition == QStyleOptionViewItem::OnlyOne;
        if (first)
            painter.fillRect(QRect(option.rect.left(), option.rect.top(), 3, option.rect.height()), theme.accent);
        return;
    }
    if (isOn(option, QStyle::State_MouseOver))
        painter.fillRect(option.rect, theme.hover);
}

void paintHeaderSection(QPainter& painter, const Theme& theme, const QRect& rect)
{
    painter.fillRect(rect, theme.panel);
    painter.setPen(theme.line);
    painter.drawLine(rect.bottomLeft(), rect.bottomRight());
}

void paintRaised(QPainter& painter, const Theme& theme, const QRect& rect)
{
    painter.save();
    painter.setPen(theme.lineStrong);
    painter.setBrush(theme.raised);
    painter.drawRect(rect.adjusted(0, 0, -1, -1));
    painter.restore();
}

} // namespace seatrial::gui
