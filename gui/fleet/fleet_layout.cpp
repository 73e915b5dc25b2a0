// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/fleet/fleet_layout.h"

#include <algorithm>
#include <cmath>

namespace seatrial::gui {

namespace {

constexpr qreal frameInset = 3; // between the frame of a rack and its boxes
constexpr qreal widestRack = 420;
constexpr qreal hallLabel = 44; // room for the name of a row of the hall

struct RackShape {
    qreal ruler;
    qreal head;
    qreal width; // at least, ruler included
    bool elastic;
};

// What a row can say decides how wide its rack is.
RackShape shapeFor(qreal rowHeight)
{
    switch (detailFor(rowHeight)) {
    case Detail::Full: return {22, 30, 212, true};
    case Detail::Compact: return {22, 26, 150, true};
    case Detail::Block: break;
    }
    return {0, 22, 64, false};
}

} // namespace

Detail detailFor(qreal rowHeight)
{
    if (rowHeight >= 15)
        return Detail::Full;
    return rowHeight >= 11 ? Detail::Compact : Detail::Block;
}

int slotOf(const RackView& rack, int unit, int height)
{
    const int fromStart = unit - rack.startingUnit;
    const int slot = rack.unitsDescend ? rack.height - fromStart - height : fromStart;
    return std::clamp(slot, 0, std::max(0, rack.height - height));
}

FleetIndex::FleetIndex(const FleetViewData& fleet)
{
    m_racks.reserve(fleet.racks.size());
    m_smallest = fleet.nodeCount() > 0 ? 1000 : 1;
    for (const RackView& rack : fleet.racks) {
        RackSlots places;
        for (const NodeView& node : rack.nodes)
            places.columns = std::max(places.columns, node.columns);
        const int height = std::max(1, rack.height);
        m_tallest = std::max(m_tallest, height);
        places.nodes.assign(static_cast<std::size_t>(height * places.columns), -1);
        for (std::size_t n = 0; n < rack.nodes.size(); ++n) {
            const NodeView& node = rack.nodes[n];
            m_smallest = std::min(m_smallest, std::max(1, node.height));
            const int first = slotOf(rack, node.unit, node.height);
            const int columns = std::max(1, node.columns);
            const int from = node.column * places.columns / columns;
            const int to = std::max(from + 1, (node.column + 1) * places.columns / columns);
            for (int slot = first; slot < std::min(height, first + std::max(1, node.height)); ++slot) {
                for (int c = from; c < std::min(places.columns, to); ++c)
                    places.nodes[static_cast<std::size_t>(slot * places.columns + c)] = static_cast<int>(n);
            }
        }
        m_racks.push_back(std::move(places));
    }
}

std::optional<int> FleetIndex::nodeIn(int rack, int slotFromBottom, qreal acrossShare) const
{
    if (rack < 0 || static_cast<std::size_t>(rack) >= m_racks.size() || slotFromBottom < 0)
        return std::nullopt;
    const RackSlots& places = m_racks[static_cast<std::size_t>(rack)];
    const int column = std::clamp(static_cast<int>(acrossShare * places.columns), 0, places.columns - 1);
    const auto place = static_cast<std::size_t>(slotFromBottom * places.columns + column);
    if (place >= places.nodes.size() || places.nodes[place] < 0)
        return std::nullopt;
    return places.nodes[place];
}

FleetLayout::FleetLayout(const FleetViewData& fleet, const FleetIndex& index, FleetLevel level, qreal pixelsPerUnit,
                         QSizeF viewport)
    : m_level(level), m_pixelsPerUnit(std::clamp(pixelsPerUnit, smallestPixelsPerUnit, largestPixelsPerUnit))
{
    m_heights.reserve(fleet.racks.size());
    for (const RackView& rack : fleet.racks)
        m_heights.push_back(std::max(1, rack.height));
    if (m_heights.empty())
        return;
    if (level == FleetLevel::Hall)
        layOutHall(fleet, viewport);
    else
        layOutRacks(fleet, index, viewport);
}

void FleetLayout::layOutRacks(const FleetViewData&, const FleetIndex& index, QSizeF viewport)
{
    const RackShape shape = shapeFor(m_pixelsPerUnit * index.smallestNode());
    m_ruler = shape.ruler;
    m_head = shape.head;
    m_gap = {12, 16};
    m_block.setHeight(std::ceil(m_head + index.tallestRack() * m_pixelsPerUnit + 1));

    const int count = rackCount();
    const int fittingColumns = std::max(1, static_cast<int>((viewport.width() + m_gap.width()) / (shape.width + m_gap.width())));
    const int fittingRows = std::max(1, static_cast<int>((viewport.height() + m_gap.height()) / (m_block.height() + m_gap.height())));
    m_columns = std::max(std::min(count, fittingColumns), (count + fittingRows - 1) / fittingRows);
    qreal width = shape.width;
    if (shape.elastic && m_columns <= fittingColumns) // room to spare goes to the words in the rows
        width = std::clamp((viewport.width() - 1 + m_gap.width()) / m_columns - m_gap.width(), shape.width, widestRack);
    m_block.setWidth(std::floor(width));

    const int rows = (count + m_columns - 1) / m_columns;
    m_content = {m_columns * (m_block.width() + m_gap.width()) - m_gap.width() + 1,
                 rows * (m_block.height() + m_gap.height()) - m_gap.height() + 1};
}

void FleetLayout::layOutHall(const FleetViewData& fleet, QSizeF viewport)
{
    m_gap = {6, 6};
    m_ruler = hallLabel;
    m_hallRow.assign(m_heights.size(), 0);
    m_hallColumn.assign(m_heights.size(), 0);
    const QSizeF sizes[] = {{152, 64}, {92, 44}, {44, 30}};
    for (const QSizeF& size : sizes) { // the largest tile with which the hall is seen whole
        m_block = size;
        m_columns = std::max(1, static_cast<int>((viewport.width() - hallLabel + m_gap.width()) / (size.width() + m_gap.width())));
        int line = 0;
        int place = 0;
        int widest = 0;
        for (std::size_t r = 0; r < fleet.racks.size(); ++r) {
            const bool newRow = r > 0 && fleet.racks[r].row != fleet.racks[r - 1].row;
            if (place == m_columns || newRow) {
                ++line;
                place = 0;
            }
            m_hallRow[r] = line;
            m_hallColumn[r] = place++;
            widest = std::max(widest, place);
        }
        m_content = {hallLabel + widest * (size.width() + m_gap.width()), (line + 1) * (size.height() + m_gap.height())};
        if (m_content.height() <= viewport.height())
            return;
    }
}

QRectF FleetLayout::block(int rack) const
{
    const bool hall = m_level == FleetLevel::Hall;
    const auto r = static_cast<std::size_t>(rack);
    const int column = hall ? m_hallColumn[r] : rack % m_columns;
    const int row = hall ? m_hallRow[r] : rack / m_columns;
    const qreal x = (hall ? hallLabel : 0) + column * (m_block.width() + m_gap.width());
    return {QPointF(x, row * (m_block.height() + m_gap.height())), m_block};
}

QRectF FleetLayout::frame(int rack) const
{
    const QRectF outer = block(rack);
    if (m_level == FleetLevel::Hall)
        return outer;
    const qreal height = m_heights[static_cast<std::size_t>(rack)] * m_pixelsPerUnit;
    // Racks stand on the floor: shorter ones end higher up, not lower down.
    return {outer.left() + m_ruler, outer.bottom() - height - 0.5, outer.width() - m_ruler, height};
}

QRectF FleetLayout::boxRect(int rack, int slotFromBottom, int height, int column, int columns) const
{
    const QRectF outer = frame(rack);
    const QRectF inner = outer.adjusted(frameInset, 0, -frameInset, 0);
    const qreal top = outer.bottom() - (slotFromBottom + height) * m_pixelsPerUnit;
    const qreal gap = m_pixelsPerUnit < 6 ? 0.5 : 1.0;
    const qreal share = inner.width() / std::max(1, columns);
    const qreal left = inner.left() + share * column + (column > 0 ? 1 : 0);
    const qreal right = inner.left() + share * (column + 1) - (column + 1 < columns ? 1 : 0);
    const qreal y = std::round(top + gap);
    const qreal bottom = std::round(top + height * m_pixelsPerUnit - gap);
    return {std::round(left), y, std::round(right) - std::round(left), std::max(1.0, bottom - y)};
}

QRectF FleetLayout::nodeRect(const FleetViewData& fleet, NodeRef ref) const
{
    const NodeView* node = gui::nodeAt(fleet, ref);
    if (!node || ref.rack >= rackCount())
        return {};
    if (m_level == FleetLevel::Hall)
        return block(ref.rack);
    const RackView& rack = fleet.racks[static_cast<std::size_t>(ref.rack)];
    return boxRect(ref.rack, slotOf(rack, node->unit, node->height), node->height, node->column, node->columns);
}

std::optional<int> FleetLayout::rackAt(QPointF point) const
{
    const qreal left = m_level == FleetLevel::Hall ? hallLabel : 0;
    if (m_heights.empty() || point.x() < left || point.y() < 0)
        return std::nullopt;
    const int column = static_cast<int>((point.x() - left) / (m_block.width() + m_gap.width()));
    const int row = static_cast<int>(point.y() / (m_block.height() + m_gap.height()));
    if (column >= m_columns)
        return std::nullopt;
    int rack = row * m_columns + column;
    if (m_level == FleetLevel::Hall) {
        const auto line = std::lower_bound(m_hallRow.begin(), m_hallRow.end(), row);
        rack = static_cast<int>(line - m_hallRow.begin()) + column;
        if (rack >= rackCount() || m_hallRow[static_cast<std::size_t>(rack)] != row)
            return std::nullopt;
    }
    if (rack >= rackCount() || !block(rack).contains(point))
        return std::nullopt;
    return rack;
}

std::optional<NodeRef> FleetLayout::nodeAt(const FleetIndex& index, QPointF point) const
{
    if (m_level == FleetLevel::Hall)
        return std::nullopt;
    const std::optional<int> rack = rackAt(point);
    if (!rack)
        return std::nullopt;
    const QRectF inner = frame(*rack).adjusted(frameInset, 0, -frameInset, 0);
    if (!inner.contains(point))
        return std::nullopt;
    const int slot = static_cast<int>((inner.bottom() - point.y()) / m_pixelsPerUnit);
    const std::optional<int> node = index.nodeIn(*rack, slot, (point.x() - inner.left()) / inner.width());
    if (!node)
        return std::nullopt;
    return NodeRef{*rack, *node};
}

std::vector<int> FleetLayout::racksIn(const QRectF& area) const
{
    std::vector<int> result;
    const int count = rackCount();
    if (count == 0)
        return result;
    if (m_level == FleetLevel::Hall) {
        for (int rack = 0; rack < count; ++rack) {
            if (block(rack).intersects(area))
                result.push_back(rack);
        }
        return result;
    }
    const qreal stepX = m_block.width() + m_gap.width();
    const qreal stepY = m_block.height() + m_gap.height();
    const int firstColumn = std::max(0, static_cast<int>(area.left() / stepX));
    const int lastColumn = std::min(m_columns - 1, static_cast<int>(area.right() / stepX));
    const int firstRow = std::max(0, static_cast<int>(area.top() / stepY));
    const int lastRow = std::max(0, static_cast<int>(area.bottom() / stepY));
    for (int row = firstRow; row <= lastRow; ++row) {
        for (int column = firstColumn; column <= lastColumn; ++column) {
            const int rack = row * m_columns + column;
            if (rack < count)
                result.push_back(rack);
        }
    }
    return result;
}

qreal FleetLayout::fittingPixelsPerUnit(const FleetIndex& index, QSizeF viewport)
{
    const qreal filling = (viewport.height() - shapeFor(15).head - 2) / index.tallestRack();
    const qreal comfortable = 46.0 / index.smallestNode(); // more only stretches the boxes
    const qreal readable = 15.0 / index.smallestNode();    // less hides the words: better to scroll
    return std::clamp(filling, std::min(readable, largestPixelsPerUnit), std::min(comfortable, largestPixelsPerUnit));
}

} // namespace seatrial::gui
