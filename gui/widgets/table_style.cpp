// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/widgets/table_style.h"

#include "gui/theme/type_roles.h"

#include <QFontMetrics>
#include <QHeaderView>
#include <QTableView>

namespace seatrial::gui {

int tableRowHeight() { return std::max(26, QFontMetrics(fontFor(TypeRole::Row)).height() + 9); }

void dressView(QAbstractItemView& view)
{
    view.setFrameShape(QFrame::NoFrame);
    view.setFont(fontFor(TypeRole::Row));
    view.setSelectionBehavior(QAbstractItemView::SelectRows);
    view.setSelectionMode(QAbstractItemView::SingleSelection);
    view.setEditTriggers(QAbstractItemView::NoEditTriggers);
    view.setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    view.setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    view.setTabKeyNavigation(false);
}

void dressHeader(QHeaderView& header)
{
    header.setFont(fontFor(TypeRole::Small));
    header.setHighlightSections(false);
    header.setSectionsClickable(false);
    header.setMinimumSectionSize(24);
    header.setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
}

void dressTable(QTableView& table)
{
    dressView(table);
    table.setShowGrid(false);
    table.setWordWrap(false);
    table.setCornerButtonEnabled(false);
    table.verticalHeader()->hide();
    table.verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table.verticalHeader()->setDefaultSectionSize(tableRowHeight());
    dressHeader(*table.horizontalHeader());
}

} // namespace seatrial::gui
