// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/theme/state_painter.h"

#include "gui/theme/textures.h"
#include "gui/theme/type_roles.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace seatrial::gui {

namespace {

class Saved {
public:
    explicit Saved(QPainter& painter) : m_painter(painter) { m_painter.save(); }
    ~Saved() { m_painter.restore(); }
    Saved(const Saved&) = delete;
    Saved& operator=(const Saved&) = delete;

private:
    QPainter& m_painter;
};

QPen roundPen(const QColor& colour, qreal width) { return {colour, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin}; }

QPen dashedPen(const QColor& colour, qreal width, qreal on, qreal off)
{
    QPen pen(colour, width, Qt::SolidLine, Qt::FlatCap);
    pen.setDashPattern({on / width, off / width}); // Qt counts dashes in pen widths
    return pen;
}

QRectF squareAround(QPointF centre, qreal half) { return {centre.x() - half, centre.y() - half, 2 * half, 2 * half}; }

void drawCheck(QPainter& p, QPointF c, qreal r, const QPen& pen)
{
    QPainterPath path(c + QPointF(-0.45 * r, 0.02 * r));
    path.lineTo(c + QPointF(-0.13 * r, 0.38 * r));
    path.lineTo(c + QPointF(0.47 * r, -0.36 * r));
    p.setPen(pen);
    p.setBrush(Qt::NoBrush);
    p.drawPath(path);
}

void drawCross(QPainter& p, QPointF c, qreal arm, const QPen& pen)
{
    p.setPen(pen);
    p.drawLine(c + QPointF(-arm, -arm), c + QPointF(arm, arm));
    p.drawLine(c + QPointF(arm, -arm), c + QPointF(-arm, arm));
}

void drawExclamation(QPainter& p, QPointF c, qreal r, const QColor& colour)
{
    p.setPen(roundPen(colour, 0.222 * r));
    p.drawLine(c + QPointF(0, -0.41 * r), c + QPointF(0, 0.205 * r));
    p.setPen(Qt::NoPen);
    p.setBrush(colour);
    p.drawEllipse(c + QPointF(0, 0.547 * r), 0.122 * r, 0.122 * r);
}

// A path and not a character, so that the mark is the same with every font.
void drawQuestion(QPainter& p, QPointF c, qreal r, const QColor& colour)
{
    QPainterPath hook(c + QPointF(-0.27 * r, -0.27 * r));
    hook.cubicTo(c + QPointF(-0.25 * r, -0.60 * r), c + QPointF(0.33 * r, -0.60 * r), c + QPointF(0.31 * r, -0.22 * r));
    hook.cubicTo(c + QPointF(0.30 * r, 0.02 * r), c + QPointF(0.0 * r, 0.0 * r), c + QPointF(0.0 * r, 0.22 * r));
    p.setBrush(Qt::NoBrush);
    p.setPen(roundPen(colour, 0.20 * r));
    p.drawPath(hook);
    p.setPen(Qt::NoPen);
    p.setBrush(colour);
    p.drawEllipse(c + QPointF(0, 0.52 * r), 0.125 * r, 0.125 * r);
}

void drawPlay(QPainter& p, QPointF c, qreal r, const QColor& colour)
{
    p.setPen(Qt::NoPen);
    p.setBrush(colour);
    p.drawPolygon(QPolygonF({c + QPointF(-0.28 * r, -0.46 * r), c + QPointF(0.5 * r, 0), c + QPointF(-0.28 * r, 0.46 * r)}));
}

void drawPause(QPainter& p, QPointF c, qreal r, const QColor& colour)
{
    const qreal width = std::max(1.4, 0.25 * r);
    p.setPen(QPen(colour, width, Qt::SolidLine, Qt::FlatCap));
    for (const qreal x : {-0.299 * r, 0.299 * r})
        p.drawLine(c + QPointF(x, -0.4 * r), c + QPointF(x, 0.4 * r));
}

void drawShape(QPainter& p, const Theme& theme, QPointF c, qreal r, State state)
{
    const StateColours& colours = theme.of(state);
    const qreal ratio = devicePixelRatioOf(p);
    p.setPen(QPen(colours.edge, 1, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    p.setBrush(colours.fill);
    switch (state) {
    case State::Qualified:
        p.drawEllipse(c, r, r);
        return;
    case State::Running:
        p.setBrush(stripeBrush(theme, Grain::Fine, ratio));
        p.drawEllipse(c, r, r);
        return;
    case State::Marginal:
        p.drawPolygon(QPolygonF({c + QPointF(0, -1.083 * r), c + QPointF(1.14 * r, 0.855 * r), c + QPointF(-1.14 * r, 0.855 * r)}));
        return;
    case State::Failed:
        p.drawRoundedRect(squareAround(c, 0.95 * r), 1.5, 1.5);
        return;
    case State::Unknown: {
        const qreal d = 1.16 * r;
        p.drawPolygon(QPolygonF({c + QPointF(0, -d), c + QPointF(d, 0), c + QPointF(0, d), c + QPointF(-d, 0)}));
        return;
    }
    case State::Stuck:
        p.setPen(QPen(colours.edge, 1.6));
        p.drawEllipse(c, r, r);
        return;
    case State::NotTested:
        p.setBrush(hatchBrush(theme, Grain::Fine, ratio));
        p.drawRoundedRect(squareAround(c, 0.92 * r), 1.5, 1.5);
        return;
    case State::Unreachable:
        p.setBrush(Qt::NoBrush);
        p.setPen(dashedPen(colours.edge, 1.4, 2.2, 2.0));
        p.drawEllipse(c, 0.95 * r, 0.95 * r);
        return;
    }
}

void drawMark(QPainter& p, const Theme& theme, QPointF c, qreal r, State state)
{
    const QColor& on = theme.of(state).on;
    switch (state) {
    case State::Qualified: drawCheck(p, c, r, roundPen(on, 0.222 * r)); return;
    case State::Marginal: drawExclamation(p, c, r, on); return;
    case State::Failed: drawCross(p, c, 0.42 * r, roundPen(on, 0.222 * r)); return;
    case State::Unknown: drawQuestion(p, c, r, on); return;
    case State::Running: drawPlay(p, c, r, on); return;
    case State::Stuck: drawPause(p, c, r, on); return;
    case State::NotTested: return; // the hatch says it
    case State::Unreachable:
        p.setPen(roundPen(theme.of(state).edge, 1.4));
        p.drawLine(c + QPointF(-0.4 * r, 0.4 * r), c + QPointF(0.4 * r, -0.4 * r));
        return;
    }
}

} // namespace

void paintState(QPainter& painter, const Theme& theme, QPointF centre, qreal size, State state)
{
    const Saved saved(painter);
    painter.setRenderHint(QPainter::Antialiasing);
    const qreal r = size / 2;
    drawShape(painter, theme, centre, r, state);
    // The two bars are the whole difference between a stuck ring and a circle, so they stay at every size.
    if (size >= 12 || state == State::Stuck)
        drawMark(painter, theme, centre, r, state);
}

void paintStateCell(QPainter& painter, const Theme& theme, const QRectF& rect, State state, CellLabel label)
{
    const Saved saved(painter);
    const StateColours& colours = theme.of(state);
    const Grain grain = rect.height() < 12 ? Grain::Fine : Grain::Coarse;
    const qreal ratio = devicePixelRatioOf(painter);
    const bool outlined = rect.width() >= 6 && rect.height() >= 6;
    const qreal radius = outlined ? 1.5 : 0;
    const QRectF body = outlined ? rect.adjusted(0.5, 0.5, -0.5, -0.5) : rect;
    painter.setRenderHint(QPainter::Antialiasing, outlined);
    painter.setPen(outlined ? QPen(colours.edge, 1) : QPen(Qt::NoPen));
    painter.setBrush(colours.fill);
    if (state == State::Running)
        painter.setBrush(stripeBrush(theme, grain, ratio));
    else if (state == State::NotTested)
        painter.setBrush(hatchBrush(theme, grain, ratio));
    else if (state == State::Unreachable) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(dashedPen(colours.edge, 1, 2.0, 1.6));
    } else if (state == State::Qualified)
        painter.setPen(outlined ? QPen(colours.fill, 1) : QPen(Qt::NoPen)); // quiet where it is good
    if (!outlined && state == State::NotTested) {
        painter.fillRect(rect, mixed(theme.hatchGround, theme.hatchLine, 0.5)); // a hatch needs more room than this
        return;
    }
    if (!outlined && (state == State::Unreachable || state == State::Stuck)) {
        painter.setBrush(Qt::NoBrush); // hollow also where dashes would not be seen
        painter.setPen(QPen(colours.edge, 1));
        painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5));
        return;
    }
    painter.drawRoundedRect(body, radius, radius);

    if (rect.width() < 14 || rect.height() < 11)
        return;
    if (state == State::Stuck) {
        for (const qreal x : {-2.75, 0.95})
            painter.fillRect(QRectF(rect.center().x() + x, rect.center().y() - 3.5, 1.8, 7), colours.ink);
        return;
    }
    const bool lettered = isProblem(state);
    if (label == CellLabel::None || !lettered)
        return;
    QFont font = fontFor(TypeRole::Mark, QFont::Bold);
    font.setPointSizeF(font.pointSizeF() * 0.93);
    painter.setFont(font);
    painter.setPen(colours.on);
    painter.drawText(rect, Qt::AlignCenter, letterOf(state));
}

qreal markHeightShare(State state)
{
    switch (state) {
    case State::Failed:
    case State::Unknown: return 1.0;
    case State::Marginal:
    case State::Stuck: return 0.82;
    default: return 0.62;
    }
}

void paintStateMark(QPainter& painter, const Theme& theme, const QRectF& slot, State state)
{
    const qreal height = slot.height() * markHeightShare(state);
    const QRectF rect(slot.left(), slot.bottom() - height, slot.width(), height);
    const StateColours& colours = theme.of(state);
    if (state == State::Qualified) { // by far the most frequent: no edge, no path
        painter.fillRect(rect, colours.fill);
        return;
    }
    const Saved saved(painter);
    painter.setRenderHint(QPainter::Antialiasing);
    const qreal ratio = devicePixelRatioOf(painter);
    const bool edged = rect.width() >= 4;
    const QRectF line = rect.adjusted(0.5, 0.5, -0.5, -0.5);
    switch (state) {
    case State::Running:
        painter.fillRect(rect, stripeBrush(theme, Grain::Fine, ratio));
        return;
    case State::NotTested:
        painter.setBrush(hatchBrush(theme, Grain::Fine, ratio));
        painter.setPen(QPen(colours.edge, 0.8));
        break;
    case State::Unreachable:
        painter.setBrush(Qt::NoBrush);
        painter.setPen(dashedPen(colours.edge, 1, 2.0, 1.6));
        break;
    default:
        if (!edged) {
            painter.fillRect(rect, state == State::Stuck ? colours.edge : colours.fill);
            return;
        }
        painter.setBrush(colours.fill);
        painter.setPen(QPen(colours.edge, 1));
    }
    painter.drawRoundedRect(line, 0.5, 0.5);
}

void paintStateBlock(QPainter& painter, const Theme& theme, const QRectF& rect, State state)
{
    const Saved saved(painter);
    painter.setRenderHint(QPainter::Antialiasing);
    const StateColours& colours = theme.of(state);
    const qreal ratio = devicePixelRatioOf(painter);
    const QPointF c = rect.center();
    const qreal r = std::min(rect.width(), rect.height()) / 2;
    painter.setPen(Qt::NoPen);
    painter.setBrush(colours.fill);
    if (state == State::Running)
        painter.setBrush(stripeBrush(theme, rect.height() < 12 ? Grain::Fine : Grain::Coarse, ratio));
    if (state == State::NotTested)
        painter.setBrush(hatchBrush(theme, rect.height() < 12 ? Grain::Fine : Grain::Coarse, ratio));
    if (state != State::Unreachable)
        painter.drawRoundedRect(rect, 2, 2);
    if (r < 5)
        return;
    const qreal k = std::min(1.0, r / 9.0); // marks are drawn for a block of 20 by 24 and shrink with a smaller one
    switch (state) {
    case State::Running:
        painter.setBrush(theme.panel);
        painter.drawEllipse(c, 7 * k, 7 * k);
        drawPlay(painter, c, 8 * k, colours.ink);
        return;
    case State::Stuck:
        painter.setPen(QPen(colours.edge, 1.6));
        painter.setBrush(theme.panel);
        painter.drawEllipse(c, 7 * k, 7 * k);
        drawPause(painter, c, 7 * k, colours.ink);
        return;
    case State::Unreachable:
        painter.setBrush(Qt::NoBrush);
        painter.setPen(dashedPen(colours.edge, 1.4, 2.2, 2.0));
        painter.drawEllipse(c, 5.4 * k, 5.4 * k);
        drawMark(painter, theme, c, 6 * k, state);
        return;
    case State::Failed: drawCross(painter, c, 3.5 * k, roundPen(colours.on, 1.8)); return;
    default: drawMark(painter, theme, c, 8.2 * k, state);
    }
}

} // namespace seatrial::gui
