// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/fleet/fleet_layout.h"
#include "gui/theme/theme.h"

#include <QFont>
#include <QFontMetricsF>

class QPainter;

namespace seatrial::gui {

// Paints one node as a row: state block, name, one mark a check with link dashes above, and at the right the value
// or the words of the reason. Fonts and measures are taken once, for all rows of a painting.
class NodeRowPainter {
public:
    explicit NodeRowPainter(const Theme& theme);

    // Names of one rack share a column, so that marks stand below each other.
    qreal nameColumnWidth(const std::vector<NodeView>& nodes) const;
    void paint(QPainter& painter, const QRectF& box, const NodeView& node, Detail detail, qreal nameColumn) const;

    static constexpr qreal markWidth = 6;
    static constexpr qreal markPitch = 7.6;

private:
    void paintBody(QPainter& painter, const QRectF& box, const NodeView& node, qreal blockWidth) const;
    void paintFull(QPainter& painter, const QRectF& box, const NodeView& node, qreal nameColumn) const;
    void paintCompact(QPainter& painter, const QRectF& box, const NodeView& node, qreal nameColumn) const;
    qreal paintMarks(QPainter& painter, const QRectF& area, const NodeView& node, qreal scale) const;
    void paintWords(QPainter& painter, const QRectF& area, const NodeView& node, qreal pixelLimit) const;

    const Theme& m_theme;
    QFont m_nameFont, m_smallNameFont, m_valueFont, m_reasonFont, m_reasonBoldFont, m_markFont;
    QFontMetricsF m_nameMetrics;
};

} // namespace seatrial::gui
