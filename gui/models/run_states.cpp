// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/run_states.h"

#include "gui/models/words.h"

namespace seatrial::gui {

using campaign::NodePhase;
using campaign::StepState;

State stateOf(domain::Verdict verdict)
{
    switch (verdict) {
    case domain::Verdict::Qualified: return State::Qualified;
    case domain::Verdict::Marginal: return State::Marginal;
    case domain::Verdict::Unknown: return State::Unknown;
    case domain::Verdict::Failed: return State::Failed;
    }
    return State::Unknown;
}

namespace {

State stateOfFailure(const domain::Failure& failure, const domain::NodeVerdict* verdict)
{
    if (failure.kind == domain::FailureKind::Changed)
        return State::Unknown; // somebody answers there, but nobody knows who
    const bool early = failure.stage == domain::Stage::Resolve || failure.stage == domain::Stage::Connect;
    if (early || (verdict && !verdict->reached))
        return State::Unreachable;
    return verdict ? stateOf(verdict->verdict) : State::Unknown;
}

} // namespace

State stateOf(const campaign::Snapshot& run, const campaign::NodeProgress& progress, const domain::NodeVerdict* verdict)
{
    if (progress.phase == NodePhase::Failed && progress.failure)
        return stateOfFailure(*progress.failure, verdict);
    if (run.live && !run.finished && progress.phase != NodePhase::Done) {
        if (progress.stuck)
            return State::Stuck;
        return progress.phase == NodePhase::Waiting ? State::NotTested : State::Running;
    }
    return verdict ? stateOf(verdict->verdict) : State::Unknown;
}

StepTrack trackOf(const campaign::Snapshot& run, const campaign::NodeProgress& progress, const domain::NodeVerdict* verdict, State node)
{
    const domain::Plan& plan = run.data->info.plan;
    const bool provisional = run.live && !run.finished;
    StepTrack track(plan.steps.size());
    if (node == State::Unreachable) {
        track.assign(plan.steps.size(), State::Unreachable);
        return track;
    }
    for (std::size_t i = 0; i < track.size() && i < progress.steps.size(); ++i) {
        switch (progress.steps[i]) {
        case StepState::Ahead: break;
        case StepState::InWork: track[i] = node == State::Stuck ? State::Stuck : State::Running; break;
        case StepState::Done: track[i] = State::Qualified; break;
        case StepState::Missed: track[i] = State::Unknown; break;
        case StepState::Waived: track[i] = State::NotTested; break;
        }
    }
    if (!verdict)
        return track;
    // A finding knows its check; where a plan asks a check twice it belongs to the last time, which saw all of it.
    for (const auto& reason : verdict->reasons) {
        if (provisional && reason.judgement == domain::Judgement::Coverage)
            continue;
        for (std::size_t i = plan.steps.size(); i-- > 0;) {
            if (plan.steps[i].check.text() != reason.check)
                continue;
            const bool ended = track[i] && *track[i] != State::Running && *track[i] != State::Stuck;
            if (ended)
                track[i] = worseOf(*track[i], stateOf(reason.verdict));
            break;
        }
    }
    return track;
}

QString nowText(const campaign::Snapshot& run, const campaign::NodeProgress& progress, State state)
{
    if (progress.phase == NodePhase::Failed && progress.failure) {
        const auto& failure = *progress.failure;
        if (failure.kind == domain::FailureKind::Changed)
            return QStringLiteral("key changed");
        if (failure.kind == domain::FailureKind::Timeout && state == State::Unreachable)
            return QStringLiteral("no answer");
        return shown(domain::stageText(failure.stage) + ": " + domain::kindText(failure.kind));
    }
    if (run.live && !run.finished && progress.phase != NodePhase::Done)
        return progress.stuck ? QStringLiteral("stuck: ") + shown(progress.doing) : shown(progress.doing);
    if (progress.phase == NodePhase::Done)
        return wordOf(state).toLower();
    return shown(progress.doing);
}

NodeLookup::NodeLookup(const campaign::Snapshot& run)
{
    m_progress.reserve(run.nodes.size());
    for (const auto& node : run.nodes)
        m_progress.emplace(node.node.text(), &node);
    if (!run.verdict)
        return;
    m_verdicts.reserve(run.verdict->nodes.size());
    for (const auto& node : run.verdict->nodes)
        m_verdicts.emplace(node.node.text(), &node);
}

const campaign::NodeProgress* NodeLookup::progress(const domain::NodeId& node) const
{
    const auto found = m_progress.find(node.text());
    return found == m_progress.end() ? nullptr : found->second;
}

const domain::NodeVerdict* NodeLookup::verdict(const domain::NodeId& node) const
{
    const auto found = m_verdicts.find(node.text());
    return found == m_verdicts.end() ? nullptr : found->second;
}

} // namespace seatrial::gui
