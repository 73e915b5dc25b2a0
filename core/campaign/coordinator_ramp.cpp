// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/coordinator.h"

#include <algorithm>
#include <fmt/format.h>

namespace seatrial::campaign {

using domain::StepKey;
using protocol::Severity;

void Coordinator::setRamp(const RampTerms &terms)
{
    m_ramp = terms;
    m_schedule.setRamp(terms, m_info.fleet);
}

/// The first step of the ramp lasts from the moment when a step that loads has really begun; or at once, where nobody is
/// to begin one now, because else nobody ever would.
bool Coordinator::mayBeginRamp() const
{
    const auto loads = [&](const Task &task) { return m_info.plan.steps[task.step].exclusive; };
    const auto inWork = [&](const auto &entry) {
        const auto key = StepKey::fromText(entry.second.stepInWork);
        const int index = key ? stepIndex(key->step) : -1;
        return index >= 0 && m_info.plan.steps[index].exclusive;
    };
    return m_loadSeen || std::ranges::none_of(m_schedule.runningTasks(), loads) || std::ranges::any_of(m_nodes, inWork);
}

/// The next step of the ramp, when the load of this one has lasted its pause and not too many nodes were lost under it.
void Coordinator::lookAtRamp()
{
    auto &ramp = m_schedule.ramp();
    if (m_mode != Mode::Measuring)
        return;
    if (m_pause || !settled()) { // no load, no time
        m_rampSince.reset();
        m_loadSeen = false;
        return;
    }
    if (ramp.over() || ramp.admittedCount() == 0)
        return;
    const auto now = Clock::now();
    if (!m_rampSince) {
        if (!mayBeginRamp())
            return;
        m_rampSince = now;
        m_dirty = true;
        if (!std::exchange(m_rampTold, true)) {
            m_rampLosses.clear(); // what was lost before there was load says nothing of it
            say(Severity::Info, {}, fmt::format("load comes onto the nodes in steps, {:.3g} % of them first", 100 * ramp.share()));
        }
    }
    if (now - *m_rampSince < std::chrono::duration<double>(m_ramp.pauseSeconds))
        return;
    std::vector<domain::NodeId> gone;
    bool mayReturn = false;
    for (const auto &id : m_rampLosses) {
        const auto phase = m_nodes.at(id).phase;
        if (!ramp.admitted(id) || (phase != NodePhase::Reconnecting && phase != NodePhase::Failed))
            continue;
        gone.push_back(id);
        mayReturn |= phase == NodePhase::Reconnecting;
    }
    if (gone.size() < tooManyLosses(ramp.admittedCount())) {
        m_dirty = true;
        ramp.advance();
        m_rampSince = now;
        m_rampLosses.clear();
        m_rampHeld = false;
        say(Severity::Info, {}, fmt::format("load is extended to {:.3g} % of the nodes", 100 * ramp.share()));
        return;
    }
    if (mayReturn) { // each comes back or is given up: then it is looked at again
        m_dirty |= !m_rampHeld;
        if (!std::exchange(m_rampHeld, true))
            say(Severity::Warning, gone, fmt::format("{} of {} loaded nodes were lost: load is not extended before they are back", gone.size(), ramp.admittedCount()));
        return;
    }
    const int left = m_schedule.stopRamp();
    m_dirty = true;
    say(Severity::Error, gone, fmt::format("{} of {} loaded nodes died: load is not extended to {} further node{}, which stay unmeasured. Look at power and "
                                           "cooling before you begin a new run.", gone.size(), ramp.admittedCount(), left, left == 1 ? "" : "s"));
}

/// How far load was extended, while that says something: not before it began, and not once all may be loaded. One that
/// was stopped stays so to the end.
std::optional<RampProgress> Coordinator::rampNow() const
{
    const auto &ramp = m_schedule.ramp();
    if (ramp.stopped())
        return RampProgress{ramp.share(), 0, false, true};
    if (m_mode != Mode::Measuring || !m_rampTold || ramp.over())
        return std::nullopt;
    RampProgress progress{ramp.share(), 0, m_rampHeld, false};
    if (m_rampSince && !m_rampHeld)
        progress.nextWall = wallNow() + m_ramp.pauseSeconds - std::chrono::duration<double>(Clock::now() - *m_rampSince).count();
    return progress;
}

} // namespace seatrial::campaign
