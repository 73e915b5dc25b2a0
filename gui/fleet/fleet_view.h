// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/fleet/fleet_layout.h"
#include "gui/models/node_filter.h"

#include <QAbstractScrollArea>
#include <QBasicTimer>
#include <QPixmap>
#include <QSet>

namespace seatrial::gui {

class HoverCard;
struct PaintMemory;
struct Theme;

// The rack map: one custom painted widget for any number of nodes. The drawing of the racks is kept as a picture
// until data, zoom, scrolling or the filter change; selection, focus and hover are laid over it.
class FleetView : public QAbstractScrollArea {
    Q_OBJECT

public:
    explicit FleetView(QWidget* parent = nullptr);
    ~FleetView() override;

    void setSnapshot(FleetSnapshot snapshot);
    const FleetViewData& fleet() const { return *m_fleet; }
    void setFilter(const NodeFilter& filter);
    std::size_t matchCount(); // nodes that the filter leaves bright
    void setEmptyText(const QString& text);

    FleetLevel level() const { return m_level; }
    void setLevel(FleetLevel level);
    qreal pixelsPerUnit() const { return m_layout.pixelsPerUnit(); }
    void setPixelsPerUnit(qreal pixels); // leaves the fitting mode
    void fit();

    const QSet<QString>& selection() const { return m_selection; }
    void setSelection(const QSet<QString>& ids); // silent: the selection of another page arrives this way
    NodeRef current() const { return m_current; }
    void setCurrent(NodeRef ref); // moves the focus ring and brings it into view

    bool goToProblem(int direction); // +1 next, -1 previous: worst first, across racks
    std::optional<NodeRef> nodeAt(QPoint viewportPosition) const;
    QRect nodeRect(NodeRef ref) const; // in the viewport
    std::vector<int> visibleRacks() const;

    QSize minimumSizeHint() const override { return {320, 200}; }

signals:
    void selectionEdited(const QSet<QString>& ids);
    void nodeActivated(const QString& id);
    void menuAsked(QPoint position); // for what is selected; on the screen
    void levelChanged(FleetLevel level);
    void visibleRacksChanged();

protected:
    bool event(QEvent* event) override;
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void timerEvent(QTimerEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    void relayout();
    void invalidate(); // the kept picture is out of date
    void renderPicture();
    bool shiftPicture(); // scrolled: only what came into sight is drawn; false: all has to be
    void paintArea(QPainter& painter, const QRectF& area); // in the viewport
    void paintOverlays(QPainter& painter);
    void paintRing(QPainter& painter, NodeRef ref, const QColor& colour, qreal width);
    void paintSelection(QPainter& painter);
    const FilterMatches* matches(); // null: no filter
    PaintMemory& memory();
    QPointF contentOffset() const;
    QPointF toContent(QPoint viewportPosition) const;
    void zoomAt(QPoint position, qreal factor);
    void ensureVisible(NodeRef ref);

    void select(NodeRef ref, Qt::KeyboardModifiers modifiers);
    void moveFocus(int key, Qt::KeyboardModifiers modifiers);
    NodeRef stepInRack(NodeRef from, int direction) const;
    NodeRef stepAcrossRacks(NodeRef from, int direction) const;
    void activate(NodeRef ref);
    void askMenu(NodeRef ref, QPoint position);
    void setHovered(NodeRef ref);
    void showCard(NodeRef ref);
    void hideCard();

    FleetSnapshot m_fleet;
    FleetIndex m_index;
    FleetLayout m_layout;
    FleetLevel m_level = FleetLevel::Racks;
    std::optional<qreal> m_chosenPixels; // nothing: fit
    NodeFilter m_filter;
    std::optional<FilterMatches> m_matches; // of the present data; asked for when first needed
    QString m_emptyText;

    QSet<QString> m_selection;
    NodeRef m_current;
    NodeRef m_anchor; // where a shift selection starts
    NodeRef m_hovered;
    QPoint m_panFrom;
    bool m_panning = false;

    QPixmap m_picture;
    QPointF m_pictureOffset; // of the content when it was drawn
    bool m_pictureStale = true;
    std::unique_ptr<PaintMemory> m_memory;
    const Theme* m_memoryTheme = nullptr;
    HoverCard* m_card;
    bool m_cardPinned = false;
    static constexpr int cardDelayMilliseconds = 250;
    QBasicTimer m_cardTimer;
};

} // namespace seatrial::gui
