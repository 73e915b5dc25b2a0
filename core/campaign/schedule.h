// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/ramp.h"
#include "core/domain/inventory.h"
#include "core/domain/plan.h"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace seatrial::campaign {

/// One thing to be measured: a step on a node, between two, or by a group.
struct Task {
    int step = 0;          ///< index into the plan
    domain::NodeId node;   ///< the measuring node; of a group its first
    domain::NodeId peer;   ///< pairs only: the serving node
    int attempt = 1;
    bool retest = false;   ///< has a result already
    int group = 0;         ///< groups only: which of the step, from 1 on
    std::vector<domain::NodeId> members{}; ///< groups only: all of them, in the order of their ranks
    bool operator==(const Task &) const = default;

    /// Whether several nodes do it together.
    bool isJoint() const { return !peer.empty() || group > 0; }
    /// Everybody who takes part, without doubles.
    std::vector<domain::NodeId> nodes() const;
    bool involves(const domain::NodeId &id) const;
};

/// A node that left may still be loading what it shares with others.
struct Afterload {
    std::chrono::steady_clock::time_point until;
    std::string why; ///< "cannot be reached"
};

/// Rounds of disjoint pairs by the circle method: every node meets @p partners others (all of them if fewer are
/// there). Each inner vector is one round.
std::vector<std::vector<std::pair<domain::NodeId, domain::NodeId>>> pairRounds(std::vector<domain::NodeId> nodes, int partners);

/// Groups of at most @p size (0: all in one) of consecutive nodes, as even as they can be. They are disjoint; only where
/// one node would be left alone, of an odd number in groups of two, does the one before it take part twice.
std::vector<std::vector<domain::NodeId>> groupsOf(const std::vector<domain::NodeId> &nodes, int size);

/// What is left of a task without one of its nodes; of a pair nothing is, and a group of one measures nothing either.
Task without(Task group, const domain::NodeId &member);
/// The part of one node in a group.
Task alone(Task group, const domain::NodeId &member);

/// Decides what may be measured when. Knows nothing of connections: it is told which nodes take part, what was
/// started and what ended, and answers with the tasks that may start now.
///
/// A node does its steps in the order of the plan, whatever number their attempts have: what was taken back or
/// abandoned goes back to its place. Only retests, of what has a result, know no order. Exclusive tasks never run together on one node or on nodes that
/// share a resource, also not with one that a node which left may still be loading. A step of pairs or groups begins when every node that takes part has come to it; from then on a pair starts as
/// soon as both are free, in the order of the rounds but without a barrier between them, and a group as soon as all of its
/// members are. Groups are made of neighbours in the fleet's order, so that racks stay together.
class Schedule
{
public:
    Schedule(const domain::Plan &plan, const domain::Fleet &fleet, const std::vector<domain::NodeId> &nodes);

    /// Load comes onto the nodes in steps; without this call at once.
    void setRamp(const RampTerms &terms, const domain::Fleet &fleet);
    Ramp &ramp() { return m_ramp; }
    const Ramp &ramp() const { return m_ramp; }
    /// Everybody comes under load in steps again, except where load runs.
    void restartRamp();
    /// Exclusive tasks of nodes that were never loaded are dropped: they will have no result. How many nodes those are.
    int stopRamp();

    /// The node can be given work. One that comes after the pairs were drawn is given partners of its own; after the
    /// groups, one of two with a neighbour.
    void join(const domain::NodeId &node);
    /// Pairs and groups are drawn without waiting for this node; it may still join later.
    void dontWaitFor(const domain::NodeId &node);
    /// The node is given up for good; what is open or running with it is dropped, but groups go on without it: open ones of
    /// at least two, running ones until they are finished(). With @p afterload nobody else may load what it shares until then.
    void leave(const domain::NodeId &node, std::optional<Afterload> afterload = std::nullopt);
    /// Frees what nodes that left cannot be loading any more.
    void freeWhatIsOver(std::chrono::steady_clock::time_point now);
    /// The task has a result already, from an earlier life of the run or without having been ordered. Whether it was
    /// still open.
    bool markDone(const Task &task);
    /// So many groups of a step have been in an earlier life of the run: their numbers are not given again.
    void noteGroup(int step, int number);
    /// The open task of a node was abandoned before it was ordered from here: its next attempt is @p attempt.
    void markAbandoned(const Task &task, int attempt);

    /// Tasks that may start now, taken out of what is open and marked as running. Consecutive node tasks of a node
    /// come together, so that it can go on alone.
    std::vector<Task> startable();
    void finished(const Task &task);
    /// Ended without a result, @p attempt is its next one: it goes back to its place in the order.
    void putBack(Task task, int attempt);
    /// Measures again what has a result: @p task has a new attempt number.
    void retest(Task task);
    /// One member of a running group has not ended and is not waited for: it goes on as a task of its own, alone(), which
    /// holds what it holds until it is finished(). Returns the others, which are running still.
    Task takeOut(const Task &group, const domain::NodeId &member);
    /// The running @p group ended without a result: these members are measured again, by the same number.
    void measureAgain(const Task &group, std::vector<domain::NodeId> members);
    /// A further group of a step that was drawn. Its members do it before what follows in the plan.
    void addGroup(int step, std::vector<domain::NodeId> members);
    /// Open groups with this member.
    std::vector<Task> openGroupsOf(const domain::NodeId &node) const;
    /// Whether a group of this step is open or running, or none was drawn yet.
    bool expectsGroups(int step) const;

    bool allDone() const;
    const std::vector<Task> &runningTasks() const { return m_running; }
    /// Everything that is not running yet and not waiting for pairs or groups to be drawn.
    std::vector<Task> open() const;
    /// The resource that keeps @p node waiting, and who holds it; empty if nothing does.
    std::string waitsFor(const domain::NodeId &node, std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now()) const;
    /// The first step whose pairs or groups are not drawn yet; the number of steps if there is none.
    int undrawnStep() const;

private:
    struct NodeState {
        std::vector<std::string> resources;
        std::vector<Task> open;      ///< node tasks without a result, by step
        std::multiset<int> owed;     ///< steps of open tasks with others, without a result
        int running = 0;
        bool joined = false;
        bool expected = true;
    };

    bool free(const domain::NodeId &node) const;
    int firstOpenStep(const NodeState &state) const;
    bool inOrder(const Task &task, const domain::NodeId &node) const;
    bool resourceBusy(const Task &task) const;
    bool neverLoads(const Task &task) const;
    bool mayLoad(const Task &task);
    void start(const Task &task, std::vector<Task> &started);
    void hold(const Task &task, int change);
    void hold(int step, const domain::NodeId &node, int change);

    // schedule_joint.cpp: what several nodes do together
    void owe(const Task &task);
    void forget(const Task &task);
    void joinLate(int step, const domain::NodeId &node);
    void leaveJoint(const domain::NodeId &node);
    void dropNeverLoading();
    void addPair(int step, const domain::NodeId &a, const domain::NodeId &b);
    bool met(int step, const domain::NodeId &a, const domain::NodeId &b) const;
    void draw();
    void drawGroups(int step, const std::vector<domain::NodeId> &present);

    const domain::Plan m_plan;
    Ramp m_ramp;
    std::map<domain::NodeId, NodeState> m_nodes;
    std::vector<domain::NodeId> m_order;
    std::vector<domain::NodeId> m_fleetOrder; ///< the same, as they stand in the fleet
    std::vector<Task> m_joint;   ///< open pairs in the order of the rounds, open groups
    std::vector<Task> m_retests;
    std::vector<Task> m_running;
    std::vector<Task> m_donePairs;
    std::map<std::string, std::map<domain::NodeId, int>> m_holders; ///< resource -> nodes with exclusive work
    std::map<domain::NodeId, Afterload> m_afterloads; ///< of nodes that left; each is among the holders
    std::set<std::pair<int, domain::NodeId>> m_grouped; ///< who has a result of a step of groups, from an earlier life
    std::map<int, int> m_lastGroup; ///< the last number given, by step
    std::set<int> m_drawn;       ///< steps whose pairs or groups exist
};

} // namespace seatrial::campaign
