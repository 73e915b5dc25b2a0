// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/fleet/hover_card.h"

#include "gui/theme/state_painter.h"
#include "gui/theme/theme.h"
#include "gui/theme/type_roles.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace seatrial::gui {

namespace {

constexpr int shadow = 8;
constexpr int padding = 12;
constexpr int bodyWidth = 288;
constexpr int lineHeight = 20;
constexpr std::size_t mostLines = 5;

QString placeOf(const RackView& rack, const NodeView& node)
{
    const int last = node.unit + node.height - 1;
    if (node.height <= 1)
        return HoverCard::tr("%1, unit %2").arg(rack.name).arg(node.unit);
    return HoverCard::tr("%1, units %2 to %3").arg(rack.name).arg(node.unit).arg(last);
}

} // namespace

HoverCard::HoverCard(QWidget* parent) : QWidget(parent)
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setFocusPolicy(Qt::NoFocus);
    hide();
}

void HoverCard::showNode(const RackView& rack, const NodeView& node, const QRect& beside, bool pinned)
{
    m_title = node.id;
    m_place = placeOf(rack, node);
    m_state = node.state;
    m_value = node.state == State::Qualified ? node.value : QString();
    m_sentence = node.sentence.isEmpty() ? node.reason : node.sentence;
    m_hint = pinned ? tr("Esc closes this card") : tr("Space keeps this card, Enter opens the node");
    m_lines.clear();
    std::vector<MarkView> worst = node.marks;
    worst.insert(worst.end(), node.links.begin(), node.links.end());
    std::stable_sort(worst.begin(), worst.end(), [](const MarkView& a, const MarkView& b) { return severityOf(a.state) > severityOf(b.state); });
    for (const MarkView& mark : worst) {
        if (m_lines.size() < mostLines && mark.state != State::Qualified)
            m_lines.push_back({mark.state, mark.name});
    }
    for (const QString& detail : node.details) {
        if (m_lines.size() < mostLines)
            m_lines.push_back({std::nullopt, detail});
    }
    place(beside);
}

void HoverCard::showRack(const RackView& rack, const QRect& beside)
{
    const StateCounts counts = rack.counts();
    m_title = rack.name;
    m_place = counts.total() == 1 ? tr("1 node") : tr("%1 nodes").arg(counts.total());
    m_state = counts.worst();
    m_value.clear();
    m_sentence.clear();
    m_hint = tr("Double click opens the rack");
    m_lines.clear();
    for (const State state : allStates) {
        if (counts.of(state) > 0)
            m_lines.push_back({state, tr("%1 %2").arg(counts.of(state)).arg(wordOf(state).toLower())});
    }
    place(beside);
}

void HoverCard::place(const QRect& beside)
{
    const QFontMetricsF body(fontFor(TypeRole::Row));
    int height = padding + 24 + 22;
    if (!m_value.isEmpty())
        height += 30;
    if (!m_sentence.isEmpty())
        height += static_cast<int>(std::ceil(body.boundingRect(QRectF(0, 0, bodyWidth, 400), Qt::TextWordWrap, m_sentence).height())) + 6;
    height += static_cast<int>(m_lines.size()) * lineHeight + (m_lines.empty() ? 0 : 6) + 24 + padding - 4;
    resize(bodyWidth + 2 * padding + 2 * shadow, height + 2 * shadow);

    const QRect room = parentWidget()->rect();
    int x = beside.right() + 2;
    if (x + width() > room.right())
        x = beside.left() - width() - 2;
    int y = beside.center().y() - height / 2 - shadow;
    x = std::clamp(x, 0, std::max(0, room.width() - width()));
    y = std::clamp(y, 0, std::max(0, room.height() - this->height()));
    move(x, y);
    show();
    raise();
    update();
}

void HoverCard::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF card = QRectF(rect()).adjusted(shadow, shadow, -shadow, -shadow);
    for (int i = shadow; i > 0; --i) { // a soft edge, darkest at the card
        painter.setPen(Qt::NoPen);
        painter.setBrush(QColor(0, 0, 0, theme.dark ? 16 : 5));
        painter.drawRoundedRect(card.adjusted(-i, -i + 2, i, i + 2), 6 + i, 6 + i);
    }
    painter.setPen(QPen(theme.lineStrong, 1));
    painter.setBrush(theme.raised);
    painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);

    qreal y = card.top() + padding;
    const qreal left = card.left() + padding;
    const qreal width = card.width() - 2 * padding;
    paintState(painter, theme, {left + 8, y + 11}, 14, m_state);
    painter.setFont(fontFor(TypeRole::Heading));
    painter.setPen(theme.text);
    const QFontMetricsF title(painter.font());
    painter.drawText(QRectF(left + 24, y, width - 24, 22), Qt::AlignVCenter,
                     title.elidedText(m_title, Qt::ElideMiddle, width - 110));
    painter.setFont(fontFor(TypeRole::Row, QFont::DemiBold));
    painter.setPen(theme.of(m_state).ink);
    painter.drawText(QRectF(left, y, width, 22), Qt::AlignVCenter | Qt::AlignRight, wordOf(m_state));
    y += 24;
    painter.setFont(fontFor(TypeRole::Small));
    painter.setPen(theme.text3);
    painter.drawText(QRectF(left, y, width, 16), Qt::AlignVCenter, m_place);
    y += 22;
    if (!m_value.isEmpty()) {
        painter.setFont(fontFor(TypeRole::Figure));
        painter.setPen(theme.text);
        painter.drawText(QRectF(left, y, width, 28), Qt::AlignVCenter, m_value);
        y += 30;
    }
    painter.setFont(fontFor(TypeRole::Row));
    if (!m_sentence.isEmpty()) {
        painter.setPen(theme.text);
        QRectF used;
        painter.drawText(QRectF(left, y, width, 400), Qt::TextWordWrap, m_sentence, &used);
        y += used.height() + 6;
    }
    const QFontMetricsF row(painter.font());
    for (const Line& line : m_lines) {
        const qreal indent = line.state ? 18 : 0;
        if (line.state)
            paintState(painter, theme, {left + 6, y + lineHeight / 2.0}, 10, *line.state);
        painter.setPen(theme.text2);
        painter.drawText(QRectF(left + indent, y, width - indent, lineHeight), Qt::AlignVCenter,
                         row.elidedText(line.text, Qt::ElideRight, width - indent));
        y += lineHeight;
    }
    painter.setPen(QPen(theme.line, 1));
    painter.drawLine(QPointF(left, card.bottom() - 28.5), QPointF(left + width, card.bottom() - 28.5));
    painter.setFont(fontFor(TypeRole::Small));
    painter.setPen(theme.text3);
    painter.drawText(QRectF(left, card.bottom() - 26, width, 20), Qt::AlignVCenter, m_hint);
}

} // namespace seatrial::gui
