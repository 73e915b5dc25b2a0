// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/fleet/node_row_painter.h"

#include "gui/theme/state_painter.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace seatrial::gui {

namespace {

constexpr qreal blockSide = 20;
constexpr qreal nameGap = 7;
constexpr qreal leastHeightForLinks = 20; // below, no room for dashes above the marks
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

// What a stamp depends on besides its size; what else it shows is appended.
QByteArray lookOf(char kind, State state, qreal opacity)
{
    const char look[] = {kind, static_cast<char>('0' + indexOf(state)), opacity < 1 ? 'd' : 'f'};
    return {look, sizeof look};
}

void append(QByteArray& look, const std::vector<MarkView>& marks)
{
    look.append('|');
    for (const MarkView& mark : marks)
        look.append(static_cast<char>('0' + indexOf(mark.state)));
}

void append(QByteArray& look, qreal number)
{
    const auto fixed = static_cast<int>(std::lround(number * 16));
    look.append(static_cast<char>(fixed & 0xff)).append(static_cast<char>(fixed >> 8 & 0xff));
}

} // namespace

NodeRowPainter::NodeRowPainter(const Theme& theme, PaintMemory& memory) : m_theme(theme), m_memory(memory) {}

qreal NodeRowPainter::nameColumnWidth(const std::vector<NodeView>& nodes) const
{
    qreal widest = 21; // three characters, so that short names keep the marks where the eye expects them
    for (const NodeView& node : nodes)
        widest = std::max(widest, m_memory.lines.widthOf(LineFont::RowBold, node.name));
    return std::min(std::ceil(widest), widestName);
}

void NodeRowPainter::paint(QPainter& painter, const QRectF& box, const NodeView& node, Detail detail, qreal nameColumn,
                           qreal opacity) const
{
    switch (detail) {
    case Detail::Full: paintFull(painter, box, node, nameColumn, opacity); return;
    case Detail::Compact: paintCompact(painter, box, node, nameColumn, opacity); return;
    case Detail::Block: break;
    }
    m_memory.stamps.lay(painter, box, lookOf('b', node.state, opacity), [&](QPainter& onStamp) {
        onStamp.setOpacity(opacity);
        paintStateCell(onStamp, m_theme, box, node.state);
        onStamp.setOpacity(1);
    });
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

void NodeRowPainter::paintFull(QPainter& painter, const QRectF& box, const NodeView& node, qreal nameColumn,
                               qreal opacity) const
{
    const qreal blockWidth = std::min(blockSide, box.height());
    const qreal nameLeft = box.left() + blockWidth + nameGap;
    const qreal nameWidth = std::min(nameColumn, box.right() - nameLeft - rightPadding);
    const qreal scale = std::clamp(box.height() / 24.0, 0.6, 1.3);
    const qreal marksLeft = nameLeft + nameColumn + nameGap;
    const bool wordless = node.value.isEmpty() && node.reason.isEmpty();
    const qreal marksRight = box.right() - (wordless ? rightPadding : wordsReserve);
    const QRectF marksArea(marksLeft, box.center().y() - 12 * scale, marksRight - marksLeft, 24 * scale);
    const bool marked = marksArea.width() >= 12;

    QByteArray look = lookOf('n', node.state, opacity);
    if (marked) {
        append(look, marksLeft - box.left());
        append(look, marksArea.width());
        append(look, node.marks);
        append(look, node.links);
    }
    m_memory.stamps.lay(painter, box.adjusted(-1, -1, 1, 1), look, [&](QPainter& onStamp) {
        onStamp.setOpacity(opacity);
        paintBody(onStamp, box, node, blockWidth);
        if (marked)
            paintMarks(onStamp, marksArea, node, scale);
        onStamp.setOpacity(1);
    });

    painter.setOpacity(opacity);
    painter.setPen(m_theme.text);
    m_memory.lines.draw(painter, QRectF(nameLeft, box.top(), nameWidth, box.height()), Qt::AlignLeft, LineFont::RowBold,
                        node.name, Qt::ElideMiddle, nameWidth + 0.5);
    const qreal wordsLeft = (marked ? marksEnd(marksArea, node) : marksLeft) + 8;
    paintWords(painter, QRectF(wordsLeft, box.top(), box.right() - rightPadding - wordsLeft, box.height()), node, 30);
    painter.setOpacity(1);
}

int NodeRowPainter::markPlaces(const QRectF& area)
{
    return std::max(1, static_cast<int>((area.width() + markPitch - markWidth) / markPitch));
}

qreal NodeRowPainter::marksEnd(const QRectF& area, const NodeView& node)
{
    const int places = markPlaces(area);
    const auto marks = static_cast<int>(node.marks.size());
    int shown = std::min(places, marks);
    if (area.height() >= leastHeightForLinks)
        shown = std::max(shown, std::min({places, marks == 0 ? places : marks, static_cast<int>(node.links.size())}));
    return shown == 0 ? area.left() : area.left() + (shown - 1) * markPitch + markWidth;
}

void NodeRowPainter::paintMarks(QPainter& painter, const QRectF& area, const NodeView& node, qreal scale) const
{
    const qreal width = markWidth; // only the height follows the row: the words need the room to the right
    const int places = markPlaces(area);
    const qreal slotHeight = 12.5 * scale;
    const qreal bottom = std::round(area.bottom() - 4 * scale);

    qreal x = area.left();
    for (const State state : foldedStates(node.marks, places)) {
        paintStateMark(painter, m_theme, QRectF(x, bottom - slotHeight, width, slotHeight), state);
        x += markPitch;
    }
    if (area.height() < leastHeightForLinks)
        return;
    x = area.left();
    // Links are many where a node was measured again: they never reach beyond the marks, where the words begin.
    const int linkPlaces = node.marks.empty() ? places : std::min(places, static_cast<int>(node.marks.size()));
    for (const State state : foldedStates(node.links, linkPlaces)) {
        paintLink(painter, m_theme, QRectF(x, std::round(area.top() + 4 * scale), width, 2.5), state);
        x += markPitch;
    }
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
    painter.setPen(strong ? m_theme.of(node.state).ink : m_theme.text2);
    const LineFont font = quiet ? LineFont::Small : strong ? LineFont::AxisBold : LineFont::Axis;
    // "478 GB/s" is as wide as "477.2 GB/s": the rows of a rack lose their unit together. It stands above them.
    const qreal missing = quiet && !words.contains(QLatin1Char('.')) && words.contains(QLatin1Char(' ')) ? m_memory.lines.widthOf(font, QStringLiteral(".0")) : 0;
    m_memory.lines.draw(painter, area, Qt::AlignRight, font, m_memory.lines.shortened(font, words, area.width() - missing));
}

void NodeRowPainter::paintCompact(QPainter& painter, const QRectF& box, const NodeView& node, qreal nameColumn,
                                  qreal opacity) const
{
    const qreal blockWidth = std::min(blockSide, box.height() + 2);
    const qreal nameLeft = box.left() + blockWidth + 5;
    const qreal nameWidth = std::min(nameColumn, box.right() - nameLeft - 3);
    const qreal barLeft = nameLeft + nameColumn + 5;
    const qreal barWidth = std::min(56.0, box.right() - barLeft - 5);
    const bool barred = barWidth >= 10 && !node.marks.empty();
    StateCounts counts;
    if (barred) {
        for (const MarkView& mark : node.marks)
            counts.add(mark.state);
    }

    QByteArray look = lookOf('c', node.state, opacity);
    if (barred) {
        append(look, barLeft - box.left());
        for (const State state : allStates)
            append(look, counts.of(state));
    }
    m_memory.stamps.lay(painter, box.adjusted(-1, -1, 1, 1), look, [&](QPainter& onStamp) {
        onStamp.setOpacity(opacity);
        paintBody(onStamp, box, node, blockWidth);
        if (barred)
            paintShares(onStamp, QRectF(barLeft, box.center().y() - 2.5, barWidth, 5), counts);
        onStamp.setOpacity(1);
    });

    painter.setOpacity(opacity);
    painter.setPen(m_theme.text);
    m_memory.lines.draw(painter, QRectF(nameLeft, box.top(), nameWidth, box.height()), Qt::AlignLeft, LineFont::MarkBold,
                        node.name, Qt::ElideMiddle, nameWidth + 0.5);
    const qreal end = barred ? barLeft + barWidth : barLeft;
    paintWords(painter, QRectF(end + 6, box.top(), box.right() - 5 - end - 6, box.height()), node, 40);
    painter.setOpacity(1);
}

// One bar in the shares of what is counted.
void NodeRowPainter::paintShares(QPainter& painter, const QRectF& bar, const StateCounts& counts) const
{
    qreal x = bar.left();
    for (const State state : allStates) {
        const qreal width = counts.total() > 0 ? bar.width() * counts.of(state) / counts.total() : 0;
        if (width > 0)
            paintStateCell(painter, m_theme, QRectF(x, bar.top(), width, bar.height()), state);
        x += width;
    }
}

} // namespace seatrial::gui
