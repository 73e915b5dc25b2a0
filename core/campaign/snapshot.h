// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/run_data.h"
#include "core/domain/verdict.h"
#include "core/protocol/record.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace seatrial::campaign {

/// Where a node stands on its way through a run.
enum class NodePhase {
    Waiting,      ///< its turn to be connected has not come
    Connecting,   ///< connect, probe, deploy, attach
    Attached,     ///< nothing to do now: it waits for a shared resource or for a partner
    Working,
    Reconnecting, ///< the connection was lost, the node goes on under its lease
    Done,         ///< its journal ended with goodbye
    Failed,       ///< given up; the failure says why
};

/// State of one step of the plan on one node, for a track of cells.
enum class StepState { Ahead, InWork, Done, Missed, Waived };

struct NodeProgress {
    domain::NodeId node;
    NodePhase phase = NodePhase::Waiting;
    std::string doing;              ///< "Memory bandwidth, 3 of 6"; "waits for lab-host"
    std::vector<StepState> steps;   ///< one per step of the plan
    std::optional<domain::Failure> failure;
    double sinceWall = 0;           ///< when it entered this phase or step
    bool stuck = false;             ///< a step has used 60 % of its deadline beyond what was expected
};

/// Time left, and what that figure rests on.
struct TimeLeft {
    double seconds = 0;
    int stepsFinished = 0; ///< measured durations used; 0: from the plan's own figures
};

/// A run that orders nothing further for now: what is in work ends, connections stay and leases are renewed.
struct Pause {
    double sinceWall = 0;
    std::string by;
    bool operator==(const Pause &) const = default;
};

/// Load that comes onto the nodes in steps, from its first step until all may be loaded.
struct RampProgress {
    double share = 0;     ///< of the nodes that may be loaded by now
    double nextWall = 0;  ///< when it is extended; 0: not by time alone
    bool held = false;    ///< too many loaded nodes were lost: it waits until they are back or given up
    bool stopped = false; ///< too many died: no further node is loaded
    bool operator==(const RampProgress &) const = default;
};

/// How a running or stored run looks at one moment. Immutable; views never lock and never see half of one.
struct Snapshot {
    std::shared_ptr<const domain::RunData> data;
    std::shared_ptr<const domain::FleetVerdict> verdict; ///< of @c data; provisional while nodes work
    std::vector<NodeProgress> nodes;                     ///< in the order of info.nodes
    double elapsedSeconds = 0;                           ///< pauses do not count
    std::optional<Pause> pause;
    std::optional<RampProgress> ramp;
    std::optional<TimeLeft> left;
    int stepsDone = 0;    ///< over all nodes and pairs
    int stepsPlanned = 0;
    bool finished = false;
    bool live = false;    ///< of a run in work, not from the store
};

/// A line of the event log.
struct LogLine {
    double wallSeconds = 0;
    protocol::Severity severity = protocol::Severity::Info;
    std::vector<domain::NodeId> nodes;
    std::string text;
};

/// Who watches a run. Called from the campaign's thread: hand on and return.
class Observer
{
public:
    virtual ~Observer() = default;
    virtual void published(std::shared_ptr<const Snapshot> snapshot) = 0;
    virtual void said(const LogLine &line) = 0;
};

/// The snapshot of a run that is not in work, as the store has it.
std::shared_ptr<const Snapshot> storedSnapshot(domain::RunData data, domain::FleetVerdict verdict);

} // namespace seatrial::campaign
