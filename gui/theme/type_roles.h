// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFont>

namespace seatrial::gui {

// Sizes follow the user's font; body is the application font itself.
enum class TypeRole { Display, Figure, Title, Heading, Section, Body, Row, Small, Axis, Mark };

QFont fontFor(TypeRole role);                        // with the weight the role usually has
QFont fontFor(TypeRole role, QFont::Weight weight);
QFont fixedFontFor(TypeRole role);                   // only for what one may paste into a shell
QFont numericFontFor(TypeRole role, QFont::Weight weight = QFont::Normal); // digits of equal width

// Gives the application a readable font where the platform expresses no wish (no desktop, an offscreen run).
void chooseApplicationFont();

} // namespace seatrial::gui
