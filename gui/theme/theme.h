// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/state.h"

#include <QColor>
#include <QPalette>

#include <array>

class QWidget;

namespace seatrial::gui {

// fill is the area, on the glyph or letter upon it, edge the line round it, ink coloured text, tint the row behind.
struct StateColours {
    QColor fill;
    QColor edge;
    QColor ink;
    QColor tint;
    QColor on;
};

// Every colour of the window, as one value. Two of them exist; nothing else names a colour.
struct Theme {
    bool dark = false;

    QColor chrome, window, panel, sunken, raised, hover, zebra, selection;
    QColor text, text2, text3, textDisabled;
    QColor line, lineStrong, lineGrid, lineFrame;
    QColor accent, accentOn, accentInk, accentTint, focus;
    QColor hatchLine, hatchGround;
    QColor quietMark; // a link that is good

    std::array<StateColours, stateCount> states;

    QColor seriesReference, seriesUnderTest, seriesContext, band;
    std::array<QColor, 11> absolute;  // low to full
    std::array<QColor, 9> deviation;  // -50 % to +50 % of what is expected
    QColor belowLimitAbsolute, belowLimitDeviation;

    const StateColours& of(State state) const { return states[indexOf(state)]; }
    QPalette palette() const;

    static const Theme& day();
    static const Theme& night();
};

// The palette carries the theme: a widget paints in the one its palette belongs to, so a palette change is all
// that a change of theme needs, and one widget (a printed page, a preview) can differ from the others.
const Theme& themeOf(const QPalette& palette);
const Theme& themeOf(const QWidget& widget);

// Mixed towards another colour: 0 keeps the first, 1 gives the second.
QColor mixed(const QColor& from, const QColor& towards, double share);

} // namespace seatrial::gui
