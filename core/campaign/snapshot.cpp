// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/snapshot.h"

#include <algorithm>
#include <map>
#include <set>

namespace seatrial::campaign {

namespace {

StepState stateOf(const protocol::StepFinished &finished)
{
    switch (finished.status) {
    case protocol::StepStatus::Completed: return StepState::Done;
    case protocol::StepStatus::Waived: return StepState::Waived;
    default: return StepState::Missed;
    }
}

} // namespace

std::shared_ptr<const Snapshot> storedSnapshot(domain::RunData data, domain::FleetVerdict verdict)
{
    auto snapshot = std::make_shared<Snapshot>();
    const auto &info = data.info;
    std::map<domain::NodeId, std::vector<StepState>> steps;
    const auto took = [&](const domain::NodeId &node, std::size_t step, StepState state) {
        if (node.empty())
            return;
        auto &states = steps[node];
        states.resize(info.plan.steps.size(), StepState::Ahead);
        states[step] = state;
    };
    for (const auto &result : data.results) {
        const auto step = std::ranges::find(info.plan.steps, result.key.step, &domain::PlanStep::id);
        if (result.key.serving || step == info.plan.steps.end())
            continue;
        const auto place = static_cast<std::size_t>(step - info.plan.steps.begin());
        // Who has a result of its group and helps another one to its own has it still.
        const auto known = result.key.group > 0 ? steps.find(result.node) : steps.end();
        if (known != steps.end() && known->second[place] == StepState::Done)
            continue;
        took(result.node, place, stateOf(result.finished));
        took(result.key.peer, place, stateOf(result.finished)); // who served has measured too
    }
    std::map<domain::NodeId, domain::Failure> failures;
    for (const auto &failure : domain::standingFailures(data))
        failures[failure.node] = failure.failure;
    const std::set<domain::NodeId> finished(data.goodbyes.begin(), data.goodbyes.end());
    for (const auto &id : info.nodes) {
        NodeProgress progress;
        progress.node = id;
        progress.steps.assign(info.plan.steps.size(), StepState::Ahead);
        if (const auto states = steps.find(id); states != steps.end())
            progress.steps = states->second;
        progress.phase = finished.contains(id) ? NodePhase::Done : NodePhase::Waiting;
        if (const auto failure = failures.find(id); failure != failures.end()) {
            progress.failure = failure->second;
            progress.phase = NodePhase::Failed;
        }
        progress.doing = progress.phase == NodePhase::Done ? "done" : progress.failure ? domain::stageText(progress.failure->stage) : "not finished";
        snapshot->stepsPlanned += static_cast<int>(progress.steps.size());
        snapshot->stepsDone += static_cast<int>(std::ranges::count_if(progress.steps, [](StepState state) { return state != StepState::Ahead; }));
        snapshot->nodes.push_back(std::move(progress));
    }
    snapshot->elapsedSeconds = info.finishedWall > 0 ? info.finishedWall - info.startedWall : 0;
    snapshot->finished = info.state != domain::RunState::Running;
    snapshot->data = std::make_shared<const domain::RunData>(std::move(data));
    snapshot->verdict = std::make_shared<const domain::FleetVerdict>(std::move(verdict));
    return snapshot;
}

} // namespace seatrial::campaign
