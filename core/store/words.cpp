// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/words.h"

#include <array>
#include <utility>

namespace seatrial::store {

using domain::Judgement;
using domain::RunState;

namespace {
constexpr std::array<std::pair<RunState, const char *>, 4> kStates = {{
    {RunState::Running, "running"},
    {RunState::Finished, "finished"},
    {RunState::Cancelled, "cancelled"},
    {RunState::Interrupted, "interrupted"},
}};
}

std::string stateText(RunState state)
{
    for (const auto &[value, text] : kStates) {
        if (value == state)
            return text;
    }
    return "interrupted";
}

std::optional<RunState> stateFromText(std::string_view text)
{
    for (const auto &[value, word] : kStates) {
        if (word == text)
            return value;
    }
    return std::nullopt;
}

std::string judgementText(Judgement judgement)
{
    switch (judgement) {
    case Judgement::Ceiling: return "ceiling";
    case Judgement::Fleet: return "fleet";
    case Judgement::Past: return "past";
    case Judgement::State: return "state";
    case Judgement::Coverage: return "coverage";
    }
    return "state";
}

} // namespace seatrial::store
