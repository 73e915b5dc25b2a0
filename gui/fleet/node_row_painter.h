// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/fleet/fleet_layout.h"
#include "gui/fleet/paint_memory.h"
#include "gui/theme/theme.h"

class QPainter;

namespace seatrial::gui {

// Paints one node as a row: state block, name, one mark a check with link dashes above, and at the right the value
// or the words of the reason. All but the words is a stamp: thousands of rows have few looks.
class NodeRowPainter {
public:
    NodeRowPainter(const Theme& theme, PaintMemory& memory);

    // Names of one rack share a column, so that marks stand below each other.
    qreal nameColumnWidth(const std::vector<NodeView>& nodes) const;
    void paint(QPainter& painter, const QRectF& box, const NodeView& node, Detail detail, qreal nameColumn,
               qreal opacity = 1) const;
    void paintShares(QPainter& painter, const QRectF& bar, const StateCounts& counts) const; // one bar, not stamped

    static constexpr qreal markWidth = 6;
    static constexpr qreal markPitch = 7.6;

private:
    void paintBody(QPainter& painter, const QRectF& box, const NodeView& node, qreal blockWidth) const;
    void paintFull(QPainter& painter, const QRectF& box, const NodeView& node, qreal nameColumn, qreal opacity) const;
    void paintCompact(QPainter& painter, const QRectF& box, const NodeView& node, qreal nameColumn, qreal opacity) const;
    static int markPlaces(const QRectF& area);
    static qreal marksEnd(const QRectF& area, const NodeView& node);
    void paintMarks(QPainter& painter, const QRectF& area, const NodeView& node, qreal scale) const;
    void paintWords(QPainter& painter, const QRectF& area, const NodeView& node, qreal pixelLimit) const;

    const Theme& m_theme;
    PaintMemory& m_memory;
};

} // namespace seatrial::gui
