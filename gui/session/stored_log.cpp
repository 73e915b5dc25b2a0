// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/stored_log.h"

#include <algorithm>

namespace seatrial::gui {

std::vector<campaign::LogLine> storedLog(const domain::RunData& run)
{
    using protocol::Severity;
    std::vector<campaign::LogLine> log;
    log.push_back({run.info.startedWall, Severity::Info, {}, "run " + run.info.id.text() + " begun by " + run.info.operatorName});
    if (!run.info.loadAllowedBy.empty())
        log.push_back({run.info.startedWall, Severity::Info, {}, "load on busy nodes allowed by " + run.info.loadAllowedBy});
    for (const auto& [node, event, sequence, wall] : run.events) {
        // What two nodes agree on, and facts that stand among the parts: of no interest to a person who reads what happened.
        const bool quiet = event.severity == Severity::Info && (event.code.starts_with("net.") || event.code == "versions");
        if (!quiet)
            log.push_back({wall, event.severity, {node}, event.text});
    }
    for (const auto& failure : run.failures)
        log.push_back({failure.wallSeconds, Severity::Error, {failure.node}, domain::sentence(failure.failure)});
    if (run.info.finishedWall > 0)
        log.push_back({run.info.finishedWall, Severity::Info, {}, "run " + run.info.id.text() + " " + domain::runStateText(run.info.state)});
    std::ranges::stable_sort(log, {}, &campaign::LogLine::wallSeconds);
    return log;
}

} // namespace seatrial::gui
