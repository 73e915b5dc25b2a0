// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/preflight_text.h"

#include "core/domain/node_set.h"

#include <algorithm>
#include <fmt/format.h>

namespace seatrial::campaign {

namespace {

bool isGood(RungState state)
{
    return state == RungState::Passed || state == RungState::NotPresent;
}

std::string lineOf(const domain::NodeId &node, const Rung &rung, bool withTime)
{
    const bool timed = withTime && rung.state != RungState::NotReached;
    std::string line = fmt::format("  {:<12}{:<10}{:>9}  {}", rungStateText(rung.state), rung.name, timed ? durationText(rung.seconds) : "", foundText(node, rung));
    line.erase(line.find_last_not_of(' ') + 1);
    line += '\n';
    if (!rung.remedy.empty())
        line += fmt::format("{:33}  next: {}\n", "", rung.remedy);
    return line;
}

/// Nodes whose ladders say the same but for what is good and how long it took.
struct Alike {
    std::vector<const Ladder *> ladders;

    bool fits(const Ladder &other) const
    {
        const Ladder &first = *ladders.front();
        if (first.over != other.over)
            return false;
        for (std::size_t i = 0; i < first.rungs.size() && i < other.rungs.size(); ++i) {
            const Rung &a = first.rungs[i];
            const Rung &b = other.rungs[i];
            if (isGood(a.state) && isGood(b.state))
                continue;
            if (a.state != b.state || a.remedy != b.remedy || foundText(first.node, a) != foundText(other.node, b))
                return false;
        }
        return true;
    }

    std::string text() const
    {
        const Ladder &first = *ladders.front();
        std::vector<domain::NodeId> nodes;
        const Ladder *slowest = &first;
        for (const Ladder *ladder : ladders) {
            nodes.push_back(ladder->node);
            if (ladder->seconds() > slowest->seconds())
                slowest = ladder;
        }
        const std::string time = durationText(slowest->seconds());
        const std::string which = ladders.size() > 1 ? fmt::format("slowest {} ({})", time, slowest->node.text()) : "in " + time;
        const RungState state = first.state();
        std::string all = domain::foldNodeSet(nodes) + ": " + (state == RungState::Passed ? "all steps passed" : ladderStateText(state)) + ", " + which + '\n';
        if (state == RungState::Passed)
            return all;
        bool later = false; // all that follows was not reached
        for (const Rung &rung : first.rungs) {
            if (!isGood(rung.state) && !(rung.state == RungState::NotReached && later))
                all += lineOf(first.node, rung, ladders.size() == 1);
            later |= rung.state == RungState::Failed;
        }
        return all;
    }
};

} // namespace

std::string ladderStateText(RungState state)
{
    switch (state) {
    case RungState::Passed: return "ready";
    case RungState::Warned: return "ready, with warnings";
    case RungState::Failed: return "not ready";
    case RungState::InWork: return "being checked";
    default: return "not finished";
    }
}

std::string durationText(double seconds)
{
    return seconds < 0.0995 ? fmt::format("{:.3f} s", seconds) : seconds < 9.95 ? fmt::format("{:.1f} s", seconds) : fmt::format("{:.0f} s", seconds);
}

std::string foundText(const domain::NodeId &node, const Rung &rung)
{
    const std::string &found = rung.found;
    if (!found.starts_with(node.text()))
        return found;
    const std::size_t colon = found.find(": ", node.text().size());
    const bool name = found.compare(node.text().size(), 2, " (") == 0 || colon == node.text().size();
    return name && colon != std::string::npos ? found.substr(colon + 2) : found;
}

std::string ladderText(const Ladder &ladder)
{
    std::string all = fmt::format("{}: {}, in {}\n", ladder.node.text(), ladderStateText(ladder.state()), durationText(ladder.seconds()));
    for (const Rung &rung : ladder.rungs)
        all += lineOf(ladder.node, rung, true);
    return all;
}

std::string ladderTexts(const std::vector<Ladder> &ladders)
{
    if (ladders.size() == 1)
        return ladderText(ladders.front());
    std::vector<Alike> groups;
    for (const Ladder &ladder : ladders) {
        const auto group = std::ranges::find_if(groups, [&](const Alike &alike) { return alike.fits(ladder); });
        if (group != groups.end())
            group->ladders.push_back(&ladder);
        else
            groups.push_back({{&ladder}});
    }
    std::string all;
    for (const Alike &group : groups)
        all += group.text();
    return all;
}

} // namespace seatrial::campaign
