// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/fleet/hall_strip.h"

#include "gui/fleet/node_row_painter.h"
#include "gui/theme/state_painter.h"
#include "gui/theme/type_roles.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace seatrial::gui {

namespace {

constexpr qreal tilesLeft = 128;
constexpr qreal legendWidth = 250;
constexpr qreal tileGap = 3;

} // namespace

HallStrip::HallStrip(QWidget* parent) : QWidget(parent), m_fleet(std::make_shared<FleetViewData>())
{
    setFixedHeight(76);
    setMouseTracking(true);
    setAccessibleName(tr("Hall in small"));
}

void HallStrip::setSnapshot(FleetSnapshot snapshot)
{
    m_fleet = snapshot ? std::move(snapshot) : std::make_shared<FleetViewData>();
    arrange();
    update();
}

void HallStrip::setVisibleRacks(std::vector<int> racks)
{
    if (m_visible == racks)
        return;
    m_visible = std::move(racks);
    update();
}

bool HallStrip::arrangeWith(QSizeF tileSize, bool breakRows)
{
    const qreal room = std::max<qreal>(60, width() - tilesLeft - legendWidth - 24);
    const int across = std::max(1, static_cast<int>(room / (tileSize.width() + tileGap)));
    m_tileSize = tileSize;
    m_rowsBroken = breakRows;
    m_places.clear();
    QPoint place(0, 0);
    for (std::size_t r = 0; r < m_fleet->racks.size(); ++r) {
        const bool newRow = r > 0 && m_fleet->racks[r].row != m_fleet->racks[r - 1].row;
        if (place.x() == across || (newRow && breakRows))
            place = {0, place.y() + 1};
        m_places.push_back(place);
        place.rx()++;
    }
    m_lines = m_places.empty() ? 1 : m_places.back().y() + 1;
    return m_lines * (tileSize.height() + tileGap) <= 62;
}

// One line per row of the hall as long as that fits; a larger hall gives up the lines before it gives up size.
void HallStrip::arrange()
{
    for (const QSizeF size : {QSizeF(24, 14), QSizeF(16, 12), QSizeF(10, 8), QSizeF(6, 5)}) {
        if (arrangeWith(size, true) || arrangeWith(size, false))
            return;
    }
    for (qreal side = 5; side >= 1 && !arrangeWith({side, side - 0.5}, false); side -= 1) {
    }
}

QRectF HallStrip::tile(int rack) const
{
    const QPoint place = m_places[static_cast<std::size_t>(rack)];
    const qreal lineHeight = m_tileSize.height() + tileGap;
    const qreal top = std::round((height() - m_lines * lineHeight + tileGap) / 2);
    return {QPointF(tilesLeft + place.x() * (m_tileSize.width() + tileGap), top + place.y() * lineHeight), m_tileSize};
}

std::optional<int> HallStrip::rackAt(QPointF point) const
{
    for (int rack = 0; rack < static_cast<int>(m_places.size()); ++rack) {
        if (tile(rack).adjusted(-1.5, -1.5, 1.5, 1.5).contains(point))
            return rack;
    }
    return std::nullopt;
}

void HallStrip::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.line, 1));
    painter.setBrush(theme.panel);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);

    const int racks = static_cast<int>(m_fleet->racks.size());
    painter.setPen(theme.text);
    painter.setFont(fontFor(TypeRole::Section));
    painter.drawText(QRectF(12, 10, tilesLeft - 40, 20), Qt::AlignVCenter, tr("Hall"));
    painter.setFont(fontFor(TypeRole::Small));
    painter.setPen(theme.text2);
    painter.drawText(QRectF(12, 32, tilesLeft - 40, 16), Qt::AlignVCenter, racks == 1 ? tr("1 rack") : tr("%1 racks").arg(racks));
    painter.setPen(theme.text3);
    painter.drawText(QRectF(12, 47, tilesLeft - 40, 16), Qt::AlignVCenter, tr("worst verdict"));

    painter.setFont(fontFor(TypeRole::Axis, QFont::DemiBold));
    for (int rack = 0; rack < racks; ++rack) {
        const QRectF place = tile(rack);
        const RackView& view = m_fleet->racks[static_cast<std::size_t>(rack)];
        paintStateCell(painter, theme, place, view.counts().worst(), CellLabel::LetterOfProblems);
        const bool firstOfRow = rack == 0 || view.row != m_fleet->racks[static_cast<std::size_t>(rack - 1)].row;
        if (!firstOfRow || !m_rowsBroken || view.row.isEmpty())
            continue;
        painter.setPen(theme.text3);
        painter.drawText(QRectF(tilesLeft - 44, place.top(), 38, place.height()), Qt::AlignRight | Qt::AlignVCenter, view.row);
    }
    paintVisibleFrame(painter);
    if (width() > tilesLeft + legendWidth + 60)
        paintLegend(painter, QRectF(width() - legendWidth, 0, legendWidth, height()));
}

// One frame per line of neighbours, because several lines of racks can be on the screen at once.
void HallStrip::paintVisibleFrame(QPainter& painter) const
{
    painter.setPen(QPen(themeOf(*this).focus, 2));
    painter.setBrush(Qt::NoBrush);
    QRectF frame;
    int previous = -2;
    for (const int rack : m_visible) {
        if (rack < 0 || rack >= static_cast<int>(m_places.size()))
            continue;
        const bool neighbour = rack == previous + 1
            && m_places[static_cast<std::size_t>(rack)].y() == m_places[static_cast<std::size_t>(previous)].y();
        if (!neighbour && !frame.isNull()) {
            painter.drawRoundedRect(frame.adjusted(-3, -3, 3, 3), 3, 3);
            frame = {};
        }
        frame = frame.united(tile(rack));
        previous = rack;
    }
    if (!frame.isNull())
        painter.drawRoundedRect(frame.adjusted(-3, -3, 3, 3), 3, 3);
}

void HallStrip::paintLegend(QPainter& painter, const QRectF& area) const
{
    const Theme& theme = themeOf(*this);
    painter.setFont(fontFor(TypeRole::Row, QFont::DemiBold));
    painter.setPen(theme.text);
    painter.drawText(QRectF(area.left(), 9, 100, 18), Qt::AlignVCenter, tr("One node"));
    NodeView node;
    node.name = tr("n06");
    node.state = State::Qualified;
    node.marks.assign(6, {State::Qualified, {}});
    node.links.assign(3, {State::Qualified, {}});
    const QRectF box(area.left(), 29, 118, 24);
    PaintMemory memory;
    NodeRowPainter(theme, memory).paint(painter, box, node, Detail::Full, 24);
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(theme.text3);
    painter.setFont(fontFor(TypeRole::Axis));
    painter.drawLine(QPointF(box.right() + 4, 34.5), QPointF(box.right() + 14, 34.5));
    painter.drawLine(QPointF(box.right() + 4, 46.5), QPointF(box.right() + 14, 46.5));
    painter.setPen(theme.text2);
    painter.drawText(QRectF(box.right() + 18, 27, 100, 15), Qt::AlignVCenter, tr("links to partners"));
    painter.drawText(QRectF(box.right() + 18, 39, 100, 15), Qt::AlignVCenter, tr("checks"));
    painter.setPen(theme.text3);
    painter.setFont(fontFor(TypeRole::Small));
    painter.drawText(QRectF(area.left(), 54, area.width(), 17), Qt::AlignVCenter, tr("a taller mark is a worse one"));
}

void HallStrip::mousePressEvent(QMouseEvent* event)
{
    if (const std::optional<int> rack = rackAt(event->position()))
        emit rackChosen(*rack);
}

bool HallStrip::event(QEvent* event)
{
    if (event->type() == QEvent::Resize)
        arrange();
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        if (const std::optional<int> rack = rackAt(help->pos())) {
            const RackView& view = m_fleet->racks[static_cast<std::size_t>(*rack)];
            QToolTip::showText(help->globalPos(), tr("%1: %2").arg(view.name, wordOf(view.counts().worst())), this);
        } else {
            QToolTip::hideText();
        }
        return true;
    }
    return QWidget::event(event);
}

} // namespace seatrial::gui
