// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QChar>
#include <QString>

#include <array>
#include <cstdint>

namespace seatrial::gui {

// What the window says about a node, a check or a step. Stuck is a state of a run, never a verdict.
enum class State : std::uint8_t { Qualified, Marginal, Failed, Unknown, Running, Stuck, NotTested, Unreachable };

inline constexpr std::size_t stateCount = 8;

inline constexpr std::array<State, stateCount> allStates = {
    State::Qualified, State::Marginal, State::Failed,    State::Unknown,
    State::Running,   State::Stuck,    State::NotTested, State::Unreachable,
};

constexpr std::size_t indexOf(State state) { return static_cast<std::size_t>(state); }

// The letter stands where a shape would be too small; the word stands beside every count.
QChar letterOf(State state);
QString wordOf(State state);

// Order of the roll-up: the worst wins upward. Larger is worse.
int severityOf(State state);
State worseOf(State a, State b);

// True for what a person has to look at before the node may take work.
bool isProblem(State state);

// A set of states in one byte.
class StateSet {
public:
    constexpr StateSet() = default;
    constexpr StateSet(std::initializer_list<State> states)
    {
        for (const State state : states)
            m_bits = static_cast<std::uint8_t>(m_bits | bit(state));
    }
    constexpr bool contains(State state) const { return (m_bits & bit(state)) != 0; }
    constexpr bool isEmpty() const { return m_bits == 0; }
    constexpr void toggle(State state) { m_bits = static_cast<std::uint8_t>(m_bits ^ bit(state)); }
    constexpr bool operator==(const StateSet&) const = default;

private:
    static constexpr std::uint8_t bit(State state) { return static_cast<std::uint8_t>(1U << indexOf(state)); }
    std::uint8_t m_bits = 0;
};

// How many are in each state.
class StateCounts {
public:
    int of(State state) const { return m_counts[indexOf(state)]; }
    void add(State state, int count = 1) { m_counts[indexOf(state)] += count; }
    void add(const StateCounts& other);
    int total() const;
    State worst() const; // NotTested when nothing is counted
    bool operator==(const StateCounts&) const = default;

private:
    std::array<int, stateCount> m_counts{};
};

} // namespace seatrial::gui
