// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/fleet/fleet_layout.h"
#include "gui/fleet/node_row_painter.h"
#include "gui/models/node_filter.h"

class QPainter;

namespace seatrial::gui {

// Paints racks or the hall at the place a layout gives them. Knows no widget: the view, a printed page and a test
// use it alike.
class FleetPainter {
public:
    FleetPainter(const Theme& theme, const FleetViewData& fleet, const FleetLayout& layout, PaintMemory& memory);

    void setMatches(const FilterMatches& matches) { m_matches = &matches; } // of this fleet; the rest is dimmed
    void paint(QPainter& painter, const QRectF& area) const;

    static constexpr qreal filteredOutOpacity = 0.35;

private:
    void paintRack(QPainter& painter, int rack, const QRectF& area) const;
    void paintHead(QPainter& painter, int rack) const;
    void paintRuler(QPainter& painter, int rack) const;
    void paintEmptyUnits(QPainter& painter, int rack) const;
    void paintEquipmentBox(QPainter& painter, const QRectF& box) const;
    void paintEquipmentName(QPainter& painter, const QRectF& box, const QString& name) const;
    QRectF equipmentBox(int rack, const EquipmentView& equipment) const;
    void paintFrame(QPainter& painter, int rack) const;
    void paintTile(QPainter& painter, int rack) const;
    void paintTileGround(QPainter& painter, const QRectF& tile, const StateCounts& counts) const;
    void paintGlyph(QPainter& painter, QPointF centre, qreal size, State state) const;
    void paintCounts(QPainter& painter, const QRectF& area, const StateCounts& counts) const;
    bool isDimmed(int rack) const; // nothing of it matches
    void paintHallLabels(QPainter& painter, const QRectF& area) const;

    const Theme& m_theme;
    const FleetViewData& m_fleet;
    const FleetLayout& m_layout;
    PaintMemory& m_memory;
    const FilterMatches* m_matches = nullptr;
    NodeRowPainter m_rows;
};

} // namespace seatrial::gui
