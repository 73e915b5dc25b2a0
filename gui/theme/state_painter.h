// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/theme/theme.h"

#include <QRectF>

class QPainter;

namespace seatrial::gui {

// The glyph of a state, used by every view: a shape with its mark from 12 px, without the mark below.
void paintState(QPainter& painter, const Theme& theme, QPointF centre, qreal size, State state);

// An area in the colour and texture of a state, with its edge. From 14 px a letter can stand in it.
enum class CellLabel { None, LetterOfProblems };
void paintStateCell(QPainter& painter, const Theme& theme, const QRectF& rect, State state,
                    CellLabel label = CellLabel::None);

// A small mark in a row, aligned to the bottom of its slot: the worse, the taller.
void paintStateMark(QPainter& painter, const Theme& theme, const QRectF& slot, State state);
qreal markHeightShare(State state);

// The square block at the left end of a node row, with the mark upon it.
void paintStateBlock(QPainter& painter, const Theme& theme, const QRectF& rect, State state);

} // namespace seatrial::gui
