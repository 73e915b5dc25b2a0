// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/campaign/coordinator.h"

#include <algorithm>
#include <fmt/format.h>

namespace seatrial::campaign {

using protocol::Severity;

void Coordinator::setRamp(const RampTerms &terms)
{
    m_ramp = terms;
    m_schedule.setRamp(terms, m_info.fleet);
}

/// The next step of the ramp, when the load of this one has lasted its pause and not too many nodes were lost under it.
void Coordinator::lookAtRamp()
{
    auto &ramp = m_schedule.ramp();
    if (m_mode != Mode::Measuring || ramp.over() || ramp.admittedCount() == 0)
        return;
    const auto now = Clock::now();
    if (!m_rampSince) {
        m_rampSince = now;
        m_rampLosses.clear(); // what was lost before there was load says nothing of it
        say(Severity::Info, {}, fmt::format("load comes onto the nodes in steps, {:.3g} % of them first", 100 * ramp.share()));
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
        ramp.advance();
        m_rampSince = now;
        m_rampLosses.clear();
        m_rampHeld = false;
        say(Severity::Info, {}, fmt::format("load is extended to {:.3g} % of the nodes", 100 * ramp.share()));
        return;
    }
    if (mayReturn) { // each comes back or is given up: then it is looked at again
        if (!std::exchange(m_rampHeld, true))
            say(Severity::Warning, gone, fmt::format("{} of {} loaded nodes were lost: load is not extended before they are back", gone.size(), ramp.admittedCount()));
        return;
    }
    const int left = m_schedule.stopRamp();
    say(Severity::Error, gone, fmt::format("{} of {} loaded nodes died: load is not extended to {} further node{}, which stay unmeasured. Look at power and "
                                           "cooling before you begin a new run.", gone.size(), ramp.admittedCount(), left, left == 1 ? "" : "s"));
}

} // namespace seatrial::campaign
