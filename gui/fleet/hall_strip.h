// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/fleet_view_data.h"

#include <QWidget>

namespace seatrial::gui {

// The hall in small, with a frame round what the rack map shows, and how to read a node.
class HallStrip : public QWidget {
    Q_OBJECT

public:
    explicit HallStrip(QWidget* parent = nullptr);

    void setSnapshot(FleetSnapshot snapshot);
    void setVisibleRacks(std::vector<int> racks);

    QSize sizeHint() const override { return {600, 76}; }
    QSize minimumSizeHint() const override { return {300, 76}; }

signals:
    void rackChosen(int rack);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    bool event(QEvent* event) override;

private:
    QRectF tile(int rack) const;
    std::optional<int> rackAt(QPointF point) const;
    void paintLegend(QPainter& painter, const QRectF& area) const;
    void arrange();
    bool arrangeWith(QSizeF tileSize, bool breakRows);
    void paintVisibleFrame(QPainter& painter) const;

    FleetSnapshot m_fleet;
    std::vector<QPoint> m_places; // line and column of every rack
    int m_lines = 1;
    bool m_rowsBroken = true; // each row of the hall begins a line, and is named
    QSizeF m_tileSize{16, 12};
    std::vector<int> m_visible; // ascending
};

} // namespace seatrial::gui
