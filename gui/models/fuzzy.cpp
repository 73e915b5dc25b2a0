// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/fuzzy.h"

namespace seatrial::gui {

std::optional<int> fuzzyScore(const QString& typed, const QString& text)
{
    const QString wanted = typed.simplified().toCaseFolded();
    const QString folded = text.toCaseFolded();
    if (wanted.isEmpty())
        return 0;
    if (const auto whole = folded.indexOf(wanted); whole >= 0) {
        const bool atWord = whole == 0 || !folded[whole - 1].isLetterOrNumber();
        return 1000 + (atWord ? 200 : 0) - static_cast<int>(whole);
    }
    int score = 0;
    qsizetype at = -1;
    for (const QChar letter : wanted) {
        if (letter.isSpace())
            continue;
        const auto next = folded.indexOf(letter, at + 1);
        if (next < 0)
            return std::nullopt;
        const bool inRow = at >= 0 && next == at + 1;
        const bool atWord = next == 0 || !folded[next - 1].isLetterOrNumber();
        score += inRow ? 12 : atWord ? 15 : 1 - static_cast<int>(std::min<qsizetype>(next - at, 8));
        at = next;
    }
    return score;
}

} // namespace seatrial::gui
