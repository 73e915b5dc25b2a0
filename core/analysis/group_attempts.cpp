// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/group_attempts.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace seatrial::analysis {

using domain::NodeId;
using domain::StepKey;
using protocol::StepStatus;

namespace {

using Place = std::tuple<domain::StepId, int, int>; ///< step, group, attempt

/// What was said of one attempt, in any order.
struct Said {
    std::map<NodeId, RankProgress> ranks;
    std::map<NodeId, protocol::StepFinished> ends;
    std::set<NodeId> spoke;
    std::optional<NodeId> root; ///< who listened
    bool distress = false;      ///< somebody said that it does not get on
    std::set<NodeId> interrupted; ///< whose supervisor was ended under it
    int size = 0;               ///< as far as is known

    RankProgress &of(const NodeId &node)
    {
        const auto [place, isNew] = ranks.try_emplace(node);
        if (isNew) {
            place->second.node = node;
            place->second.rank = -1;
        }
        return place->second;
    }
};

std::optional<StepKey> groupKey(const std::string &step)
{
    auto key = StepKey::fromText(step);
    return key && key->group > 0 ? key : std::nullopt;
}

/// It does not get on, by its own words.
bool isStill(const RankProgress &rank)
{
    return !rank.cause.empty() || (!rank.state.empty() && rank.state != "running");
}

bool complains(const RankProgress &rank)
{
    return rank.cause == "peer";
}

/// The steps that a supervisor had in work when it was ended: "memory#1, groups/group1#1".
void addInterrupted(std::map<Place, Said> &all, const NodeId &node, const std::string &names)
{
    for (std::size_t at = 0; at < names.size();) {
        const std::size_t end = std::min(names.find(", ", at), names.size());
        if (const auto key = groupKey(names.substr(at, end - at)))
            all[{key->step, key->group, key->attempt}].interrupted.insert(node);
        at = end + 2;
    }
}

void addEvents(std::map<Place, Said> &all, const domain::RunData &run)
{
    for (const domain::NodeEvent &event : run.events) {
        const auto inWork = event.event.parameters.find("in_work");
        if (event.event.code == "supervisor.restarted" && inWork != event.event.parameters.end())
            addInterrupted(all, event.node, inWork->second);
        const bool listening = event.event.code == "group.listening";
        const auto said = rankProgress(event.node, event.event);
        const auto key = listening || said ? groupKey(event.event.step) : std::nullopt;
        if (!key)
            continue;
        Said &attempt = all[{key->step, key->group, key->attempt}];
        RankProgress &rank = attempt.of(event.node);
        attempt.spoke.insert(event.node);
        if (listening) {
            rank.started = true;
            rank.rank = 0;
            attempt.root = event.node;
        } else {
            hear(rank, *said);
            attempt.size = std::max({attempt.size, said->rank + 1, said->peerRank.value_or(-1) + 1});
            attempt.distress |= isStill(*said);
        }
    }
}

void addResults(std::map<Place, Said> &all, const domain::RunData &run)
{
    for (const domain::StepResult &result : run.results) {
        if (result.key.group <= 0)
            continue;
        Said &attempt = all[{result.key.step, result.key.group, result.key.attempt}];
        RankProgress &rank = attempt.of(result.node);
        const StepStatus status = result.finished.status;
        attempt.ends[result.node] = result.finished;
        rank.completed = status == StepStatus::Completed || status == StepStatus::Failed; // what was wrong is said apart
        const bool byItself = status == StepStatus::Error || status == StepStatus::Timeout;
        rank.started |= rank.completed || byItself;
        attempt.distress |= byItself;
    }
}

/// A rank that never spoke has the number that nobody else has, if it is the only one.
void numberTheSilent(Said &attempt)
{
    std::set<int> numbers;
    std::vector<RankProgress *> silent;
    for (auto &[node, rank] : attempt.ranks) {
        if (rank.rank < 0)
            silent.push_back(&rank);
        else
            numbers.insert(rank.rank);
    }
    if (silent.size() != 1)
        return;
    int free = 0;
    while (numbers.contains(free))
        ++free;
    silent.front()->rank = free;
}

/// Those that ended by themselves without a word before, unless all did: then nobody did more than the others.
std::vector<const RankProgress *> stumblers(const GroupAttempt &attempt, const Said &said)
{
    std::vector<const RankProgress *> those;
    std::size_t asked = 0;
    for (const RankProgress &rank : attempt.ranks) {
        asked += rank.asked;
        const auto end = said.ends.find(rank.node);
        const bool byItself = end != said.ends.end() && (end->second.status == StepStatus::Error || end->second.status == StepStatus::Timeout);
        if (byItself && !isStill(rank))
            those.push_back(&rank);
    }
    return asked > 1 && those.size() == asked ? std::vector<const RankProgress *>() : those;
}

/// Whether those that say that they wait are so few that the others must be getting on, and nobody is seen to be broken.
bool onlyAlarm(const GroupAttempt &attempt, const Said &said)
{
    std::ptrdiff_t complaints = 0, waiting = 0;
    for (const RankProgress &rank : attempt.ranks) {
        if (!rank.asked || rank.completed)
            continue;
        if (rank.lost || !said.spoke.contains(rank.node) || (isStill(rank) && !complains(rank)))
            return false;
        ++waiting;
        complaints += complains(rank);
    }
    return complaints > 0 && 2 * complaints <= waiting - 1;
}

/// Says of a broken attempt what can be said.
void explain(GroupAttempt &attempt, const Said &said)
{
    const auto tells = [](const RankProgress &rank, const std::string &what) {
        return rank.node.text() + (rank.rank < 0 ? std::string(" ") : ", rank " + std::to_string(rank.rank) + ", ") + what;
    };
    const bool ownFault = std::ranges::any_of(attempt.ranks, [](const RankProgress &rank) { return rank.lost || (isStill(rank) && !complains(rank)); });
    if (const auto those = stumblers(attempt, said); !those.empty()) {
        attempt.why = tells(*those.front(), "ended by itself: " + said.ends.at(those.front()->node).reason);
    } else if (!said.root && !ownFault && !attempt.ranks.empty()) {
        attempt.why = "nobody listened for the others in time";
    } else if (onlyAlarm(attempt, said)) {
        attempt.why = tells(*std::ranges::find_if(attempt.ranks, complains), "said that it waited for others, which got on");
    } else {
        attempt.late = lateRank(attempt.ranks);
        attempt.why = attempt.late ? attempt.late->why : std::string();
    }
}

/// A node that was lost before it said anything is a member as well. False if somebody is missing and nobody knows who:
/// then it is not for those that spoke to be accused.
bool addAbsent(Said &attempt, const std::set<NodeId> &gone)
{
    if (static_cast<int>(attempt.ranks.size()) >= attempt.size)
        return true;
    std::vector<NodeId> candidates;
    std::ranges::copy_if(gone, std::back_inserter(candidates), [&](const NodeId &node) { return !attempt.ranks.contains(node); });
    if (candidates.size() != 1 || static_cast<int>(attempt.ranks.size()) + 1 != attempt.size)
        return false;
    attempt.of(candidates.front()).lost = true;
    numberTheSilent(attempt);
    return true;
}

GroupAttempt attemptOf(const Place &place, Said said, const std::set<NodeId> &gone, bool runIsOver)
{
    GroupAttempt attempt;
    attempt.key.step = std::get<0>(place);
    attempt.key.group = std::get<1>(place);
    attempt.key.attempt = std::get<2>(place);
    bool waived = false, interrupted = false, allCompleted = true;
    attempt.ended = true;
    for (auto &[node, rank] : said.ranks) {
        const auto end = said.ends.find(node);
        rank.lost = end == said.ends.end() && gone.contains(node);
        said.distress |= rank.lost;
        attempt.ended &= end != said.ends.end() || rank.lost || runIsOver;
        interrupted |= end != said.ends.end() && said.interrupted.contains(node);
        waived |= end != said.ends.end() && end->second.status == StepStatus::Waived;
        allCompleted &= rank.completed;
        // Whoever listens comes first: before it does, nobody else is asked.
        rank.asked = said.root.has_value() || rank.started || end != said.ends.end();
    }
    // A group whose member may not or cannot take part is made anew without it; one that a person ends has nobody to blame.
    attempt.broken = attempt.ended && !allCompleted && !waived && !interrupted && said.distress;
    numberTheSilent(said);
    const bool complete = addAbsent(said, gone);
    for (const auto &[node, rank] : said.ranks)
        attempt.ranks.push_back(rank);
    std::ranges::stable_sort(attempt.ranks, {}, &RankProgress::rank);
    if (attempt.broken && complete)
        explain(attempt, said);
    return attempt;
}

/// Of a pair that cannot be told apart, the one that was late before, if the other one completes without it.
void nameByElimination(std::vector<GroupAttempt> &attempts)
{
    std::set<std::pair<domain::StepId, NodeId>> late, completed;
    for (const GroupAttempt &attempt : attempts) {
        if (attempt.late)
            late.insert({attempt.key.step, attempt.late->node});
        for (const RankProgress &rank : attempt.ranks) {
            if (rank.completed)
                completed.insert({attempt.key.step, rank.node});
        }
    }
    for (GroupAttempt &attempt : attempts) {
        if (!attempt.broken || attempt.late || attempt.ranks.size() != 2)
            continue;
        for (int self = 0; self < 2; ++self) {
            const RankProgress &rank = attempt.ranks[static_cast<std::size_t>(self)], &other = attempt.ranks[static_cast<std::size_t>(1 - self)];
            const bool known = late.contains({attempt.key.step, rank.node}) && !completed.contains({attempt.key.step, rank.node});
            if (!known || late.contains({attempt.key.step, other.node}) || !completed.contains({attempt.key.step, other.node}))
                continue;
            attempt.why = rank.node.text() + " and " + other.node.text() + " did not come to an end together; " + other.node.text() + " completed without it";
            attempt.late = {rank.node, rank.rank, attempt.why};
        }
    }
}

} // namespace

std::vector<GroupAttempt> groupAttempts(const domain::RunData &run)
{
    std::map<Place, Said> all;
    addEvents(all, run);
    addResults(all, run);
    if (all.empty())
        return {};
    std::set<NodeId> gone;
    for (const domain::NodeFailure &failure : domain::standingFailures(run))
        gone.insert(failure.node);
    std::vector<GroupAttempt> attempts;
    for (auto &[place, said] : all)
        attempts.push_back(attemptOf(place, std::move(said), gone, run.info.state != domain::RunState::Running));
    nameByElimination(attempts);
    return attempts;
}

} // namespace seatrial::analysis
