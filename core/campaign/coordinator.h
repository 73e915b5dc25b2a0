// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/allowance.h"
#include "core/campaign/campaign.h"
#include "core/campaign/connector.h"
#include "core/campaign/group_run.h"
#include "core/campaign/inbox.h"
#include "core/campaign/live_run.h"
#include "core/campaign/pace.h"
#include "core/campaign/schedule.h"

#include <chrono>
#include <map>
#include <set>
#include <tuple>

namespace seatrial::campaign {

using Clock = std::chrono::steady_clock;

/// The one thread that knows everything of a running campaign: it takes what comes out of the inbox, orders what may
/// be measured next, and publishes how it stands. Spread over six files: the loop and the end (coordinator.cpp),
/// nodes coming and going (coordinator_nodes.cpp), orders and their results (coordinator_orders.cpp), what is particular
/// to pairs (coordinator_pairs.cpp) and to groups (coordinator_groups.cpp), load that is extended in steps
/// (coordinator_ramp.cpp).
class Coordinator
{
public:
    Coordinator(Worlds worlds, domain::RunData data, analysis::Criteria criteria, int fanOut, double leaseSeconds,
                std::shared_ptr<Inbox> inbox);

    /// Before anything else: how load comes onto the nodes.
    void setRamp(const RampTerms &terms);
    void setPatience(const Patience &patience) { m_patience = patience; }
    /// Takes up the results and journal positions of an earlier life.
    void takeUp(const std::map<domain::NodeId, store::StreamPosition> &positions);
    /// Works until the run is finished, cancelled or detached.
    std::shared_ptr<const Snapshot> work();

private:
    enum class Mode { Measuring, Finishing, Cancelling, Detaching, Over };

    /// A step ordered on a node whose end has not been seen.
    struct Order {
        Task task;
        protocol::StartStep words;
        bool recalled = false;      ///< taken back before it began
        bool endedByPerson = false;
    };

    struct NodeRun {
        const domain::Node *node = nullptr;
        NodePhase phase = NodePhase::Waiting;
        int generation = 0;
        std::shared_ptr<NodeLink> link;
        std::uint64_t lastSequence = 0;
        bool goodbye = false;
        bool settled = true;          ///< false after a resume until it is known to be idle: it may work off old orders
        bool reached = false;         ///< at least once in this life
        int connectTries = 0;
        int losses = 0;               ///< connections lost since a step last moved
        int deaths = 0;               ///< supervisors that ended without goodbye under our eyes
        bool letGo = false;           ///< its supervisor ends because it let the run go
        bool interrupted = false;     ///< its supervisor ended, or let go, since a step began last
        std::map<int, int> interruptions; ///< by step: how often one was measured again therefore
        std::set<domain::StepKey> begun; ///< ordered here and seen to begin: what begins twice does not move
        std::set<int> endedByPerson;  ///< steps of which somebody has seen enough
        bool diedInSight = false;     ///< the last loss was of a supervisor while its connection held
        bool attachedOnly = false;    ///< its supervisor ends with the connection
        Clock::time_point lostSince;
        std::map<domain::StepKey, Order> orders;
        std::map<domain::StepKey, protocol::StepStatus> ended; ///< the engine will not answer these again
        std::string stepInWork;       ///< wire name
        Clock::time_point progressDeadline = Clock::time_point::max();
        Clock::time_point stuckAt = Clock::time_point::max();
        double sinceWall = 0;
        std::vector<StepState> steps;
        std::optional<domain::Failure> failure;
        std::map<std::string, std::string> toBeEnded; ///< steps to be ended when it is connected, and why
        int malformed = 0;
        Allowance allowance;
        std::set<std::string> leftOut; ///< what is not in the node, as it was said of the first step that needs it
        std::optional<double> aheadAtLeast; ///< its clock's lead over ours, by the records since the last renewal
        bool clockTold = false;       ///< in this connection
    };

    /// A pair in work.
    struct PairRun {
        Task task;
        domain::StepKey serveKey;
        domain::StepKey measureKey;
        bool serveEnded = false;
        bool measureOrdered = false;
        bool measureEnded = false;
        bool measured = false;
        bool refused = false;         ///< one of them may not be loaded: asking again is no use
        bool interrupted = false;     ///< a supervisor ended, or let go, under it
        Clock::time_point endServeAt = Clock::time_point::max(); ///< it ends by itself before that, or is ended
    };

    /// How often a pair or a group ended, in this life of the run.
    struct Tries {
        int interrupted = 0; ///< which is nobody's fault
        int ended = 0;       ///< otherwise, or interrupted too often
    };

    /// A node that came to a stop in a group, or whose group did without it being known why: it is measured once more, with one
    /// that has a result.
    struct SecondLook {
        int step = 0;
        domain::NodeId node;
        bool operator==(const SecondLook &) const = default;
    };

    /// How often a step, a pair or a group is measured again because a supervisor ended under it.
    static constexpr int kInterruptions = 3;

    // coordinator.cpp
    void handle(Incoming &event);
    void tick();
    void publish(bool everything);
    void judgeNow();
    bool retest();
    void beginFinishing();
    void cancel(const std::string &reason);
    void pause(const PauseAsked &asked);
    Clock::duration pausedFor() const;
    void end(domain::RunState state);
    void say(protocol::Severity severity, std::vector<domain::NodeId> nodes, std::string text);

    // coordinator_nodes.cpp
    void connect(NodeRun &node, std::chrono::milliseconds delay);
    void ready(NodeReady &event);
    void notReady(NodeNotReady &event);
    void streamEnded(StreamEnded &event);
    void lost(NodeRun &node, const domain::Failure &failure);
    void giveUp(NodeRun &node, domain::Failure failure);
    std::optional<Afterload> afterload(const NodeRun &node) const;
    void stopListening(NodeRun &node, const std::string &why);
    void enter(NodeRun &node, NodePhase phase);
    void send(NodeRun &node, const protocol::Control &control);
    void cancelStep(NodeRun &node, const std::string &step, const std::string &why);
    void renew(NodeRun &node);

    // coordinator_ramp.cpp
    void lookAtRamp();
    bool mayBeginRamp() const;
    std::optional<RampProgress> rampNow() const;

    // coordinator_orders.cpp
    void startWhatMay();
    bool settled() const;
    void orderNodeTask(const Task &task);
    void order(NodeRun &node, const Task &task, const domain::StepKey &key, protocol::Parameters parameters);
    void orderAgain(NodeRun &node);
    void recall(NodeRun &node, const std::string &why);
    void lines(LinesArrived &event);
    void record(NodeRun &node, const protocol::Record &record);
    void started(NodeRun &node, const protocol::StepStarted &step);
    void finished(NodeRun &node, const protocol::StepFinished &step);
    void endedUnordered(NodeRun &node, const domain::StepKey &key, protocol::StepStatus status);
    void sayEnd(NodeRun &node, const domain::StepKey &key, const protocol::StepFinished &step);
    void sayIfLast(const NodeRun &node);
    void endStep(const StepEndAsked &asked);
    void renewProgress(NodeRun &node);
    int nextAttempt(int step, const domain::NodeId &node, const domain::NodeId &peer) const;
    int stepIndex(const domain::StepId &id) const;
    std::string doing(const NodeRun &node) const;
    std::vector<Task> remaining() const;

    // coordinator_pairs.cpp
    bool measuredBefore(const Task &task);
    void orderPair(const Task &task);
    void listening(NodeRun &node, const protocol::Event &event);
    void pairFinished(const NodeRun &node, const domain::StepKey &key, const Order &order, const protocol::StepFinished &step);
    Tries &triesOf(const Task &pair);
    void dropPairsOf(const domain::NodeId &node);
    void endIdleServes();

    // coordinator_groups.cpp
    void takeUpGroup(NodeRun &node, int step, const domain::StepKey &key, protocol::StepStatus status);
    void orderGroup(const Task &task);
    void orderRank(GroupRun &group, std::size_t rank);
    GroupRun *groupOf(const domain::NodeId &node, const domain::StepKey &key);
    void rankBegan(NodeRun &node, const domain::StepKey &key);
    void groupListening(NodeRun &node, const protocol::Event &event);
    void groupProgress(const NodeRun &node, const protocol::Event &event);
    void rankFinished(NodeRun &node, const domain::StepKey &key, const Order &order, const protocol::StepFinished &step);
    void watchGroups();
    void abortGroup(GroupRun &group);
    void groupOver(const GroupRun &group);
    void leaveGroups(const domain::NodeId &node);
    void lookAgain(int step, const domain::NodeId &node);
    void offerSecondLooks();
    std::optional<domain::NodeId> partnerFor(const SecondLook &look) const;

    Worlds m_worlds;
    const analysis::Criteria m_criteria;
    const std::shared_ptr<Inbox> m_inbox;
    LiveRun m_live;
    const domain::RunInfo m_info;
    const double m_leaseSeconds;
    Connector m_connector;
    Schedule m_schedule;
    Pace m_pace;
    RampTerms m_ramp;
    Patience m_patience;
    std::optional<Clock::time_point> m_rampSince; ///< when the load of this step of the ramp began
    bool m_loadSeen = false;                      ///< a step that loads has begun
    bool m_rampTold = false;
    std::set<domain::NodeId> m_rampLosses;        ///< loaded nodes that were lost since
    bool m_rampHeld = false;                      ///< said
    std::map<domain::NodeId, NodeRun> m_nodes;
    std::vector<PairRun> m_pairs;
    std::map<std::tuple<int, domain::NodeId, domain::NodeId>, Tries> m_pairTries;
    std::map<std::pair<int, int>, GroupRun> m_groups;      ///< by step and number
    std::map<std::pair<int, int>, Tries> m_groupTries;
    std::map<int, std::map<domain::NodeId, int>> m_groupResults; ///< who has one, by step, and how often it helped others to theirs
    std::vector<SecondLook> m_secondLooks;
    std::map<std::pair<int, domain::NodeId>, int> m_looksGiven;
    Mode m_mode = Mode::Measuring;
    std::string m_endReason;
    Clock::time_point m_modeDeadline = Clock::time_point::max();
    Clock::time_point m_nextPublish;
    Clock::time_point m_nextJudge;
    Clock::time_point m_nextRenew;
    bool m_dirty = true;
    int m_stepsDone = 0;
    std::shared_ptr<const domain::FleetVerdict> m_verdict;
    std::shared_ptr<const domain::RunData> m_judged;
    std::shared_ptr<const Snapshot> m_last;
    Clock::time_point m_began = Clock::now();
    std::optional<Pause> m_pause;
    Clock::time_point m_pausedAt;
    Clock::duration m_pausedBefore{}; ///< by pauses that are over
};

double wallNow();
/// 16 hexadecimal digits.
std::string randomToken();

} // namespace seatrial::campaign
