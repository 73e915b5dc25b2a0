// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/snapshot.h"

#include <algorithm>

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
    for (const auto &id : info.nodes) {
        NodeProgress progress;
        progress.node = id;
        progress.steps.assign(info.plan.steps.size(), StepState::Ahead);
        progress.phase = std::ranges::find(data.goodbyes, id) != data.goodbyes.end() ? NodePhase::Done : NodePhase::Waiting;
        for (const auto &result : data.results) {
            const auto step = std::ranges::find(info.plan.steps, result.key.step, &domain::PlanStep::id);
            const bool took = result.node == id || result.key.peer == id; // who served has measured too
            if (took && !result.key.serving && step != info.plan.steps.end())
                progress.steps[static_cast<std::size_t>(step - info.plan.steps.begin())] = stateOf(result.finished);
        }
        for (const auto &failure : data.failures) {
            if (failure.node == id && progress.phase != NodePhase::Done) {
                progress.failure = failure.failure;
                progress.phase = NodePhase::Failed;
            }
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
