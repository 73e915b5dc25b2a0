// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"
#include "core/domain/growing_list.h"
#include "core/domain/inventory.h"
#include "core/domain/plan.h"
#include "core/protocol/record.h"

#include <optional>
#include <string>
#include <vector>

namespace seatrial::domain {

/// A measurement with its node and its place in the plan.
struct Observation {
    NodeId node;
    StepKey key;
    protocol::Measurement measurement;
    std::uint64_t sequence = 0;
    double wallSeconds = 0;
    bool simulated = false;
};

/// How one step ended on one node.
struct StepResult {
    NodeId node;
    StepKey key;
    protocol::StepFinished finished;
};

struct NodeEvent {
    NodeId node;
    protocol::Event event;
    std::uint64_t sequence = 0;
    double wallSeconds = 0;
};

struct NodePart {
    NodeId node;
    protocol::Part part;
};

/// A node that could not be reached, deployed to or followed to the end.
struct NodeFailure {
    NodeId node;
    Failure failure;
    double wallSeconds = 0; ///< of the desktop
};

enum class RunState { Running, Finished, Cancelled, Interrupted };

std::string runStateText(RunState state); ///< "interrupted"

/// What is known about a run before and beside its measurements.
struct RunInfo {
    RunId id;
    std::string token;    ///< name of the run on the nodes, unique over all desktops
    Plan plan;
    Fleet fleet;          ///< as it was when the run began
    std::vector<NodeId> nodes; ///< chosen
    std::string operatorName;
    std::string loadAllowedBy; ///< who allowed load on busy nodes; empty if nobody did
    double startedWall = 0;
    double finishedWall = 0;   ///< 0 while it runs
    RunState state = RunState::Running;
};

/// Everything that judgement and views need of a run. Immutable once published.
struct RunData {
    RunInfo info;
    GrowingList<Observation> observations; ///< most of what a run takes in memory
    std::vector<StepResult> results;
    std::vector<NodeEvent> events;
    std::vector<NodePart> parts;
    std::vector<NodeFailure> failures;
    std::vector<NodeId> goodbyes; ///< nodes that finished: their journal ended with such a goodbye
};

/// The failures that still count: those of nodes that finished after all (a run was continued) are history. But the
/// goodbye of one that was not believed is not believed either.
std::vector<NodeFailure> standingFailures(const RunData &run);

} // namespace seatrial::domain
