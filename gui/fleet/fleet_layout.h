// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/fleet_view_data.h"

#include <QRectF>
#include <QSizeF>

#include <optional>
#include <vector>

namespace seatrial::gui {

enum class FleetLevel { Hall, Racks };

// How much of a node fits into its height on the screen.
enum class Detail { Full, Compact, Block };
Detail detailFor(qreal rowHeight);

// Which node stands in which unit, so that a point is looked up and not searched for.
class FleetIndex {
public:
    FleetIndex() = default;
    explicit FleetIndex(const FleetViewData& fleet);

    std::optional<int> nodeIn(int rack, int slotFromBottom, qreal acrossShare) const;
    int tallestRack() const { return m_tallest; }
    int smallestNode() const { return m_smallest; }

private:
    struct RackSlots {
        int columns = 1;
        std::vector<int> nodes; // slot * columns + column, -1 where nothing stands
    };
    std::vector<RackSlots> m_racks;
    int m_tallest = 1;
    int m_smallest = 1;
};

// The lowest slot of a thing in its rack, counted from the floor, whatever way the rack numbers its units.
int slotOf(const RackView& rack, int unit, int height);

// Where everything lies, by arithmetic alone, in content coordinates (origin at the top left of the first rack).
class FleetLayout {
public:
    FleetLayout() = default;
    FleetLayout(const FleetViewData& fleet, const FleetIndex& index, FleetLevel level, qreal pixelsPerUnit,
                QSizeF viewport);

    FleetLevel level() const { return m_level; }
    qreal pixelsPerUnit() const { return m_pixelsPerUnit; }
    QSizeF contentSize() const { return m_content; }
    int columns() const { return m_columns; }
    int rackCount() const { return static_cast<int>(m_heights.size()); }
    qreal rulerWidth() const { return m_ruler; }
    qreal headHeight() const { return m_head; }

    QRectF block(int rack) const; // head, ruler and frame; in the hall the tile
    QRectF frame(int rack) const; // the elevation alone
    QRectF nodeRect(const FleetViewData& fleet, NodeRef ref) const;
    QRectF boxRect(int rack, int slotFromBottom, int height, int column = 0, int columns = 1) const;

    std::optional<int> rackAt(QPointF point) const;
    std::optional<NodeRef> nodeAt(const FleetIndex& index, QPointF point) const;
    std::vector<int> racksIn(const QRectF& area) const;

    // Pixels a unit so that the tallest rack fills the viewport and every node keeps a readable row.
    static qreal fittingPixelsPerUnit(const FleetIndex& index, QSizeF viewport);
    static constexpr qreal smallestPixelsPerUnit = 3;
    static constexpr qreal largestPixelsPerUnit = 34;

private:
    void layOutRacks(const FleetViewData& fleet, const FleetIndex& index, QSizeF viewport);
    void layOutHall(const FleetViewData& fleet, QSizeF viewport);

    FleetLevel m_level = FleetLevel::Racks;
    qreal m_pixelsPerUnit = 13;
    qreal m_ruler = 0;
    qreal m_head = 0;
    QSizeF m_block;
    QSizeF m_gap;
    int m_columns = 1;
    QSizeF m_content;
    std::vector<int> m_heights;      // units of each rack
    std::vector<int> m_hallRow;      // in the hall: line and place of each rack
    std::vector<int> m_hallColumn;
};

} // namespace seatrial::gui
