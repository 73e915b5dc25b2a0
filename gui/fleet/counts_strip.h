// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/state.h"

#include <QWidget>

namespace seatrial::gui {

class ShareBar;
class CountButton;

// One big number per state with its glyph and word: legend and filter at once. A click shows that state alone,
// Ctrl adds one, a click on the only one shows all again.
class CountsStrip : public QWidget {
    Q_OBJECT

public:
    explicit CountsStrip(QWidget* parent = nullptr);

    void setCounts(const StateCounts& counts);
    StateSet shownStates() const { return m_shown; }
    void setShownStates(StateSet states);

signals:
    void shownStatesChanged(StateSet states);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void makeRoom();
    void choose(State state, bool add);
    void refresh();

    std::array<CountButton*, stateCount> m_buttons{};
    ShareBar* m_bar;
    StateCounts m_counts;
    StateSet m_shown;
};

} // namespace seatrial::gui
