// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/fleet/fleet_painter.h"

#include "gui/theme/state_painter.h"
#include "gui/theme/type_roles.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace seatrial::gui {

namespace {

// Units with a number beside them: every fourth, and the last.
bool isNumbered(int slot, int height) { return slot % 4 == 0 || (slot == height - 1 && slot % 4 != 1); }

int unitNumber(const RackView& rack, int slot)
{
    return rack.unitsDescend ? rack.startingUnit + rack.height - 1 - slot : rack.startingUnit + slot;
}

} // namespace

FleetPainter::FleetPainter(const Theme& theme, const FleetViewData& fleet, const FleetLayout& layout)
    : m_theme(theme), m_fleet(fleet), m_layout(layout), m_rows(theme)
{
}

void FleetPainter::paint(QPainter& painter, const QRectF& area) const
{
    if (m_layout.level() == FleetLevel::Hall) {
        paintHallLabels(painter, area);
        for (const int rack : m_layout.racksIn(area))
            paintTile(painter, rack);
        return;
    }
    for (const int rack : m_layout.racksIn(area))
        paintRack(painter, rack, area);
}

void FleetPainter::paintRack(QPainter& painter, int rack, const QRectF& area) const
{
    const RackView& view = m_fleet.racks[static_cast<std::size_t>(rack)];
    paintHead(painter, rack);
    if (m_layout.rulerWidth() > 0)
        paintRuler(painter, rack);

    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(m_theme.lineFrame, 1));
    painter.setBrush(m_theme.sunken);
    const QRectF frame = m_layout.frame(rack);
    painter.drawRoundedRect(QRectF(std::round(frame.left()) + 0.5, std::round(frame.top()) - 0.5, std::floor(frame.width()) - 1,
                                   std::round(frame.height()) + 1), 3, 3);
    painter.restore();

    if (m_layout.rulerWidth() > 0)
        paintEmptyUnits(painter, rack);
    for (const EquipmentView& equipment : view.equipment)
        paintEquipmentBox(painter, equipmentBox(rack, equipment));
    for (const EquipmentView& equipment : view.equipment) // after all boxes, which would cut low letters off
        paintEquipmentName(painter, equipmentBox(rack, equipment), equipment.name);

    const qreal nameColumn = m_layout.rulerWidth() > 0 ? m_rows.nameColumnWidth(view.nodes) : 0;
    const bool filtering = m_filter.isActive();
    for (std::size_t n = 0; n < view.nodes.size(); ++n) {
        const NodeView& node = view.nodes[n];
        const QRectF box = m_layout.nodeRect(m_fleet, {rack, static_cast<int>(n)});
        if (!box.adjusted(-2, -2, 2, 2).intersects(area))
            continue;
        const bool dimmed = filtering && !m_filter.matches(view, node);
        if (dimmed)
            painter.setOpacity(filteredOutOpacity);
        m_rows.paint(painter, box, node, detailFor(box.height() + 1), nameColumn);
        if (dimmed)
            painter.setOpacity(1);
    }
}

void FleetPainter::paintHead(QPainter& painter, int rack) const
{
    const RackView& view = m_fleet.racks[static_cast<std::size_t>(rack)];
    const QRectF frame = m_layout.frame(rack);
    const QRectF head(frame.left(), frame.top() - m_layout.headHeight(), frame.width(), m_layout.headHeight() - 4);
    const QFont font = fontFor(m_layout.headHeight() >= 30 ? TypeRole::Heading : TypeRole::Row, QFont::DemiBold);
    const QFontMetricsF metrics(font);
    const QString name = metrics.elidedText(view.name, Qt::ElideMiddle, head.width() - 4);
    painter.setFont(font);
    painter.setPen(m_theme.text);
    painter.drawText(head.adjusted(1, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, name);
    const StateCounts counts = view.counts();
    if (m_layout.rulerWidth() > 0)
        paintCounts(painter, m_theme, head.adjusted(metrics.horizontalAdvance(name) + 12, 0, -1, 0), counts);
    else if (counts.worst() != State::Qualified)
        paintState(painter, m_theme, {head.right() - 6.5, std::round(head.center().y()) + 0.5}, 10, counts.worst());
}

void FleetPainter::paintRuler(QPainter& painter, int rack) const
{
    const RackView& view = m_fleet.racks[static_cast<std::size_t>(rack)];
    const QRectF frame = m_layout.frame(rack);
    const qreal unit = m_layout.pixelsPerUnit();
    painter.setFont(fontFor(TypeRole::Mark));
    painter.setPen(m_theme.text3);
    for (int slot = 0; slot < view.height; ++slot) {
        if (!isNumbered(slot, view.height))
            continue;
        const QRectF place(frame.left() - m_layout.rulerWidth(), frame.bottom() - (slot + 1) * unit, m_layout.rulerWidth() - 5, unit);
        painter.drawText(place.adjusted(0, -4, 0, 4), Qt::AlignRight | Qt::AlignVCenter, QString::number(unitNumber(view, slot)));
    }
}

void FleetPainter::paintEmptyUnits(QPainter& painter, int rack) const
{
    const QRectF frame = m_layout.frame(rack);
    const RackView& view = m_fleet.racks[static_cast<std::size_t>(rack)];
    std::vector<bool> taken(static_cast<std::size_t>(std::max(1, view.height)), false);
    const auto take = [&](int unit, int height) {
        const int first = slotOf(view, unit, height);
        for (int slot = first; slot < std::min(view.height, first + height); ++slot)
            taken[static_cast<std::size_t>(slot)] = true;
    };
    for (const NodeView& node : view.nodes)
        take(node.unit, node.height);
    for (const EquipmentView& equipment : view.equipment)
        take(equipment.unit, equipment.height);
    painter.setPen(QPen(mixed(m_theme.sunken, m_theme.lineStrong, 0.45), 1));
    for (int slot = 1; slot < view.height; ++slot) { // only between two empty ones: a box has its own edge
        if (taken[static_cast<std::size_t>(slot)] || taken[static_cast<std::size_t>(slot - 1)])
            continue;
        const qreal y = std::round(frame.bottom() - slot * m_layout.pixelsPerUnit()) - 0.5;
        painter.drawLine(QPointF(std::round(frame.left()) + 3.5, y), QPointF(std::floor(frame.right()) - 4.5, y));
    }
}

QRectF FleetPainter::equipmentBox(int rack, const EquipmentView& equipment) const
{
    const RackView& view = m_fleet.racks[static_cast<std::size_t>(rack)];
    return m_layout.boxRect(rack, slotOf(view, equipment.unit, equipment.height), equipment.height);
}

void FleetPainter::paintEquipmentBox(QPainter& painter, const QRectF& box) const
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(m_theme.lineStrong, 1));
    painter.setBrush(m_theme.sunken);
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2);
    painter.restore();
}

void FleetPainter::paintEquipmentName(QPainter& painter, const QRectF& box, const QString& name) const
{
    if (box.height() < 10 || m_layout.rulerWidth() <= 0)
        return;
    const QFont font = fontFor(box.height() < 14 ? TypeRole::Mark : TypeRole::Axis, QFont::Normal);
    painter.setFont(font);
    painter.setPen(m_theme.text3);
    painter.drawText(box.adjusted(8, -3, -6, 3), Qt::AlignVCenter | Qt::AlignLeft,
                     QFontMetricsF(font).elidedText(name, Qt::ElideRight, box.width() - 14));
}

void FleetPainter::paintTile(QPainter& painter, int rack) const
{
    const RackView& view = m_fleet.racks[static_cast<std::size_t>(rack)];
    const QRectF tile = m_layout.block(rack);
    const StateCounts counts = view.counts();
    const State worst = counts.worst();
    const StateColours& colours = m_theme.of(worst);
    const bool dimmed = m_filter.isActive()
        && std::none_of(view.nodes.begin(), view.nodes.end(), [&](const NodeView& node) { return m_filter.matches(view, node); });
    painter.save();
    if (dimmed)
        painter.setOpacity(filteredOutOpacity);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool roomy = tile.width() >= 90;
    const QFont font = fontFor(roomy ? TypeRole::Row : TypeRole::Mark, QFont::DemiBold);
    painter.setFont(font);
    const QFontMetricsF metrics(font);
    if (!roomy) { // the whole tile is the state; a plate keeps the name off hatch and stripes
        paintStateCell(painter, m_theme, tile, worst);
        const bool plain = worst != State::Running && worst != State::NotTested && worst != State::Stuck
            && worst != State::Unreachable;
        const QRectF text = tile.adjusted(2, 7, -2, -7);
        if (!plain)
            painter.fillRect(text, m_theme.panel);
        painter.setPen(plain ? colours.on : m_theme.text);
        painter.drawText(text, Qt::AlignCenter, metrics.elidedText(view.name, Qt::ElideMiddle, text.width()));
        painter.restore();
        return;
    }
    painter.setPen(QPen(worst == State::Qualified ? m_theme.lineStrong : colours.edge, 1));
    painter.setBrush(worst == State::Qualified || worst == State::NotTested ? m_theme.panel : colours.tint);
    painter.drawRoundedRect(tile.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
    paintState(painter, m_theme, {tile.left() + 15, tile.top() + 16}, 14, worst);
    painter.setPen(m_theme.text);
    const bool tall = tile.height() >= 60;
    painter.drawText(QRectF(tile.left() + 28, tile.top() + 4, tile.width() - 32, 24), Qt::AlignVCenter | Qt::AlignLeft,
                     metrics.elidedText(view.name, Qt::ElideMiddle, tile.width() - 34));
    if (tall)
        paintCounts(painter, m_theme, QRectF(tile.left() + 8, tile.top() + 26, tile.width() - 16, 18), counts);
    const QRectF bar(tile.left() + 8, tile.bottom() - 12, tile.width() - 16, 5);
    qreal x = bar.left();
    for (const State state : allStates) {
        const qreal width = counts.total() > 0 ? bar.width() * counts.of(state) / counts.total() : 0;
        if (width > 0)
            paintStateCell(painter, m_theme, QRectF(x, bar.top(), width, bar.height()), state);
        x += width;
    }
    painter.restore();
}

void FleetPainter::paintHallLabels(QPainter& painter, const QRectF& area) const
{
    painter.setFont(fontFor(TypeRole::Axis, QFont::DemiBold));
    painter.setPen(m_theme.text3);
    for (std::size_t r = 0; r < m_fleet.racks.size(); ++r) {
        const bool firstOfRow = r == 0 || m_fleet.racks[r].row != m_fleet.racks[r - 1].row;
        const QRectF tile = m_layout.block(static_cast<int>(r));
        if (!firstOfRow || tile.bottom() < area.top() || tile.top() > area.bottom())
            continue;
        painter.drawText(QRectF(0, tile.top(), m_layout.rulerWidth() - 8, tile.height()), Qt::AlignRight | Qt::AlignVCenter,
                         m_fleet.racks[r].row);
    }
}

void paintCounts(QPainter& painter, const Theme& theme, const QRectF& area, const StateCounts& counts)
{
    const QFont font = fontFor(TypeRole::Row, QFont::DemiBold);
    const QFontMetricsF metrics(font);
    painter.setFont(font);
    qreal right = area.right();
    for (auto it = allStates.rbegin(); it != allStates.rend(); ++it) {
        if (counts.of(*it) == 0)
            continue;
        const QString number = QString::number(counts.of(*it));
        const qreal width = metrics.horizontalAdvance(number);
        if (right - width - 16 < area.left())
            return;
        painter.setPen(theme.text2);
        painter.drawText(QRectF(right - width, area.top(), width + 1, area.height()), Qt::AlignVCenter, number);
        paintState(painter, theme, {std::round(right - width - 9) + 0.5, std::round(area.center().y()) + 0.5}, 10, *it);
        right -= width + 25;
    }
}

} // namespace seatrial::gui
