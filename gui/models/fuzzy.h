// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <optional>

namespace seatrial::gui {

// How well what was typed fits a text: its letters occur in this order, higher is better; nothing if they do not.
// Begins of words and letters in a row count for more.
std::optional<int> fuzzyScore(const QString& typed, const QString& text);

} // namespace seatrial::gui
