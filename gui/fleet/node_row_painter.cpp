// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/fleet/node_row_painter.h"

#include "gui/theme/state_painter.h"
#include "gui/theme/textures.h"
#include "gui/theme/type_roles.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace seatrial::gui {

namespace {

constexpr qreal blockSide = 20;
constexpr qreal nameGap = 7;
constexpr qreal rightPadding = 6;
constexpr qreal widestName = 130;
constexpr qreal wordsReserve = 62; // the words keep at least this much of a row

// With more outcomes than places, neighbours share a mark and the worst of them shows.
std::vector<State> foldedStates(const std::vector<MarkView>& marks, int places)
{
    const auto count = static_cast<int>(marks.size());
    std::vector<State> folded;
    if (count <= places) {
        folded.reserve(marks.size());
        for (const MarkView& mark : marks)
            folded.push_back(mark.state);
        return folded;
    }
    folded.assign(static_cast<std::size_t>(std::max(1, places)), State::Qualified);
    for (int i = 0; i < count; ++i) {
        State& state = folded[static_cast<std::size_t>(i * places / count)];
        state = worseOf(state, marks[static_cast<std::size_t>(i)].state);
    }
    return folded;
}

void paintLink(QPainter& painter, const Theme& theme, const QRectF& slot, State state)
{
    const StateColours& colours = theme.of(state);
    if (state == State::Qualified) {
        painter.fillRect(slot, theme.quietMark);
        return;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    if (state == State::Failed || state == State::Marginal) {
        painter.setPen(QPen(colours.edge, 0.8));
        painter.setBrush(colours.fill);
        painter.drawRoundedRect(QRectF(slot.left() - 0.5, slot.top() - 1.5, slot.width() + 1, 6), 1, 1);
    } else {
        painter.setPen(QPen(colours.edge, 0.6));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(slot.adjusted(0.5, 0, -0.5, 0), 0.6, 0.6);
    }
    painter.restore();
}

} // namespace

NodeRowPainter::NodeRowPainter(const Theme& theme)
    : m_theme(theme),
      m_nameFont(fontFor(TypeRole::Row, QFont::DemiBold)),
      m_smallNameFont(fontFor(TypeRole::Mark, QFont::DemiBold)),
      m_valueFont(fontFor(TypeRole::Small)),
      m_reasonFont(fontFor(TypeRole::Axis)),
      m_reasonBoldFont(fontFor(TypeRole::Axis, QFont::DemiBold)),
      m_markFont(fontFor(TypeRole::Mark)),
      m_nameMetrics(m_nameFont)
{
}

qreal NodeRowPainter::nameColumnWidth(const std::vector<NodeView>& nodes) const
{
    qreal widest = 21; // three characters, so that short names keep the marks where the eye expects them
    for (const NodeView& node : nodes)
        widest = std::max(widest, m_nameMetrics.horizontalAdvance(node.name));
    return std::min(std::ceil(widest), widestName);
}

void NodeRowPainter::paint(QPainter& painter, const QRectF& box, const NodeView& node, Detail detail,
                           qreal nameColumn) const
{
    switch (detail) {
    case Detail::Full: paintFull(painter, box, node, nameColumn); return;
    case Detail::Compact: paintCompact(painter, box, node, nameColumn); return;
    case Detail::Block: paintStateCell(painter, m_theme, box, node.state); return;
    }
}

void NodeRowPainter::paintBody(QPainter& painter, const QRectF& box, const NodeView& node, qreal blockWidth) const
{
    const StateColours& colours = m_theme.of(node.state);
    const bool quiet = node.state == State::Qualified;
    const QRectF line = box.adjusted(0.5, 0.5, -0.5, -0.5);
    QPen border(quiet ? m_theme.lineStrong : colours.edge, 1);
    QColor ground = quiet || node.state == State::NotTested ? m_theme.panel : colours.tint;
    if (node.state == State::Unreachable) {
        border.setDashPattern({3, 2});
        border.setCapStyle(Qt::FlatCap);
        ground = Qt::transparent;
    }
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(ground);
    painter.drawRoundedRect(line, 2, 2);
    paintStateBlock(painter, m_theme, QRectF(box.topLeft(), QSizeF(blockWidth, box.height())), node.state);
    painter.setPen(border);
    painter.setBrush(Qt::NoBrush);
    if (quiet) { // the block keeps its clean outer edge; the line goes round the rest
        painter.drawLine(line.topLeft() + QPointF(blockWidth, 0), line.topRight());
        painter.drawLine(line.topRight(), line.bottomRight());
        painter.drawLine(line.bottomRight(), line.bottomLeft() + QPointF(blockWidth, 0));
    } else {
        painter.drawRoundedRect(line, 2, 2);
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void NodeRowPainter::paintFull(QPainter& painter, const QRectF& box, const NodeView& node, qreal nameColumn) const
{
    const qreal blockWidth = std::min(blockSide, box.height());
    paintBody(painter, box, node, blockWidth);

    const qreal nameLeft = box.left() + blockWidth + nameGap;
    const qreal nameWidth = std::min(nameColumn, box.right() - nameLeft - rightPadding);
    painter.setFont(m_nameFont);
    painter.setPen(m_theme.text);
    painter.drawText(QRectF(nameLeft, box.top(), nameWidth, box.height()), Qt::AlignVCenter | Qt::AlignLeft,
                     m_nameMetrics.elidedText(node.name, Qt::ElideMiddle, nameWidth + 0.5));

    const qreal scale = std::clamp(box.height() / 24.0, 0.6, 1.3);
    const qreal marksLeft = nameLeft + nameColumn + nameGap;
    const bool wordless = node.value.isEmpty() && node.reason.isEmpty();
    const qreal marksRight = box.right() - (wordless ? rightPadding : wordsReserve);
    const QRectF marksArea(marksLeft, box.center().y() - 12 * scale, marksRight - marksLeft, 24 * scale);
    const qreal marksEnd = marksArea.width() >= 12 ? paintMarks(painter, marksArea, node, scale) : marksLeft;
    const qreal wordsLeft = marksEnd + 8;
    paintWords(painter, QRectF(wordsLeft, box.top(), box.right() - rightPadding - wordsLeft, box.height()), node, 30);
}

// Returns where the marks end.
qreal NodeRowPainter::paintMarks(QPainter& painter, const QRectF& area, const NodeView& node, qreal scale) const
{
    const qreal width = markWidth; // only the height follows the row: the words need the room to the right
    const qreal pitch = markPitch;
    const int places = std::max(1, static_cast<int>((area.width() + pitch - width) / pitch));
    const qreal slotHeight = 12.5 * scale;
    const qreal bottom = std::round(area.bottom() - 4 * scale);
    qreal end = area.left();

    qreal x = area.left();
    for (const State state : foldedStates(node.marks, places)) {
        paintStateMark(painter, m_theme, QRectF(x, bottom - slotHeight, width, slotHeight), state);
        end = x + width;
        x += pitch;
    }
    if (area.height() < 20) // no room for dashes above the marks
        return end;
    x = area.left();
    // Links are many where a node was measured again: they never reach beyond the marks, where the words begin.
    const int linkPlaces = node.marks.empty() ? places : std::min(places, static_cast<int>(node.marks.size()));
    for (const State state : foldedStates(node.links, linkPlaces)) {
        paintLink(painter, m_theme, QRectF(x, std::round(area.top() + 4 * scale), width, 2.5), state);
        end = std::max(end, x + width);
        x += pitch;
    }
    return end;
}

void NodeRowPainter::paintWords(QPainter& painter, const QRectF& area, const NodeView& node, qreal pixelLimit) const
{
    if (area.width() < pixelLimit)
        return;
    const bool quiet = node.state == State::Qualified;
    const QString& words = quiet ? node.value : node.reason;
    if (words.isEmpty())
        return;
    const bool strong = isProblem(node.state) && node.state != State::Unreachable;
    const QFont& font = quiet ? m_valueFont : strong ? m_reasonBoldFont : m_reasonFont;
    painter.setFont(font);
    painter.setPen(strong ? m_theme.of(node.state).ink : m_theme.text2);
    const QFontMetricsF metrics(font);
    QString shown = words;
    if (metrics.horizontalAdvance(words) > area.width())
        shown = metrics.elidedText(words, Qt::ElideRight, area.width());
    painter.drawText(area, Qt::AlignVCenter | Qt::AlignRight, shown);
}

void NodeRowPainter::paintCompact(QPainter& painter, const QRectF& box, const NodeView& node, qreal nameColumn) const
{
    const qreal blockWidth = std::min(blockSide, box.height() + 2);
    paintBody(painter, box, node, blockWidth);
    const qreal nameLeft = box.left() + blockWidth + 5;
    const QFontMetricsF metrics(m_smallNameFont);
    painter.setFont(m_smallNameFont);
    painter.setPen(m_theme.text);
    const qreal nameWidth = std::min(nameColumn, box.right() - nameLeft - 3);
    painter.drawText(QRectF(nameLeft, box.top(), nameWidth, box.height()), Qt::AlignVCenter | Qt::AlignLeft,
                     metrics.elidedText(node.name, Qt::ElideMiddle, nameWidth + 0.5));

    // One bar in the shares of its marks.
    const qreal barLeft = nameLeft + nameColumn + 5;
    const qreal barWidth = std::min(56.0, box.right() - barLeft - 5);
    qreal end = barLeft;
    if (barWidth >= 10 && !node.marks.empty()) {
        StateCounts counts;
        for (const MarkView& mark : node.marks)
            counts.add(mark.state);
        const qreal each = barWidth / static_cast<qreal>(counts.total());
        qreal x = barLeft;
        for (const State state : allStates) {
            const qreal width = each * counts.of(state);
            if (width > 0)
                paintStateCell(painter, m_theme, QRectF(x, box.center().y() - 2.5, width, 5), state);
            x += width;
        }
        end = barLeft + barWidth;
    }
    paintWords(painter, QRectF(end + 6, box.top(), box.right() - 5 - end - 6, box.height()), node, 40);
}

} // namespace seatrial::gui
