// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/run/event_delegate.h"

#include "gui/models/event_model.h"
#include "gui/theme/state_painter.h"
#include "gui/theme/type_roles.h"

#include <QAbstractProxyModel>
#include <QPainter>

namespace seatrial::gui {

namespace {

std::optional<State> toneOf(const QModelIndex& index)
{
    const auto* proxy = qobject_cast<const QAbstractProxyModel*>(index.model());
    const QModelIndex source = proxy ? proxy->mapToSource(index) : index;
    const auto* events = qobject_cast<const EventModel*>(source.model());
    switch (events->line(source.row()).severity) {
    case protocol::Severity::Info: return std::nullopt;
    case protocol::Severity::Warning: return State::Marginal;
    case protocol::Severity::Error: return State::Failed;
    }
    return std::nullopt;
}

} // namespace

void EventDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const Theme& theme = themeOf(option.palette);
    if (option.state & QStyle::State_Selected)
        painter->fillRect(option.rect, theme.selection);
    painter->setPen(theme.lineGrid);
    painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
    QRect text = option.rect.adjusted(index.column() == EventModel::Time ? 12 : 8, 0, -5, 0);
    painter->setFont(index.column() == EventModel::Text ? fontFor(TypeRole::Row) : fixedFontFor(TypeRole::Small));
    painter->setPen(index.column() == EventModel::Text ? theme.text : theme.text2);
    if (index.column() == EventModel::Text) {
        if (const auto tone = toneOf(index))
            paintState(*painter, theme, QPointF(text.left() + 6, option.rect.center().y() + 0.5), 11, *tone);
        text.adjust(18, 0, 0, 0);
    }
    painter->drawText(text, Qt::AlignVCenter, QFontMetrics(painter->font()).elidedText(index.data().toString(), Qt::ElideRight, text.width()));
}

} // namespace seatrial::gui
