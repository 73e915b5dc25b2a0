// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/fleet/counts_strip.h"

#include "gui/fleet/count_button.h"
#include "gui/fleet/share_bar.h"

#include <QApplication>
#include <QHBoxLayout>

namespace seatrial::gui {

CountsStrip::CountsStrip(QWidget* parent) : QWidget(parent), m_bar(new ShareBar(this))
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    for (const State state : allStates) {
        auto* button = new CountButton(state, this);
        m_buttons[indexOf(state)] = button;
        layout->addWidget(button);
        connect(button, &QAbstractButton::clicked, this, [this, state] {
            choose(state, (QApplication::keyboardModifiers() & Qt::ControlModifier) != 0);
        });
    }
    layout->addStretch(1);
    layout->addWidget(m_bar);
    setFixedHeight(56);
    refresh();
}

void CountsStrip::setCounts(const StateCounts& counts)
{
    if (m_counts == counts)
        return;
    m_counts = counts;
    refresh();
}

void CountsStrip::setShownStates(StateSet states)
{
    if (m_shown == states)
        return;
    m_shown = states;
    refresh();
    emit shownStatesChanged(states);
}

void CountsStrip::choose(State state, bool add)
{
    StateSet next = add ? m_shown : StateSet{};
    if (add || !(m_shown == StateSet{state}))
        next.toggle(state);
    setShownStates(next);
}

void CountsStrip::refresh()
{
    for (const State state : allStates) {
        CountButton* button = m_buttons[indexOf(state)];
        button->setCount(m_counts.of(state));
        button->setChecked(m_shown.contains(state));
        // Stuck is a state of a run: it appears when something is stuck. Every verdict is always there, also at zero.
        button->setVisible(state != State::Stuck || m_counts.of(state) > 0);
    }
    m_bar->setCounts(m_counts);
    makeRoom();
}

void CountsStrip::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    makeRoom();
}

// The counts come first: where both do not fit, the bar goes and the gaps shrink.
void CountsStrip::makeRoom()
{
    int wanted = 0;
    int shown = 0;
    for (const CountButton* button : m_buttons) {
        wanted += button->isHidden() ? 0 : button->sizeHint().width();
        shown += button->isHidden() ? 0 : 1;
    }
    const bool bar = wanted + 9 * shown + m_bar->sizeHint().width() <= width();
    m_bar->setVisible(bar);
    layout()->setSpacing(bar || wanted + 9 * shown <= width() ? 8 : 2);
}

} // namespace seatrial::gui
