// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>

namespace seatrial::gui {

// WCAG 2.1: relative luminance, and the contrast ratio of two opaque colours (1 to 21).
double relativeLuminance(const QColor& colour);
double contrastRatio(const QColor& a, const QColor& b);

} // namespace seatrial::gui
