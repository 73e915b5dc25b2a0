// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/node/findings_delegate.h"

#include "gui/models/findings_model.h"
#include "gui/theme/state_painter.h"
#include "gui/theme/type_roles.h"
#include "gui/widgets/paragraph.h"
#include "gui/widgets/table_style.h"

#include <QPainter>
#include <QTreeView>

#include <algorithm>
#include <cmath>

namespace seatrial::gui {

namespace {

constexpr int detailLeft = 30;
constexpr int detailPadding = 6;
constexpr double fullMargin = 0.20;

bool explains(const QModelIndex& index) { return index.parent().isValid(); }

int detailWidth(const QStyleOptionViewItem& option)
{
    const auto* tree = qobject_cast<const QTreeView*>(option.widget);
    return std::max(120, (tree ? tree->viewport()->width() : option.rect.width()) - detailLeft - 12);
}

} // namespace

void FindingsDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    if (explains(index))
        return paintDetail(*painter, option, index);
    const Theme& theme = themeOf(option.palette);
    const auto state = static_cast<State>(index.data(FindingsModel::StateRole).toInt());
    const bool quiet = state == State::Qualified;
    if (option.state & QStyle::State_Selected)
        painter->fillRect(option.rect, theme.selection);
    else if (!quiet)
        painter->fillRect(option.rect, theme.of(state).tint);
    painter->setPen(theme.lineGrid);
    painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
    if (index.column() == FindingsModel::Margin)
        return paintMargin(*painter, option, index);

    QRect text = option.rect.adjusted(4, 0, -4, 0);
    QFont font = fontFor(TypeRole::Row);
    if (index.column() == FindingsModel::Test) {
        paintState(*painter, theme, QPointF(option.rect.left() + 18, option.rect.center().y() + 0.5), 11, state);
        text.setLeft(option.rect.left() + detailLeft);
    }
    if (!quiet && index.column() != FindingsModel::Limit)
        font.setWeight(QFont::DemiBold);
    painter->setFont(font);
    painter->setPen(index.column() == FindingsModel::Limit ? theme.text2 : theme.text);
    const QFontMetrics metrics(font);
    const auto alignment = Qt::Alignment(index.data(Qt::TextAlignmentRole).toInt());
    painter->drawText(text, static_cast<int>(alignment), metrics.elidedText(index.data().toString(), Qt::ElideRight, text.width()));
}

void FindingsDelegate::paintMargin(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const QVariant margin = index.data(FindingsModel::MarginRole);
    if (!margin.isValid())
        return;
    const Theme& theme = themeOf(option.palette);
    const auto state = static_cast<State>(index.data(FindingsModel::StateRole).toInt());
    const QRectF track(option.rect.left() + 6, option.rect.center().y() - 2.5, option.rect.width() - 14, 6);
    painter.fillRect(track, theme.sunken);
    const double share = std::clamp(margin.toDouble() / fullMargin, -1.0, 1.0);
    const double middle = track.center().x();
    const double end = middle + share * track.width() / 2;
    QRectF bar(QPointF(std::min(middle, end), track.top()), QPointF(std::max(middle, end), track.bottom()));
    if (bar.width() < 2)
        bar.setWidth(2);
    painter.setPen(QPen(theme.of(state).edge, 1));
    painter.setBrush(theme.of(state).fill);
    painter.drawRect(bar.adjusted(0, 0, -0.5, -0.5));
    painter.fillRect(QRectF(middle - 0.5, track.top() - 4, 1.2, track.height() + 8), theme.text);
}

void FindingsDelegate::paintDetail(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const Theme& theme = themeOf(option.palette);
    painter.fillRect(option.rect, theme.sunken);
    painter.setFont(fontFor(TypeRole::Row));
    painter.setPen(theme.text2);
    const QRect text(detailLeft, option.rect.top() + detailPadding, detailWidth(option), option.rect.height() - 2 * detailPadding);
    paintWrapped(painter, text, index.data().toString());
}

QSize FindingsDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    if (!explains(index)) {
        const QFontMetrics metrics(fontFor(TypeRole::Row, QFont::DemiBold));
        return {metrics.horizontalAdvance(index.data().toString()) + 12, tableRowHeight()};
    }
    return {detailWidth(option), wrappedHeight(index.data().toString(), fontFor(TypeRole::Row), detailWidth(option)) + 2 * detailPadding};
}

} // namespace seatrial::gui
