// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/group_progress.h"
#include "core/campaign/schedule.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::campaign {

/// How long the ranks of a group have.
struct GroupPatience {
    std::chrono::milliseconds stage{20'000}; ///< to begin, and to say something
    std::chrono::milliseconds words{2'000};  ///< for what the others have to say, when one has come to a stop
    std::chrono::milliseconds ends{10'000};  ///< for ranks that were told to end
};

/// What follows from a group that has ended. Its members are in one of these lists, or are asked no more: they waived, or a
/// person ended their step.
struct GroupOutcome {
    std::vector<domain::NodeId> measured; ///< have a result
    std::vector<domain::NodeId> again;    ///< are measured again together, at once
    bool split = false;                   ///< these in halves: it is not known for whom they waited
    std::vector<domain::NodeId> apart;    ///< each is measured once more later, with somebody who has a result
    bool counts = true;                   ///< false: nobody came to a stop, somebody only did not take part
    std::optional<analysis::LateRank> late;
    std::string why;                      ///< whole sentence without a full stop; empty if all have a result
};

/// A group in work: one rank on each of its nodes, which wait for each other in whatever they do. Knows no connections, and
/// nothing of what the ranks do: it is told what they said and how they ended, and answers whether they are to be ended,
/// and what is to be done then.
class GroupRun
{
public:
    using Clock = std::chrono::steady_clock;
    enum class EndedBy { Itself, Interruption, Person };

    GroupRun(Task task, domain::StepKey key, std::string token, const GroupPatience &patience);

    const domain::StepKey &key() const { return m_key; }
    const std::string &token() const { return m_token; }
    /// Its members by now.
    const Task &task() const { return m_task; }
    void setTask(Task task) { m_task = std::move(task); }
    std::size_t size() const { return m_ranks.size(); }
    const domain::NodeId &nodeOf(std::size_t rank) const { return m_ranks[rank].progress.node; }
    const domain::NodeId &root() const { return nodeOf(0); }
    const std::string &port() const { return m_port; }
    bool aborted() const { return m_abortedAt != Clock::time_point::max(); }
    bool interrupted() const { return m_interrupted; }
    bool has(const domain::NodeId &node) const;
    /// Whether it was ordered and has neither ended nor gone.
    bool works(const domain::NodeId &node) const;

    void ordered(const domain::NodeId &node, Clock::time_point now);
    /// Whether with these words the others are to be ordered: rank 0 listens.
    bool listens(const domain::NodeId &node, const protocol::Event &event);
    void spoke(const domain::NodeId &node, const protocol::Event &event, Clock::time_point now);
    void ended(const domain::NodeId &node, const protocol::StepFinished &step, EndedBy by, Clock::time_point now);
    /// The node is gone for good.
    void gone(const domain::NodeId &node, Clock::time_point now);
    /// There is no connection to it at the moment.
    void unreachable(const domain::NodeId &node);

    /// Whether its ranks are to be told to end, because not all of them will ever come to an end together.
    bool wantsAbort(Clock::time_point now);
    void abort(Clock::time_point now);
    /// Why it was: by what is known now, without a full stop.
    std::string reason() const;
    /// Nobody is waited for any more.
    bool over(Clock::time_point now) const;
    /// Those who have not ended all the same.
    std::vector<domain::NodeId> stragglers() const;
    /// @p forgiven: whoever was interrupted may be measured again together with the others.
    GroupOutcome outcome(bool forgiven) const;

private:
    struct Rank {
        analysis::RankProgress progress;
        Clock::time_point askedAt;
        bool spoke = false;       ///< anything at all
        std::optional<protocol::StepStatus> ended;
        std::string endReason;
        bool refused = false;     ///< it waived, or a person ended it
        bool interrupted = false; ///< its supervisor ended, or let go, under it
        bool stumbled = false;    ///< it ended by itself, not having said why
        bool gone = false;

        bool asked() const { return progress.asked; }
        bool hasResult() const { return progress.completed; }
        bool complains() const { return asked() && !hasResult() && progress.cause == "peer"; }
        bool open() const { return asked() && !ended && !gone; }
    };

    Rank *find(const domain::NodeId &node);
    const Rank *find(const domain::NodeId &node) const { return const_cast<GroupRun *>(this)->find(node); }
    void suspect(Clock::time_point when) { m_decideAt = std::min(m_decideAt, when); }
    void complained(Clock::time_point now);
    bool isTroubled() const;
    bool allEnded() const;
    Clock::time_point overdueAt() const;
    std::string tells(const Rank &rank, const std::string &what) const;
    std::optional<analysis::LateRank> late() const;
    std::vector<const Rank *> stumbled() const;
    std::vector<const Rank *> alarmists() const;
    bool sharedComplaint() const;

    Task m_task;
    const domain::StepKey m_key;
    const std::string m_token;
    const GroupPatience m_patience;
    std::vector<Rank> m_ranks; ///< as the group began
    std::map<domain::NodeId, std::size_t> m_places;
    std::string m_port;
    bool m_interrupted = false;
    bool m_notReady = false;   ///< rank 0 did not come to listen, and told nobody why
    Clock::time_point m_complainedAt = Clock::time_point::max(); ///< the first of those who wait
    Clock::time_point m_decideAt = Clock::time_point::max();
    Clock::time_point m_abortedAt = Clock::time_point::max();
};

} // namespace seatrial::campaign
