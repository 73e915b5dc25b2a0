// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/plan.h"

#include <algorithm>
#include <charconv>

namespace seatrial::domain {

namespace {

constexpr std::string_view kServe = "/serve";
constexpr int kMostAttempts = 1'000'000; ///< a number that a node makes up must not overflow the next one

} // namespace

const PlanStep *Plan::find(const StepId &id) const
{
    const auto found = std::ranges::find(steps, id, &PlanStep::id);
    return found == steps.end() ? nullptr : &*found;
}

std::string StepKey::text() const
{
    std::string text = step.text();
    if (!peer.empty())
        text += "@" + peer.text();
    if (serving)
        text += kServe;
    return text + "#" + std::to_string(attempt);
}

std::optional<StepKey> StepKey::fromText(const std::string &text)
{
    const std::size_t hash = text.rfind('#');
    if (hash == std::string::npos || hash + 1 == text.size() || text[hash + 1] == '0')
        return std::nullopt;
    StepKey key;
    const char *const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data() + hash + 1, end, key.attempt);
    if (error != std::errc{} || stopped != end || key.attempt < 1 || key.attempt > kMostAttempts)
        return std::nullopt;

    std::string name = text.substr(0, hash);
    if (name.ends_with(kServe)) {
        key.serving = true;
        name.resize(name.size() - kServe.size());
    }
    if (name.find_first_of("#/") != std::string::npos)
        return std::nullopt;
    const std::size_t at = name.find('@');
    key.step = StepId(name.substr(0, at));
    if (at != std::string::npos)
        key.peer = NodeId(name.substr(at + 1));
    const bool peerMissing = (at != std::string::npos || key.serving) && key.peer.empty();
    if (key.step.empty() || peerMissing || key.peer.text().find('@') != std::string::npos)
        return std::nullopt;
    return key;
}

} // namespace seatrial::domain
