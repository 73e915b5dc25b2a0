// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/fleet_from_run.h"
#include "gui/models/run_states.h"

#include <QStringList>

#include <memory>
#include <vector>

namespace seatrial::gui {

// Nodes of one rack that are at the same point of a run share a row.
struct NodesRow {
    QStringList nodes;
    QString hosts; // folded: "r07-n[01-04,06]"
    QString rack;
    State state = State::NotTested;
    StepTrack track;
    QString now;
    double since = 0; // wall seconds at which the longest waiting of them came to this point; 0: not in work
    bool beginsRack = false;
    bool operator==(const NodesRow&) const = default;
};

// A step of the plan over all nodes.
struct StepRow {
    QString title;
    int done = 0;
    int inWork = 0;
    int total = 0;
    State worst = State::Qualified; // of those that have a result
    bool operator==(const StepRow&) const = default;
};

// Everything the pages show of a run at one moment, made from its snapshot on a worker thread: the window only takes it.
struct RunViews {
    std::shared_ptr<const campaign::Snapshot> snapshot;
    FleetSnapshot fleet;
    std::vector<ShownFigure> figures;
    ShownFigure figure;
    std::vector<NodesRow> folded;
    std::vector<NodesRow> single;
    std::vector<StepRow> steps;
    StateCounts counts; // of the nodes of the run
    int notInPlan = 0;  // nodes of the fleet that the run leaves out
};

// How the nodes of a run to come stand: all ahead.
std::vector<NodesRow> plannedRows(const domain::Fleet& fleet, const domain::Plan& plan, const std::vector<domain::NodeId>& nodes);

// An empty @p figure means the usual one.
std::shared_ptr<const RunViews> makeRunViews(std::shared_ptr<const campaign::Snapshot> snapshot, ShownFigure figure);

} // namespace seatrial::gui
