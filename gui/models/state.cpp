// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/state.h"

#include <QCoreApplication>

#include <numeric>

namespace seatrial::gui {

namespace {

struct Words {
    char letter;
    const char* word;
    int severity;
};

constexpr std::array<Words, stateCount> words = {{
    {'Q', QT_TRANSLATE_NOOP("State", "Qualified"), 0},
    {'M', QT_TRANSLATE_NOOP("State", "Marginal"), 4},
    {'F', QT_TRANSLATE_NOOP("State", "Failed"), 7},
    {'U', QT_TRANSLATE_NOOP("State", "Unknown"), 5},
    {'R', QT_TRANSLATE_NOOP("State", "Running"), 2},
    {'S', QT_TRANSLATE_NOOP("State", "Stuck"), 3},
    {'N', QT_TRANSLATE_NOOP("State", "Not tested"), 1},
    {'X', QT_TRANSLATE_NOOP("State", "Unreachable"), 6},
}};

} // namespace

QChar letterOf(State state) { return QLatin1Char(words[indexOf(state)].letter); }

QString wordOf(State state) { return QCoreApplication::translate("State", words[indexOf(state)].word); }

int severityOf(State state) { return words[indexOf(state)].severity; }

State worseOf(State a, State b) { return severityOf(a) >= severityOf(b) ? a : b; }

bool isProblem(State state) { return severityOf(state) > severityOf(State::Running); }

void StateCounts::add(const StateCounts& other)
{
    for (std::size_t i = 0; i < stateCount; ++i)
        m_counts[i] += other.m_counts[i];
}

int StateCounts::total() const { return std::accumulate(m_counts.begin(), m_counts.end(), 0); }

State StateCounts::worst() const
{
    if (total() == 0)
        return State::NotTested;
    State worst = State::Qualified;
    for (const State state : allStates) {
        if (of(state) > 0)
            worst = worseOf(worst, state);
    }
    return worst;
}

} // namespace seatrial::gui
