// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/group_progress.h"

#include "core/protocol/text.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

namespace seatrial::analysis {

namespace {

constexpr int kMostRanks = 10'000;
constexpr int kMostStages = 10'000;
constexpr std::uint64_t kMostIterations = 1'000'000'000'000;
constexpr std::size_t kLongestName = 80;
constexpr std::size_t kLongestState = 160;

using Ranks = std::vector<const RankProgress *>;

/// Its process stands still or is dead, and not because another rank was gone before.
bool isBroken(const RankProgress &rank)
{
    return !rank.state.empty() && rank.state != "running" && rank.cause != "peer";
}

auto placeOf(const RankProgress &rank)
{
    return std::tuple(rank.started, rank.stage, rank.iteration);
}

template<typename Condition>
const RankProgress *firstOf(const Ranks &ranks, Condition condition)
{
    const auto found = std::ranges::find_if(ranks, [&](const RankProgress *rank) { return condition(*rank); });
    return found == ranks.end() ? nullptr : *found;
}

std::string nameOf(const RankProgress &rank)
{
    return rank.node.text() + (rank.rank < 0 ? " " : ", rank " + std::to_string(rank.rank) + ", ");
}

/// "in all_reduce of 8 MiB after iteration 112"
std::string whereIs(const RankProgress &rank)
{
    if (!rank.started)
        return "before it began";
    std::string text = "in " + (rank.stageName.empty() ? "stage " + std::to_string(rank.stage) : rank.stageName);
    if (rank.iteration > 0)
        text += " after iteration " + std::to_string(rank.iteration);
    return text;
}

std::string waited(std::size_t others)
{
    return others == 1 ? "the other one waited for it" : "the other " + std::to_string(others) + " waited for it";
}

LateRank named(const RankProgress &rank, const std::string &what)
{
    return {rank.node, rank.rank, nameOf(rank) + what};
}

/// The only one with the least progress, and only if it is behind all of the others.
const RankProgress *furthestBehind(const Ranks &asked)
{
    const auto least = std::ranges::min_element(asked, {}, [](const RankProgress *rank) { return placeOf(*rank); });
    const auto sharing = std::ranges::count_if(asked, [&](const RankProgress *rank) { return placeOf(*rank) == placeOf(**least); });
    return sharing == 1 ? *least : nullptr;
}

/// The one that more of the others name than any other, and how many do.
std::pair<const RankProgress *, int> mostNamed(const Ranks &waiting)
{
    std::map<int, int> votes;
    for (const RankProgress *rank : waiting) {
        if (rank->cause == "peer" && rank->peerRank && *rank->peerRank != rank->rank)
            ++votes[*rank->peerRank];
    }
    std::pair<const RankProgress *, int> most{nullptr, 0};
    for (const auto &[rank, count] : votes) {
        if (count == most.second)
            most.first = nullptr; // two with as many: that tells nothing
        if (count <= most.second)
            continue;
        const int number = rank;
        most = {firstOf(waiting, [&](const RankProgress &each) { return each.rank == number; }), count};
    }
    return most;
}

template<typename Number>
std::optional<Number> numberAt(const protocol::Parameters &parameters, const char *name, Number most)
{
    const auto found = parameters.find(name);
    if (found == parameters.end())
        return std::nullopt;
    const std::string &text = found->second;
    Number number{};
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || stopped != text.data() + text.size() || number < 0 || number > most)
        return std::nullopt;
    return number;
}

std::string textAt(const protocol::Parameters &parameters, const char *name, std::size_t longest)
{
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string() : protocol::clipped(protocol::excerptOf(found->second), longest);
}

bool saysBroken(const RankProgress &said)
{
    return !said.cause.empty() || (!said.state.empty() && said.state != "running");
}

} // namespace

void hear(RankProgress &known, const RankProgress &said)
{
    const bool gotOn = placeOf(said) > placeOf(known);
    known.node = said.node;
    known.rank = said.rank;
    known.asked = true;
    if (gotOn) {
        known.started = said.started;
        known.stage = said.stage;
        known.stageName = said.stageName;
        known.iteration = said.iteration;
    } else if (known.stageName.empty() && placeOf(said) == placeOf(known)) {
        known.stageName = said.stageName; // it was heard of before it said this
    }
    if (saysBroken(known) && !gotOn)
        return;
    known.state = said.state;
    known.cause = said.cause;
    known.peerRank = said.peerRank;
}

std::optional<LateRank> lateRank(const std::vector<RankProgress> &ranks)
{
    Ranks waiting; // those that somebody may wait for
    for (const RankProgress &rank : ranks) {
        if (rank.asked && !rank.completed)
            waiting.push_back(&rank);
    }
    if (waiting.empty() || ranks.size() < 2)
        return std::nullopt;
    std::ranges::stable_sort(waiting, {}, [](const RankProgress *rank) { return rank->rank; });
    const std::string others = waited(ranks.size() - 1);

    if (const auto *lost = firstOf(waiting, [](const RankProgress &rank) { return rank.lost; }))
        return named(*lost, "was lost " + whereIs(*lost) + "; " + others);
    if (const auto *broken = firstOf(waiting, isBroken))
        return named(*broken, "hung " + whereIs(*broken) + ", its process is " + broken->state + "; " + others);
    if (const auto *broken = firstOf(waiting, [](const RankProgress &rank) { return rank.cause == "self"; }))
        return named(*broken, "hung " + whereIs(*broken) + "; " + others);
    if (const auto *absent = firstOf(waiting, [](const RankProgress &rank) { return !rank.started; }))
        return named(*absent, "never began; " + others);
    if (const auto *behind = furthestBehind(waiting))
        return named(*behind, "hung " + whereIs(*behind) + "; " + others);
    const auto [accused, votes] = mostNamed(waiting);
    if (!accused)
        return std::nullopt;
    return named(*accused, "broke off " + whereIs(*accused) + ": " + std::to_string(votes) + " of the other " + std::to_string(ranks.size() - 1)
                               + " lost their connection to it");
}

std::optional<RankProgress> rankProgress(const domain::NodeId &node, const protocol::Event &event)
{
    if (event.code != "group.progress")
        return std::nullopt;
    const protocol::Parameters &said = event.parameters;
    const auto rank = numberAt<int>(said, "rank", kMostRanks - 1);
    const auto stage = numberAt<int>(said, "stage", kMostStages);
    const auto iteration = numberAt<std::uint64_t>(said, "iteration", kMostIterations);
    if (!rank || !stage || (!iteration && said.contains("iteration")))
        return std::nullopt;
    RankProgress progress;
    progress.node = node;
    progress.rank = *rank;
    progress.started = true;
    progress.stage = *stage;
    progress.stageName = textAt(said, "name", kLongestName);
    progress.iteration = iteration.value_or(0);
    progress.state = textAt(said, "state", kLongestState);
    progress.cause = textAt(said, "cause", kLongestName);
    if (!progress.cause.empty() && progress.cause != "self" && progress.cause != "peer")
        return std::nullopt;
    // Who is well and does not get on waits for somebody.
    if (progress.cause.empty() && event.severity != protocol::Severity::Info && (progress.state.empty() || progress.state == "running"))
        progress.cause = "peer";
    progress.peerRank = numberAt<int>(said, "peer_rank", kMostRanks - 1);
    if (progress.peerRank == progress.rank)
        progress.peerRank.reset();
    return progress;
}

} // namespace seatrial::analysis
