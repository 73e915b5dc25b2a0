// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/group_run.h"


#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <set>

namespace seatrial::campaign {

using domain::NodeId;
using protocol::StepStatus;

namespace {

/// It goes to other nodes as a parameter: a number, or nothing.
std::string portOf(const protocol::Parameters &parameters)
{
    const auto found = parameters.find("port");
    if (found == parameters.end())
        return {};
    int port = 0;
    const auto &text = found->second;
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool well = error == std::errc{} && stopped == text.data() + text.size() && port > 0 && port < 65536;
    return well ? std::to_string(port) : std::string();
}

bool isStill(const analysis::RankProgress &progress)
{
    return !progress.cause.empty() || (!progress.state.empty() && progress.state != "running");
}

} // namespace

GroupRun::GroupRun(Task task, domain::StepKey key, std::string token, const GroupPatience &patience)
    : m_task(std::move(task)), m_key(std::move(key)), m_token(std::move(token)), m_patience(patience)
{
    for (const auto &node : m_task.members) {
        Rank rank;
        rank.progress.node = node;
        rank.progress.rank = static_cast<int>(m_ranks.size());
        rank.progress.asked = false;
        m_places[node] = m_ranks.size();
        m_ranks.push_back(std::move(rank));
    }
}

GroupRun::Rank *GroupRun::find(const NodeId &node)
{
    const auto place = m_places.find(node);
    return place == m_places.end() ? nullptr : &m_ranks[place->second];
}

bool GroupRun::has(const NodeId &node) const
{
    const Rank *rank = find(node);
    return rank && !rank->gone;
}

bool GroupRun::works(const NodeId &node) const
{
    const Rank *rank = find(node);
    return rank && rank->open();
}

void GroupRun::ordered(const NodeId &node, Clock::time_point now)
{
    if (Rank *rank = find(node)) {
        rank->progress.asked = true;
        rank->askedAt = now;
    }
}

bool GroupRun::listens(const NodeId &node, const protocol::Event &event)
{
    const auto token = event.parameters.find("token");
    if (node != root() || aborted() || !m_port.empty() || token == event.parameters.end() || token->second != m_token)
        return false;
    m_port = portOf(event.parameters);
    m_ranks.front().spoke = true;
    m_ranks.front().progress.started = true;
    return !m_port.empty();
}

void GroupRun::spoke(const NodeId &node, const protocol::Event &event, Clock::time_point now)
{
    Rank *rank = find(node);
    const auto token = event.parameters.find("token");
    if (!rank || !rank->open() || token == event.parameters.end() || token->second != m_token)
        return;
    auto said = analysis::rankProgress(node, event);
    if (!said || said->rank != rank->progress.rank)
        return;
    auto &known = rank->progress;
    const auto ending = event.parameters.find("ending");
    if (aborted() || (ending != event.parameters.end() && ending->second != "0")) {
        // That its connections broke by now, or its process ended, says nothing; how far it was does.
        said->state = known.state;
        said->cause = known.cause;
        said->peerRank = known.peerRank;
        if (rank->spoke)
            analysis::hear(known, *said);
        return;
    }
    if (said->peerRank && *said->peerRank >= static_cast<int>(m_ranks.size()))
        said->peerRank.reset();
    rank->spoke = true;
    analysis::hear(known, *said);
    if (known.cause == "peer")
        complained(now);
    else if (isStill(known))
        suspect(now + m_patience.words);
}

/// Where one rank stands still, all of them soon wait. What only one says may be wrong: it has time to end as it should.
void GroupRun::complained(Clock::time_point now)
{
    m_complainedAt = std::min(m_complainedAt, now);
    suspect(sharedComplaint() ? now + m_patience.words : m_complainedAt + m_patience.stage + m_patience.words);
}

bool GroupRun::sharedComplaint() const
{
    const auto waiting = std::ranges::count_if(m_ranks, [](const Rank &rank) { return rank.asked() && !rank.hasResult(); });
    return 2 * std::ranges::count_if(m_ranks, &Rank::complains) > waiting - 1;
}

void GroupRun::ended(const NodeId &node, const protocol::StepFinished &step, EndedBy by, Clock::time_point now)
{
    Rank *rank = find(node);
    if (!rank || !rank->open())
        return;
    rank->ended = step.status;
    rank->endReason = step.reason;
    const bool measured = step.status == StepStatus::Completed || step.status == StepStatus::Failed;
    const bool possible = !m_port.empty() && rank->progress.stage > 0; // it has found the others
    rank->progress.completed = measured && possible;
    if (measured && !possible)
        rank->endReason = "it says that it has measured, although it has not met the others";
    rank->progress.lost = false;
    if (rank->hasResult())
        return;
    rank->refused = by == EndedBy::Person || step.status == StepStatus::Waived;
    rank->interrupted = by == EndedBy::Interruption;
    m_interrupted |= rank->interrupted;
    if (rank->refused || rank->interrupted)
        return suspect(now);
    if (aborted())
        return;
    rank->progress.started = true; // whatever it said
    rank->stumbled = !isStill(rank->progress);
    suspect(now + m_patience.words);
}

void GroupRun::gone(const NodeId &node, Clock::time_point now)
{
    Rank *rank = find(node);
    if (!rank || rank->gone)
        return;
    const bool mattered = !rank->ended;
    rank->gone = true;
    rank->progress.lost |= mattered;
    if (mattered)
        suspect(now);
}

void GroupRun::unreachable(const NodeId &node)
{
    if (Rank *rank = find(node); rank && rank->open())
        rank->progress.lost = true;
}

void GroupRun::abort(Clock::time_point now)
{
    m_abortedAt = now;
    const Rank &first = m_ranks.front();
    m_notReady = m_port.empty() && first.open() && !first.progress.lost && !isStill(first.progress);
}

bool GroupRun::allEnded() const
{
    return std::ranges::none_of(m_ranks, [](const Rank &rank) { return rank.open(); });
}

/// Who was asked has begun and said something by then.
GroupRun::Clock::time_point GroupRun::overdueAt() const
{
    auto first = Clock::time_point::max();
    for (const Rank &rank : m_ranks) {
        if (rank.open() && !rank.spoke)
            first = std::min(first, rank.askedAt + m_patience.stage + m_patience.words);
    }
    return first;
}

/// Whether anything speaks against its coming to an end. Who waited, and gets on again, does not.
bool GroupRun::isTroubled() const
{
    return std::ranges::any_of(m_ranks, [](const Rank &rank) {
        const bool missing = (rank.ended && !rank.hasResult()) || (rank.gone && !rank.ended);
        return missing || (rank.open() && isStill(rank.progress));
    });
}

bool GroupRun::wantsAbort(Clock::time_point now)
{
    if (aborted())
        return false;
    if (now >= overdueAt())
        return true;
    if (now < m_decideAt && !(m_decideAt != Clock::time_point::max() && allEnded()))
        return false;
    if (isTroubled())
        return true;
    m_decideAt = m_complainedAt = Clock::time_point::max();
    return false;
}

bool GroupRun::over(Clock::time_point now) const
{
    const auto open = [](const Rank &rank) { return rank.open(); };
    if (std::ranges::none_of(m_ranks, open)) // rank 0 may have ended before the others were asked
        return aborted() || std::ranges::all_of(m_ranks, [](const Rank &rank) { return rank.hasResult(); });
    if (!aborted())
        return false;
    const bool onlyLost = std::ranges::all_of(m_ranks, [&](const Rank &rank) { return !rank.open() || rank.progress.lost; });
    return now >= m_abortedAt + (onlyLost ? m_patience.words : m_patience.ends);
}

std::vector<NodeId> GroupRun::stragglers() const
{
    std::vector<NodeId> nodes;
    for (const Rank &rank : m_ranks) {
        if (rank.open())
            nodes.push_back(rank.progress.node);
    }
    return nodes;
}

std::string GroupRun::tells(const Rank &rank, const std::string &what) const
{
    return fmt::format("{}, rank {}, {}", rank.progress.node.text(), rank.progress.rank, what);
}

std::optional<analysis::LateRank> GroupRun::late() const
{
    std::vector<analysis::RankProgress> ranks;
    ranks.reserve(m_ranks.size());
    for (const Rank &rank : m_ranks) {
        auto &progress = ranks.emplace_back(rank.progress);
        if (rank.spoke || rank.stumbled)
            continue;
        // A process that began and never said a word is as one that did not begin, once it had the time to.
        progress.started = false;
        progress.asked = rank.asked() && (progress.lost || m_abortedAt - rank.askedAt >= m_patience.stage);
    }
    return analysis::lateRank(ranks);
}

/// Those that wait, as they say, while most of the others get on: in a group nobody can.
std::vector<const GroupRun::Rank *> GroupRun::alarmists() const
{
    std::vector<const Rank *> those;
    const auto explains = [](const Rank &rank) {
        return rank.asked() && !rank.hasResult() && (rank.progress.lost || !rank.spoke || (isStill(rank.progress) && rank.progress.cause != "peer"));
    };
    if (sharedComplaint() || std::ranges::any_of(m_ranks, explains))
        return those;
    for (const Rank &rank : m_ranks) {
        if (rank.complains())
            those.push_back(&rank);
    }
    return those;
}

/// Those that ended by themselves, unless all did: then each says the same and nobody more than the others.
std::vector<const GroupRun::Rank *> GroupRun::stumbled() const
{
    std::vector<const Rank *> those;
    std::size_t asked = 0;
    for (const Rank &rank : m_ranks) {
        asked += rank.asked();
        if (rank.stumbled)
            those.push_back(&rank);
    }
    if (asked > 1 && those.size() == asked)
        those.clear();
    return those;
}

std::string GroupRun::reason() const
{
    for (const Rank &rank : m_ranks) {
        if (rank.refused)
            return tells(rank, "does not take part: " + rank.endReason);
        if (rank.interrupted)
            return tells(rank, "was interrupted: " + rank.endReason);
    }
    if (const auto those = stumbled(); !those.empty())
        return tells(*those.front(), fmt::format("ended by itself: {}", those.front()->endReason));
    if (m_notReady)
        return tells(m_ranks.front(), fmt::format("was not ready within {:.0f} s", std::chrono::duration<double>(m_patience.stage).count()));
    if (const auto those = alarmists(); !those.empty())
        return tells(*those.front(), "says that it waits for others, which get on");
    if (const auto rank = late())
        return rank->why;
    return "it does not get on, and nobody could be told apart as the one that the others wait for";
}

GroupOutcome GroupRun::outcome(bool forgiven) const
{
    GroupOutcome outcome;
    std::set<NodeId> out; // of those that would be measured again
    bool refused = false;
    for (const Rank &rank : m_ranks) {
        const auto &node = rank.progress.node;
        refused |= rank.refused;
        if (rank.refused || rank.gone || rank.hasResult())
            out.insert(node);
        if (rank.hasResult())
            outcome.measured.push_back(node);
        if (rank.open() || (rank.interrupted && !forgiven))
            outcome.apart.push_back(node);
    }
    if (outcome.measured.size() == m_ranks.size())
        return outcome;
    outcome.why = reason();
    outcome.counts = !refused && !(m_interrupted && forgiven);
    if (outcome.counts && !m_interrupted) {
        auto those = stumbled();
        if (those.empty() && m_notReady)
            those.push_back(&m_ranks.front()); // whom it waits for is not known: it may be another run on its node
        if (those.empty())
            those = alarmists();
        for (const Rank *rank : those)
            outcome.apart.push_back(rank->progress.node);
        if (those.empty()) {
            outcome.late = late();
            outcome.split = !outcome.late;
        }
        if (outcome.late)
            outcome.apart.push_back(outcome.late->node);
    }
    std::ranges::sort(outcome.apart);
    outcome.apart.erase(std::ranges::unique(outcome.apart).begin(), outcome.apart.end());
    std::erase_if(outcome.apart, [&](const NodeId &node) { return out.contains(node); });
    out.insert(outcome.apart.begin(), outcome.apart.end());
    for (const Rank &rank : m_ranks) {
        if (!out.contains(rank.progress.node))
            outcome.again.push_back(rank.progress.node);
    }
    // One alone measures nothing, and two of which nobody knows which it was are told apart by others.
    if (outcome.again.size() == 1 || (outcome.split && outcome.again.size() == 2)) {
        outcome.apart.insert(outcome.apart.end(), outcome.again.begin(), outcome.again.end());
        outcome.again.clear();
        outcome.split = false;
    }
    return outcome;
}

} // namespace seatrial::campaign
