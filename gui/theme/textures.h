// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/theme/theme.h"

#include <QBrush>

class QPainter;

namespace seatrial::gui {

enum class Grain { Fine, Coarse }; // fine under 12 px, coarse for areas

// Brushes sharp at any device pixel ratio: the tile is drawn in device pixels and scaled back, and its period is
// rounded so that it repeats without a seam.
QBrush hatchBrush(const Theme& theme, Grain grain, qreal devicePixelRatio);  // not tested
QBrush stripeBrush(const Theme& theme, Grain grain, qreal devicePixelRatio); // running; stands still

qreal devicePixelRatioOf(const QPainter& painter);

} // namespace seatrial::gui
