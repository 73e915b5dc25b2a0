// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QIcon>
#include <QPainterPath>

class QPainter;

namespace seatrial::gui {

// Drawn on a 20 by 20 grid with one stroke, in the colour of the text beside them.
enum class Icon { Rack, Play, Home, Import, Node, File, Search, Close, Pin, ChevronDown, ChevronRight, Stop, Lock, Copy, Plus };

QPainterPath iconPath(Icon icon);
void paintIcon(QPainter& painter, Icon icon, QPointF centre, const QColor& colour, qreal size = 20, qreal stroke = 1.5);
QIcon makeIcon(Icon icon, const QColor& colour, const QColor& disabled);

// The sign of the program: a needle above a wave.
void paintLogo(QPainter& painter, const QRectF& rect, const QColor& ground, const QColor& line);
QIcon applicationIcon();

} // namespace seatrial::gui
