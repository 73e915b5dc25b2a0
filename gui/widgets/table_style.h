// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QAbstractItemView;
class QHeaderView;
class QTableView;

namespace seatrial::gui {

// Tables of the window look alike: rules between rows, no grid, whole rows selected, rows as high as their text.
void dressTable(QTableView& table);
void dressView(QAbstractItemView& view);
void dressHeader(QHeaderView& header);

// Height of a row of text at the present font size.
int tableRowHeight();

} // namespace seatrial::gui
