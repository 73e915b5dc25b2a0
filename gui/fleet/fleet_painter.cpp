// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/fleet/fleet_painter.h"

#include "gui/theme/state_painter.h"

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

bool isRoomy(const QRectF& tile) { return tile.width() >= 90; }

// Of one colour, upon which a name can be read.
bool isPlain(State state)
{
    return state != State::Running && state != State::NotTested && state != State::Stuck && state != State::Unreachable;
}

} // namespace

FleetPainter::FleetPainter(const Theme& theme, const FleetViewData& fleet, const FleetLayout& layout, PaintMemory& memory)
    : m_theme(theme), m_fleet(fleet), m_layout(layout), m_memory(memory), m_rows(theme, memory)
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

    // Alike in all racks; a tall one is quicker drawn than laid down.
    const QRectF frame = m_layout.frame(rack);
    if (m_layout.rulerWidth() > 0) {
        paintFrame(painter, rack);
    } else {
        const QRectF outer(std::round(frame.left()), std::round(frame.top()) - 2, std::floor(frame.width()), std::round(frame.height()) + 4);
        m_memory.stamps.lay(painter, outer, QByteArrayLiteral("f"), [&](QPainter& onStamp) { paintFrame(onStamp, rack); });
    }

    if (m_layout.rulerWidth() > 0)
        paintEmptyUnits(painter, rack);
    for (const EquipmentView& equipment : view.equipment)
        paintEquipmentBox(painter, equipmentBox(rack, equipment));
    for (const EquipmentView& equipment : view.equipment) // after all boxes, which would cut low letters off
        paintEquipmentName(painter, equipmentBox(rack, equipment), equipment.name);

    const qreal nameColumn = m_layout.rulerWidth() > 0 ? m_rows.nameColumnWidth(view.nodes) : 0;
    for (std::size_t n = 0; n < view.nodes.size(); ++n) {
        const NodeView& node = view.nodes[n];
        const QRectF box = m_layout.nodeRect(m_fleet, {rack, static_cast<int>(n)});
        if (!box.adjusted(-2, -2, 2, 2).intersects(area))
            continue;
        const bool dimmed = m_matches && !m_matches->contains({rack, static_cast<int>(n)});
        m_rows.paint(painter, box, node, detailFor(box.height() + 1), nameColumn, dimmed ? filteredOutOpacity : 1);
    }
}

void FleetPainter::paintFrame(QPainter& painter, int rack) const
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(m_theme.lineFrame, 1));
    painter.setBrush(m_theme.sunken);
    const QRectF frame = m_layout.frame(rack);
    painter.drawRoundedRect(QRectF(std::round(frame.left()) + 0.5, std::round(frame.top()) - 0.5, std::floor(frame.width()) - 1,
                                   std::round(frame.height()) + 1), 3, 3);
    painter.restore();
}

void FleetPainter::paintHead(QPainter& painter, int rack) const
{
    const RackView& view = m_fleet.racks[static_cast<std::size_t>(rack)];
    const QRectF frame = m_layout.frame(rack);
    const QRectF head(frame.left(), frame.top() - m_layout.headHeight(), frame.width(), m_layout.headHeight() - 4);
    const LineFont font = m_layout.headHeight() >= 30 ? LineFont::HeadingBold : LineFont::RowBold;
    const QString name = m_memory.lines.elided(font, view.name, Qt::ElideMiddle, head.width() - 4);
    painter.setPen(m_theme.text);
    m_memory.lines.draw(painter, head.adjusted(1, 0, 0, 0), Qt::AlignLeft, font, name);
    const StateCounts counts = view.counts();
    if (m_layout.rulerWidth() > 0)
        paintCounts(painter, head.adjusted(m_memory.lines.widthOf(font, name) + 12, 0, -1, 0), counts);
    else if (counts.worst() != State::Qualified)
        paintGlyph(painter, {head.right() - 6.5, std::round(head.center().y()) + 0.5}, 10, counts.worst());
}

void FleetPainter::paintRuler(QPainter& painter, int rack) const
{
    const RackView& view = m_fleet.racks[static_cast<std::size_t>(rack)];
    const QRectF frame = m_layout.frame(rack);
    const qreal unit = m_layout.pixelsPerUnit();
    painter.setPen(m_theme.text3);
    for (int slot = 0; slot < view.height; ++slot) {
        if (!isNumbered(slot, view.height))
            continue;
        const QRectF place(frame.left() - m_layout.rulerWidth(), frame.bottom() - (slot + 1) * unit, m_layout.rulerWidth() - 5, unit);
        m_memory.lines.draw(painter, place.adjusted(0, -4, 0, 4), Qt::AlignRight, LineFont::Mark, QString::number(unitNumber(view, slot)));
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
    painter.setPen(m_theme.text3);
    m_memory.lines.draw(painter, box.adjusted(8, -3, -6, 3), Qt::AlignLeft, box.height() < 14 ? LineFont::Mark : LineFont::Axis, name,
                        Qt::ElideRight, box.width() - 14);
}

bool FleetPainter::isDimmed(int rack) const
{
    if (!m_matches)
        return false;
    const auto nodes = static_cast<int>(m_fleet.racks[static_cast<std::size_t>(rack)].nodes.size());
    for (int n = 0; n < nodes; ++n) {
        if (m_matches->contains({rack, n}))
            return false;
    }
    return true;
}

void FleetPainter::paintTile(QPainter& painter, int rack) const
{
    const RackView& view = m_fleet.racks[static_cast<std::size_t>(rack)];
    const QRectF tile = m_layout.block(rack);
    const StateCounts counts = view.counts();
    const State worst = counts.worst();
    const qreal opacity = isDimmed(rack) ? filteredOutOpacity : 1;
    QByteArray look(opacity < 1 ? "td" : "tf");
    for (const State state : allStates)
        look.append(static_cast<char>(counts.of(state) & 0xff)).append(static_cast<char>(counts.of(state) >> 8 & 0xff));
    m_memory.stamps.lay(painter, tile, look, [&](QPainter& onStamp) {
        onStamp.setOpacity(opacity);
        paintTileGround(onStamp, tile, counts);
        onStamp.setOpacity(1);
    });

    painter.setOpacity(opacity);
    if (!isRoomy(tile)) {
        const QRectF text = tile.adjusted(2, 7, -2, -7);
        painter.setPen(isPlain(worst) ? m_theme.of(worst).on : m_theme.text);
        m_memory.lines.draw(painter, text, Qt::AlignHCenter, LineFont::MarkBold, view.name, Qt::ElideMiddle, text.width());
    } else {
        painter.setPen(m_theme.text);
        m_memory.lines.draw(painter, QRectF(tile.left() + 28, tile.top() + 4, tile.width() - 32, 24), Qt::AlignLeft, LineFont::RowBold,
                            view.name, Qt::ElideMiddle, tile.width() - 34);
        if (tile.height() >= 60)
            paintCounts(painter, QRectF(tile.left() + 8, tile.top() + 26, tile.width() - 16, 18), counts);
    }
    painter.setOpacity(1);
}

// All of a tile but its words.
void FleetPainter::paintTileGround(QPainter& painter, const QRectF& tile, const StateCounts& counts) const
{
    const State worst = counts.worst();
    const StateColours& colours = m_theme.of(worst);
    painter.setRenderHint(QPainter::Antialiasing);
    if (!isRoomy(tile)) { // the whole tile is the state; a plate keeps the name off hatch and stripes
        paintStateCell(painter, m_theme, tile, worst);
        if (!isPlain(worst))
            painter.fillRect(tile.adjusted(2, 7, -2, -7), m_theme.panel);
        return;
    }
    painter.setPen(QPen(worst == State::Qualified ? m_theme.lineStrong : colours.edge, 1));
    painter.setBrush(worst == State::Qualified || worst == State::NotTested ? m_theme.panel : colours.tint);
    painter.drawRoundedRect(tile.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
    paintState(painter, m_theme, {tile.left() + 15, tile.top() + 16}, 14, worst);
    m_rows.paintShares(painter, QRectF(tile.left() + 8, tile.bottom() - 12, tile.width() - 16, 5), counts);
}

void FleetPainter::paintHallLabels(QPainter& painter, const QRectF& area) const
{
    painter.setPen(m_theme.text3);
    for (std::size_t r = 0; r < m_fleet.racks.size(); ++r) {
        const bool firstOfRow = r == 0 || m_fleet.racks[r].row != m_fleet.racks[r - 1].row;
        const QRectF tile = m_layout.block(static_cast<int>(r));
        if (!firstOfRow || tile.bottom() < area.top() || tile.top() > area.bottom())
            continue;
        m_memory.lines.draw(painter, QRectF(0, tile.top(), m_layout.rulerWidth() - 8, tile.height()), Qt::AlignRight, LineFont::AxisBold,
                            m_fleet.racks[r].row);
    }
}

void FleetPainter::paintGlyph(QPainter& painter, QPointF centre, qreal size, State state) const
{
    const qreal reach = std::ceil(size * 0.6) + 2; // a triangle stands out of its circle
    const qreal opacity = painter.opacity();
    const char look[] = {'g', static_cast<char>('0' + indexOf(state)), static_cast<char>(size), opacity < 1 ? 'd' : 'f'};
    painter.setOpacity(1);
    m_memory.stamps.lay(painter, QRectF(centre.x() - reach, centre.y() - reach, 2 * reach, 2 * reach), {look, sizeof look}, [&](QPainter& onStamp) {
        onStamp.setOpacity(opacity);
        paintState(onStamp, m_theme, centre, size, state);
    });
    painter.setOpacity(opacity);
}

// Small glyphs with numbers, right aligned, worst states kept when there is no room for all.
void FleetPainter::paintCounts(QPainter& painter, const QRectF& area, const StateCounts& counts) const
{
    qreal right = area.right();
    for (auto it = allStates.rbegin(); it != allStates.rend(); ++it) {
        if (counts.of(*it) == 0)
            continue;
        const QString number = QString::number(counts.of(*it));
        const qreal width = m_memory.lines.widthOf(LineFont::RowBold, number);
        if (right - width - 16 < area.left())
            return;
        painter.setPen(m_theme.text2);
        m_memory.lines.draw(painter, QRectF(right - width, area.top(), width + 1, area.height()), Qt::AlignLeft, LineFont::RowBold, number);
        paintGlyph(painter, {std::round(right - width - 9) + 0.5, std::round(area.center().y()) + 0.5}, 10, *it);
        right -= width + 25;
    }
}

} // namespace seatrial::gui
