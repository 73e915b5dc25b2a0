// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/fleet/fleet_view.h"

#include "gui/fleet/fleet_accessible.h"
#include "gui/fleet/fleet_painter.h"
#include "gui/fleet/hover_card.h"
#include "gui/theme/focus_ring.h"
#include "gui/theme/type_roles.h"

#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QStyle>

#include <algorithm>
#include <cmath>

namespace seatrial::gui {

namespace {

constexpr int overscan = 3; // room round the racks for the focus ring

} // namespace

FleetView::FleetView(QWidget* parent)
    : QAbstractScrollArea(parent),
      m_fleet(std::make_shared<FleetViewData>()),
      m_emptyText(tr("No nodes yet. Open an inventory to see its racks.")),
      m_card(new HoverCard(viewport()))
{
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    viewport()->setMouseTracking(true);
    viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
    horizontalScrollBar()->setSingleStep(40);
    verticalScrollBar()->setSingleStep(40);
    setAccessibleName(tr("Rack map"));
    installFleetAccessibility();
}

FleetView::~FleetView() = default;

void FleetView::setSnapshot(FleetSnapshot snapshot)
{
    if (!snapshot)
        snapshot = std::make_shared<FleetViewData>();
    const QString currentId = gui::nodeAt(*m_fleet, m_current) ? gui::nodeAt(*m_fleet, m_current)->id : QString();
    m_fleet = std::move(snapshot);
    m_index = FleetIndex(*m_fleet);
    m_matches.reset();
    const NodeView* same = gui::nodeAt(*m_fleet, m_current);
    if (!same || same->id != currentId)
        m_current = findNode(*m_fleet, currentId).value_or(NodeRef{});
    m_hovered = {};
    relayout();
}

void FleetView::setFilter(const NodeFilter& filter)
{
    if (m_filter == filter)
        return;
    m_filter = filter;
    m_matches.reset();
    invalidate();
}

std::size_t FleetView::matchCount()
{
    const FilterMatches* left = matches();
    return left ? left->count() : m_fleet->nodeCount();
}

const FilterMatches* FleetView::matches()
{
    if (!m_filter.isActive())
        return nullptr;
    if (!m_matches)
        m_matches.emplace(*m_fleet, m_filter);
    return &*m_matches;
}

PaintMemory& FleetView::memory()
{
    const Theme* theme = &themeOf(*this);
    if (!m_memory || m_memoryTheme != theme)
        m_memory = std::make_unique<PaintMemory>();
    m_memoryTheme = theme;
    return *m_memory;
}

void FleetView::setEmptyText(const QString& text)
{
    m_emptyText = text;
    invalidate();
}

void FleetView::setLevel(FleetLevel level)
{
    if (m_level == level)
        return;
    m_level = level;
    relayout();
    if (m_current.isValid())
        ensureVisible(m_current);
    emit levelChanged(level);
}

void FleetView::setPixelsPerUnit(qreal pixels)
{
    m_chosenPixels = std::clamp(pixels, FleetLayout::smallestPixelsPerUnit, FleetLayout::largestPixelsPerUnit);
    relayout();
}

void FleetView::fit()
{
    m_chosenPixels.reset();
    relayout();
}

void FleetView::setSelection(const QSet<QString>& ids)
{
    m_selection = ids;
    if (ids.size() == 1) {
        if (const std::optional<NodeRef> ref = findNode(*m_fleet, *ids.begin()))
            setCurrent(*ref);
    }
    viewport()->update();
}

void FleetView::setCurrent(NodeRef ref)
{
    m_current = ref;
    if (ref.isValid()) {
        ensureVisible(ref);
        announceCurrent(*this);
    }
    viewport()->update();
}

std::optional<NodeRef> FleetView::nodeAt(QPoint position) const { return m_layout.nodeAt(m_index, toContent(position)); }

QRect FleetView::nodeRect(NodeRef ref) const
{
    return m_layout.nodeRect(*m_fleet, ref).translated(contentOffset()).toRect();
}

std::vector<int> FleetView::visibleRacks() const
{
    return m_layout.racksIn(QRectF(toContent({0, 0}), viewport()->size()).adjusted(40, 20, -40, -20));
}

bool FleetView::goToProblem(int direction)
{
    std::vector<NodeRef> problems;
    for (std::size_t r = 0; r < m_fleet->racks.size(); ++r) {
        const RackView& rack = m_fleet->racks[r];
        for (std::size_t n = 0; n < rack.nodes.size(); ++n) {
            if (isProblem(rack.nodes[n].state) && m_filter.matches(rack, rack.nodes[n]))
                problems.push_back({static_cast<int>(r), static_cast<int>(n)});
        }
    }
    if (problems.empty())
        return false;
    std::stable_sort(problems.begin(), problems.end(), [this](NodeRef a, NodeRef b) {
        return severityOf(gui::nodeAt(*m_fleet, a)->state) > severityOf(gui::nodeAt(*m_fleet, b)->state);
    });
    const auto here = std::find(problems.begin(), problems.end(), m_current);
    const auto count = static_cast<std::ptrdiff_t>(problems.size());
    std::ptrdiff_t next = direction > 0 ? 0 : count - 1;
    if (here != problems.end())
        next = ((here - problems.begin()) + direction + count) % count;
    select(problems[static_cast<std::size_t>(next)], Qt::NoModifier);
    return true;
}

QPointF FleetView::contentOffset() const
{
    return QPointF(overscan - horizontalScrollBar()->value(), overscan - verticalScrollBar()->value());
}

QPointF FleetView::toContent(QPoint position) const { return QPointF(position) - contentOffset(); }

// The room is settled here, scroll bars included, from the largest viewport there can be: asking the present one
// would change the answer each time a bar comes or goes.
void FleetView::relayout()
{
    QSize room = maximumViewportSize();
    QSize content;
    const int bar = style()->pixelMetric(QStyle::PM_ScrollBarExtent, nullptr, this);
    bool sideways = false;
    bool upright = false;
    for (int attempt = 0; attempt < 3; ++attempt) {
        const QSizeF inner(room.width() - 2 * overscan, room.height() - 2 * overscan);
        const qreal pixels = m_chosenPixels.value_or(FleetLayout::fittingPixelsPerUnit(m_index, inner));
        m_layout = FleetLayout(*m_fleet, m_index, m_level, pixels, inner);
        content = QSize(static_cast<int>(std::ceil(m_layout.contentSize().width())) + 2 * overscan,
                        static_cast<int>(std::ceil(m_layout.contentSize().height())) + 2 * overscan);
        if (!sideways && content.width() > room.width()) {
            sideways = true;
            room.rheight() -= bar;
        } else if (!upright && content.height() > room.height()) {
            upright = true;
            room.rwidth() -= bar;
        } else {
            break;
        }
    }
    horizontalScrollBar()->setPageStep(room.width());
    verticalScrollBar()->setPageStep(room.height());
    horizontalScrollBar()->setRange(0, sideways ? std::max(1, content.width() - room.width()) : 0);
    verticalScrollBar()->setRange(0, upright ? std::max(1, content.height() - room.height()) : 0);
    invalidate();
    emit visibleRacksChanged();
}

void FleetView::invalidate()
{
    m_pictureStale = true;
    viewport()->update();
}

void FleetView::zoomAt(QPoint position, qreal factor)
{
    const QPointF before = toContent(position);
    const QSizeF sizeBefore = m_layout.contentSize();
    const qreal wanted = m_layout.pixelsPerUnit() * factor;
    if (m_level == FleetLevel::Hall) {
        if (factor > 1)
            setLevel(FleetLevel::Racks);
        return;
    }
    if (wanted < FleetLayout::smallestPixelsPerUnit) {
        setLevel(FleetLevel::Hall);
        return;
    }
    hideCard();
    setPixelsPerUnit(wanted);
    if (sizeBefore.isEmpty())
        return;
    const QSizeF size = m_layout.contentSize();
    const QPointF after(before.x() * size.width() / sizeBefore.width(), before.y() * size.height() / sizeBefore.height());
    horizontalScrollBar()->setValue(static_cast<int>(after.x() - position.x()));
    verticalScrollBar()->setValue(static_cast<int>(after.y() - position.y()));
}

void FleetView::ensureVisible(NodeRef ref)
{
    const QRectF rect = m_layout.nodeRect(*m_fleet, ref).adjusted(-8, -8, 8, 8);
    const auto bring = [](QScrollBar* bar, qreal from, qreal to, int room) {
        if (from < bar->value())
            bar->setValue(static_cast<int>(from));
        else if (to > bar->value() + room)
            bar->setValue(static_cast<int>(std::ceil(to - room)));
    };
    bring(horizontalScrollBar(), rect.left(), rect.right(), viewport()->width() - 2 * overscan);
    bring(verticalScrollBar(), rect.top(), rect.bottom(), viewport()->height() - 2 * overscan);
}

void FleetView::renderPicture()
{
    const qreal ratio = devicePixelRatioF();
    const QSize size = viewport()->size() * ratio;
    if (m_picture.size() != size)
        m_picture = QPixmap(size);
    m_picture.setDevicePixelRatio(ratio);
    QPainter painter(&m_picture);
    paintArea(painter, QRectF({0, 0}, viewport()->size()));
    m_pictureOffset = contentOffset();
    m_pictureStale = false;
}

bool FleetView::shiftPicture()
{
    const qreal ratio = m_picture.devicePixelRatio();
    const QPointF moved = (contentOffset() - m_pictureOffset) * ratio;
    const QPoint by = moved.toPoint();
    if (QPointF(by) != moved || std::abs(by.x()) >= m_picture.width() || std::abs(by.y()) >= m_picture.height() || ratio != std::floor(ratio))
        return false;
    QRegion exposed;
    m_picture.scroll(by.x(), by.y(), m_picture.rect(), &exposed);
    m_pictureOffset = contentOffset();
    QPainter painter(&m_picture);
    for (const QRect& strip : exposed) {
        const QRectF area(QPointF(strip.topLeft()) / ratio, QSizeF(strip.size()) / ratio);
        painter.save();
        painter.setClipRect(area);
        paintArea(painter, area);
        painter.restore();
    }
    return true;
}

void FleetView::paintArea(QPainter& painter, const QRectF& area)
{
    const Theme& theme = themeOf(*this);
    painter.fillRect(area, theme.window);
    if (m_fleet->racks.empty()) {
        painter.setFont(fontFor(TypeRole::Body));
        painter.setPen(theme.text2);
        painter.drawText(QRect({0, 0}, viewport()->size()), Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
    } else {
        painter.translate(contentOffset());
        FleetPainter fleet(theme, *m_fleet, m_layout, memory());
        if (const FilterMatches* left = matches())
            fleet.setMatches(*left);
        fleet.paint(painter, area.translated(-contentOffset()).adjusted(-3, -3, 3, 3)); // lines may reach out of their box
    }
}

void FleetView::paintRing(QPainter& painter, NodeRef ref, const QColor& colour, qreal width)
{
    const QRectF box = m_layout.nodeRect(*m_fleet, ref).translated(contentOffset());
    if (!box.intersects(QRectF(viewport()->rect())))
        return;
    QByteArray look("r");
    look.append(QByteArray::number(colour.rgba(), 16)).append(static_cast<char>(width));
    memory().stamps.lay(painter, box.adjusted(-4, -4, 4, 4), look, [&](QPainter& onStamp) {
        onStamp.setRenderHint(QPainter::Antialiasing);
        onStamp.setBrush(Qt::NoBrush);
        onStamp.setPen(QPen(colour, width));
        onStamp.drawRoundedRect(box.adjusted(-2, -2, 2, 2), 4, 4);
    });
}

void FleetView::paintSelection(QPainter& painter)
{
    const Theme& theme = themeOf(*this);
    for (const int r : m_layout.racksIn(QRectF(toContent({0, 0}), viewport()->size()))) {
        const RackView& rack = m_fleet->racks[static_cast<std::size_t>(r)];
        for (std::size_t n = 0; n < rack.nodes.size(); ++n) {
            if (!m_selection.contains(rack.nodes[n].id))
                continue;
            paintRing(painter, {r, static_cast<int>(n)}, theme.focus, 2);
            if (m_level == FleetLevel::Hall)
                break; // one ring for all of its nodes
        }
    }
}

void FleetView::paintOverlays(QPainter& painter)
{
    const Theme& theme = themeOf(*this);
    if (m_hovered.isValid() && m_hovered != m_current)
        paintRing(painter, m_hovered, theme.lineFrame, 1);
    if (!m_selection.isEmpty())
        paintSelection(painter);
    if (showsFocus(*this) && m_current.isValid() && m_level == FleetLevel::Racks) {
        const QRectF box = m_layout.nodeRect(*m_fleet, m_current).translated(contentOffset());
        const bool selected = m_selection.contains(gui::nodeAt(*m_fleet, m_current)->id);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme.focus, 2, selected ? Qt::SolidLine : Qt::DotLine));
        painter.drawRoundedRect(box.adjusted(-2, -2, 2, 2), 4, 4);
    }
}

void FleetView::paintEvent(QPaintEvent*)
{
    const bool stale = m_pictureStale || m_picture.devicePixelRatio() != devicePixelRatioF();
    if (stale || (contentOffset() != m_pictureOffset && !shiftPicture()))
        renderPicture();
    QPainter painter(viewport());
    painter.drawPixmap(0, 0, m_picture);
    paintOverlays(painter);
}

void FleetView::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    hideCard();
    relayout();
}

void FleetView::scrollContentsBy(int, int)
{
    hideCard();
    viewport()->update();
    emit visibleRacksChanged();
}

void FleetView::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
        m_memory.reset();
        invalidate();
    }
}

void FleetView::focusInEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusInEvent(event);
    if (!m_current.isValid() && m_fleet->nodeCount() > 0)
        moveFocus(Qt::Key_Home, Qt::ControlModifier); // the ring alone: arriving selects nothing
    viewport()->update();
}

void FleetView::focusOutEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

} // namespace seatrial::gui
