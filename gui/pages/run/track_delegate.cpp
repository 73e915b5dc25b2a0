// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/run/track_delegate.h"

#include "gui/models/nodes_model.h"
#include "gui/theme/state_painter.h"
#include "gui/theme/type_roles.h"

#include <QPainter>

#include <algorithm>

namespace seatrial::gui {

namespace {

constexpr qreal usualCell = 20;
constexpr qreal cellHeight = 11;

void paintTrack(QPainter& painter, const Theme& theme, const QRectF& area, const StepTrack& track)
{
    if (track.empty())
        return;
    const qreal pitch = std::min(usualCell, area.width() / static_cast<qreal>(track.size()));
    qreal x = area.left();
    for (const auto& cell : track) {
        QRectF box(x, area.center().y() - cellHeight / 2, std::max(2.0, pitch - 2), cellHeight);
        x += pitch;
        if (!cell) {
            painter.fillRect(box, theme.sunken);
            continue;
        }
        if (isProblem(*cell) && *cell != State::Unreachable) // the worse, the taller
            box.adjust(0, *cell == State::Marginal ? -1.5 : -3, 0, *cell == State::Marginal ? 1.5 : 3);
        paintStateCell(painter, theme, box, *cell);
        if (*cell == State::Stuck)
            paintState(painter, theme, box.center(), 13, State::Stuck);
    }
}

} // namespace

int TrackDelegate::trackWidth(int steps) { return static_cast<int>(std::clamp(steps * usualCell, 80.0, 220.0)) + 12; }

void TrackDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const Theme& theme = themeOf(option.palette);
    const auto* model = qobject_cast<const NodesModel*>(index.model());
    const NodesRow& row = model->row(index.row());
    const bool problem = isProblem(row.state) || row.state == State::Stuck;
    if (option.state & QStyle::State_Selected) {
        painter->fillRect(option.rect, theme.selection);
        if (index.column() == 0)
            painter->fillRect(QRect(option.rect.topLeft(), QSize(3, option.rect.height())), theme.accent);
    }
    painter->setPen(theme.lineGrid);
    painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
    if (row.beginsRack)
        painter->fillRect(QRect(option.rect.topLeft(), QSize(option.rect.width(), 1)), theme.lineStrong);

    if (index.column() == NodesModel::Track) {
        painter->save();
        paintTrack(*painter, theme, QRectF(option.rect).adjusted(8, 0, -8, 0), row.track);
        painter->restore();
        return;
    }
    QFont font = fontFor(TypeRole::Row);
    if (index.column() == NodesModel::Hosts)
        font = fixedFontFor(TypeRole::Row);
    else if (index.column() != NodesModel::Now)
        font = numericFontFor(TypeRole::Row);
    QRect text = option.rect.adjusted(index.column() == NodesModel::Hosts ? 12 : 8, 0, -8, 0);
    painter->setPen(index.column() == NodesModel::Hosts ? theme.text : theme.text2);
    if (index.column() == NodesModel::Now) {
        painter->setPen(problem ? theme.of(row.state).ink : theme.text);
        if (problem)
            font.setWeight(QFont::DemiBold);
        paintState(*painter, theme, QPointF(text.left() + 6, option.rect.center().y() + 0.5), 11, row.state);
        text.adjust(19, 0, 0, 0);
    }
    painter->setFont(font);
    const auto alignment = index.data(Qt::TextAlignmentRole).toInt();
    painter->drawText(text, alignment, QFontMetrics(font).elidedText(index.data().toString(), index.column() == NodesModel::Hosts ? Qt::ElideMiddle : Qt::ElideRight, text.width()));
}

} // namespace seatrial::gui
