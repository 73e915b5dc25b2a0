// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/plan.h"

#include <algorithm>
#include <charconv>

namespace seatrial::domain {

namespace {

constexpr std::string_view kServe = "/serve";
constexpr std::string_view kGroup = "/group";
constexpr int kMostCount = 1'000'000; ///< a number that a node makes up must not overflow the next one

/// A number from 1 on as it is written here, without leading zeros.
std::optional<int> countFromText(std::string_view text)
{
    int number = 0;
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && stopped == text.data() + text.size() && !text.starts_with('0');
    if (!whole || number < 1 || number > kMostCount)
        return std::nullopt;
    return number;
}

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
    if (group > 0)
        text += std::string(kGroup) + std::to_string(group);
    return text + "#" + std::to_string(attempt);
}

std::optional<StepKey> StepKey::fromText(const std::string &text)
{
    const std::size_t hash = text.rfind('#');
    if (hash == std::string::npos)
        return std::nullopt;
    const std::optional<int> attempt = countFromText(std::string_view(text).substr(hash + 1));
    if (!attempt)
        return std::nullopt;
    StepKey key;
    key.attempt = *attempt;

    std::string name = text.substr(0, hash);
    if (name.ends_with(kServe)) {
        key.serving = true;
        name.resize(name.size() - kServe.size());
    } else if (const std::size_t group = name.find(kGroup); group != std::string::npos) {
        const std::optional<int> number = countFromText(std::string_view(name).substr(group + kGroup.size()));
        if (!number || name.contains('@'))
            return std::nullopt;
        key.group = *number;
        name.resize(group);
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
