// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/campaign/preflight.h"
#endif
#include "gui/models/state.h"

#include <QScrollArea>

#include <vector>

namespace seatrial::gui {

class WordsLabel;

State stateOf(campaign::RungState state); // of a step, and of a whole ladder

// The steps to one node: how each ended, how long it took, what was found and what to do. Text can be selected.
class LadderView : public QScrollArea {
    Q_OBJECT

public:
    explicit LadderView(QWidget* parent = nullptr);
    void setLadder(const campaign::Ladder& ladder);

private:
    class Glyph;
    struct Row {
        Glyph* glyph;
        WordsLabel* name;
        WordsLabel* time;
        WordsLabel* found;
        WordsLabel* remedy;
    };
    std::vector<Row> m_rows;
};

} // namespace seatrial::gui
