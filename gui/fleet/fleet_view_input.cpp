// SPDX-License-Identifier: GPL-3.0-or-later
// Keyboard and pointer of the rack map. Click selects, double click goes one level down; hover is light.
#include "gui/fleet/fleet_view.h"

#include "gui/fleet/hover_card.h"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>
#include <QTimerEvent>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <limits>

namespace seatrial::gui {

void FleetView::select(NodeRef ref, Qt::KeyboardModifiers modifiers)
{
    const NodeView* node = gui::nodeAt(*m_fleet, ref);
    if (!node)
        return;
    if (modifiers & Qt::ShiftModifier && m_anchor.isValid()) { // in reading order: rack after rack
        const NodeRef first = std::min(m_anchor, ref);
        const NodeRef last = std::max(m_anchor, ref);
        m_selection.clear();
        for (int r = first.rack; r <= last.rack; ++r) {
            const auto& nodes = m_fleet->racks[static_cast<std::size_t>(r)].nodes;
            for (int n = 0; n < static_cast<int>(nodes.size()); ++n) {
                const NodeRef each{r, n};
                if (each >= first && each <= last)
                    m_selection.insert(nodes[static_cast<std::size_t>(n)].id);
            }
        }
    } else if (modifiers & Qt::ControlModifier) {
        if (!m_selection.remove(node->id))
            m_selection.insert(node->id);
        m_anchor = ref;
    } else {
        m_selection = {node->id};
        m_anchor = ref;
    }
    setCurrent(ref);
    emit selectionEdited(m_selection);
}

void FleetView::activate(NodeRef ref)
{
    if (const NodeView* node = gui::nodeAt(*m_fleet, ref))
        emit nodeActivated(node->id);
}

// The menu is about the selection; what was not part of it becomes it.
void FleetView::askMenu(NodeRef ref, QPoint position)
{
    const NodeView* node = gui::nodeAt(*m_fleet, ref);
    if (!node)
        return;
    hideCard();
    if (!m_selection.contains(node->id))
        select(ref, Qt::NoModifier);
    emit menuAsked(viewport()->mapToGlobal(position));
}

void FleetView::contextMenuEvent(QContextMenuEvent* event)
{
    event->accept();
    if (m_level == FleetLevel::Hall)
        return;
    if (event->reason() == QContextMenuEvent::Keyboard)
        return askMenu(m_current, nodeRect(m_current).center());
    if (const std::optional<NodeRef> ref = nodeAt(event->pos()))
        askMenu(*ref, event->pos());
}

// Up and down go by the place in the rack, whatever order the nodes are listed in.
NodeRef FleetView::stepInRack(NodeRef from, int direction) const
{
    const RackView& rack = m_fleet->racks[static_cast<std::size_t>(from.rack)];
    const NodeView& here = rack.nodes[static_cast<std::size_t>(from.node)];
    const int slot = slotOf(rack, here.unit, here.height);
    NodeRef best = from;
    int bestDistance = std::numeric_limits<int>::max();
    for (int n = 0; n < static_cast<int>(rack.nodes.size()); ++n) {
        const NodeView& node = rack.nodes[static_cast<std::size_t>(n)];
        const int up = (slotOf(rack, node.unit, node.height) - slot) * direction;
        const int distance = up * 8 + std::abs(node.column - here.column);
        if (up > 0 && distance < bestDistance) {
            best = {from.rack, n};
            bestDistance = distance;
        }
    }
    return best;
}

NodeRef FleetView::stepAcrossRacks(NodeRef from, int direction) const
{
    const RackView& rack = m_fleet->racks[static_cast<std::size_t>(from.rack)];
    const NodeView& here = rack.nodes[static_cast<std::size_t>(from.node)];
    const int slot = slotOf(rack, here.unit, here.height);
    for (int n = 0; n < static_cast<int>(rack.nodes.size()); ++n) { // first within a chassis
        const NodeView& node = rack.nodes[static_cast<std::size_t>(n)];
        if (slotOf(rack, node.unit, node.height) == slot && node.column == here.column + direction)
            return {from.rack, n};
    }
    for (int r = from.rack + direction; r >= 0 && r < static_cast<int>(m_fleet->racks.size()); r += direction) {
        const RackView& other = m_fleet->racks[static_cast<std::size_t>(r)];
        NodeRef best;
        int bestDistance = std::numeric_limits<int>::max();
        for (int n = 0; n < static_cast<int>(other.nodes.size()); ++n) {
            const NodeView& node = other.nodes[static_cast<std::size_t>(n)];
            const int distance = std::abs(slotOf(other, node.unit, node.height) - slot);
            if (distance < bestDistance) {
                best = {r, n};
                bestDistance = distance;
            }
        }
        if (best.isValid())
            return best;
    }
    return from;
}

void FleetView::moveFocus(int key, Qt::KeyboardModifiers modifiers)
{
    NodeRef target = m_current;
    if (!gui::nodeAt(*m_fleet, m_current) || key == Qt::Key_Home || key == Qt::Key_End) {
        target = {};
        const int racks = static_cast<int>(m_fleet->racks.size());
        for (int i = 0; i < racks && !target.isValid(); ++i) {
            const int r = key == Qt::Key_End ? racks - 1 - i : i;
            const auto& rack = m_fleet->racks[static_cast<std::size_t>(r)];
            const auto byPlace = [&rack](const NodeView& a, const NodeView& b) {
                return slotOf(rack, a.unit, a.height) < slotOf(rack, b.unit, b.height);
            };
            if (rack.nodes.empty())
                continue;
            const auto place = key == Qt::Key_End ? std::min_element(rack.nodes.begin(), rack.nodes.end(), byPlace)
                                                  : std::max_element(rack.nodes.begin(), rack.nodes.end(), byPlace);
            target = {r, static_cast<int>(place - rack.nodes.begin())};
        }
    } else {
        switch (key) {
        case Qt::Key_Up: target = stepInRack(m_current, +1); break;
        case Qt::Key_Down: target = stepInRack(m_current, -1); break;
        case Qt::Key_Left: target = stepAcrossRacks(m_current, -1); break;
        case Qt::Key_Right: target = stepAcrossRacks(m_current, +1); break;
        default: break;
        }
    }
    if (!target.isValid())
        return;
    if (modifiers & Qt::ControlModifier) { // the ring alone moves; Space or Enter then decides
        setCurrent(target);
        return;
    }
    select(target, modifiers & Qt::ShiftModifier);
}

void FleetView::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Up:
    case Qt::Key_Down:
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Home:
    case Qt::Key_End: moveFocus(event->key(), event->modifiers()); return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_level == FleetLevel::Hall)
            setLevel(FleetLevel::Racks);
        else
            activate(m_current);
        return;
    case Qt::Key_F10:
        if (!(event->modifiers() & Qt::ShiftModifier) || m_level == FleetLevel::Hall)
            break;
        askMenu(m_current, nodeRect(m_current).center());
        return;
    case Qt::Key_Period: goToProblem(+1); return;
    case Qt::Key_Comma: goToProblem(-1); return;
    case Qt::Key_F:
        if (event->modifiers() == Qt::NoModifier) {
            fit();
            return;
        }
        break;
    case Qt::Key_BracketLeft: setLevel(FleetLevel::Hall); return;
    case Qt::Key_BracketRight: setLevel(FleetLevel::Racks); return;
    case Qt::Key_Plus:
    case Qt::Key_Equal: zoomAt(viewport()->rect().center(), 1.15); return;
    case Qt::Key_Minus: zoomAt(viewport()->rect().center(), 1 / 1.15); return;
    case Qt::Key_Space:
        m_cardPinned = true;
        showCard(m_hovered.isValid() ? m_hovered : m_current);
        return;
    case Qt::Key_Escape:
        if (m_card->isVisible()) {
            hideCard();
        } else if (m_panning) {
            m_panning = false;
            viewport()->unsetCursor();
        } else if (!m_selection.isEmpty()) {
            m_selection.clear();
            viewport()->update();
            emit selectionEdited(m_selection);
        } else {
            break;
        }
        return;
    default: break;
    }
    QAbstractScrollArea::keyPressEvent(event);
}

void FleetView::mousePressEvent(QMouseEvent* event)
{
    hideCard();
    if (event->button() != Qt::LeftButton)
        return;
    if (m_level == FleetLevel::Racks) {
        if (const std::optional<NodeRef> ref = nodeAt(event->position().toPoint())) {
            select(*ref, event->modifiers());
            return;
        }
    }
    m_panning = true;
    m_panFrom = event->position().toPoint();
}

void FleetView::mouseMoveEvent(QMouseEvent* event)
{
    const QPoint position = event->position().toPoint();
    if (m_panning) {
        viewport()->setCursor(Qt::ClosedHandCursor);
        horizontalScrollBar()->setValue(horizontalScrollBar()->value() - (position.x() - m_panFrom.x()));
        verticalScrollBar()->setValue(verticalScrollBar()->value() - (position.y() - m_panFrom.y()));
        m_panFrom = position;
        return;
    }
    if (m_level == FleetLevel::Hall) { // a tile is hovered as its first node's rack
        const std::optional<int> rack = m_layout.rackAt(toContent(position));
        setHovered(rack ? NodeRef{*rack, 0} : NodeRef{});
        return;
    }
    setHovered(nodeAt(position).value_or(NodeRef{}));
}

void FleetView::mouseReleaseEvent(QMouseEvent*)
{
    m_panning = false;
    viewport()->unsetCursor();
}

void FleetView::mouseDoubleClickEvent(QMouseEvent* event)
{
    const QPoint position = event->position().toPoint();
    if (m_level == FleetLevel::Racks) {
        if (const std::optional<NodeRef> ref = nodeAt(position))
            activate(*ref);
        return;
    }
    const std::optional<int> rack = m_layout.rackAt(toContent(position));
    if (!rack)
        return;
    setLevel(FleetLevel::Racks);
    const QRectF block = m_layout.block(*rack);
    horizontalScrollBar()->setValue(static_cast<int>(block.left()));
    verticalScrollBar()->setValue(static_cast<int>(block.top()));
}

void FleetView::wheelEvent(QWheelEvent* event)
{
    if (event->modifiers() & Qt::ControlModifier) {
        zoomAt(event->position().toPoint(), std::pow(1.15, event->angleDelta().y() / 120.0));
        event->accept();
        return;
    }
    if (verticalScrollBar()->maximum() == 0 && event->angleDelta().x() == 0) { // racks run sideways
        horizontalScrollBar()->setValue(horizontalScrollBar()->value() - event->angleDelta().y());
        event->accept();
        return;
    }
    QAbstractScrollArea::wheelEvent(event);
}

bool FleetView::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::Leave)
        setHovered({});
    return QAbstractScrollArea::viewportEvent(event);
}

bool FleetView::event(QEvent* event)
{
    // Full stop and comma walk the problems here, so no window-wide shortcut may take them from the view.
    if (event->type() == QEvent::ShortcutOverride) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Period || key == Qt::Key_Comma || key == Qt::Key_Space || key == Qt::Key_F) {
            if (static_cast<QKeyEvent*>(event)->modifiers() == Qt::NoModifier) {
                event->accept();
                return true;
            }
        }
    }
    return QAbstractScrollArea::event(event);
}

void FleetView::timerEvent(QTimerEvent* event)
{
    if (event->timerId() != m_cardTimer.timerId()) {
        QAbstractScrollArea::timerEvent(event);
        return;
    }
    m_cardTimer.stop();
    if (m_hovered.isValid())
        showCard(m_hovered);
}

void FleetView::setHovered(NodeRef ref)
{
    if (ref == m_hovered)
        return;
    m_hovered = ref;
    viewport()->update();
    if (m_cardPinned)
        return;
    hideCard();
    if (ref.isValid())
        m_cardTimer.start(cardDelayMilliseconds, this);
}

void FleetView::showCard(NodeRef ref)
{
    if (ref.rack < 0 || ref.rack >= static_cast<int>(m_fleet->racks.size()))
        return;
    const RackView& rack = m_fleet->racks[static_cast<std::size_t>(ref.rack)];
    if (m_level == FleetLevel::Hall) {
        m_card->showRack(rack, m_layout.block(ref.rack).translated(contentOffset()).toRect());
        return;
    }
    const NodeView* node = gui::nodeAt(*m_fleet, ref);
    if (node)
        m_card->showNode(rack, *node, nodeRect(ref), m_cardPinned);
}

void FleetView::hideCard()
{
    m_cardTimer.stop();
    m_cardPinned = false;
    m_card->hide();
}

} // namespace seatrial::gui
