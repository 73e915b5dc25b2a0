// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/stored_log.h"

#include "core/analysis/group_attempts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace seatrial::gui {

namespace {

// What nodes agree on, how far ranks are, and facts that stand among the parts: of no interest to a person who reads what happened.
bool isQuiet(const protocol::Event& event)
{
    return event.severity == protocol::Severity::Info && (event.code.starts_with("net.") || event.code.starts_with("group.") || event.code == "versions");
}

struct Placed {
    double at = 0; // where it stands in the log; the line keeps the time that was said
    campaign::LogLine line;
};

// Where the events of one node stand, in their sequence. Its clock may be wrong or have been set meanwhile: what was said
// outside of the run moves to its edge, and times that run backwards take the place of the event before them. The longest
// row of times that does not run backwards is believed.
std::vector<double> placesOf(const std::vector<double>& times, double from, double to)
{
    std::vector<std::size_t> ends; // of the best row of each length
    std::vector<std::size_t> before(times.size(), times.size());
    std::vector<double> places;
    for (const double time : times)
        places.push_back(std::isfinite(time) ? std::clamp(time, from, to) : from);
    for (std::size_t i = 0; i < places.size(); ++i) {
        const auto end = std::ranges::upper_bound(ends, places[i], {}, [&](std::size_t other) { return places[other]; });
        if (end != ends.begin())
            before[i] = *std::prev(end);
        if (end == ends.end())
            ends.push_back(i);
        else
            *end = i;
    }
    std::vector<bool> believed(places.size(), false);
    for (std::size_t i = ends.empty() ? places.size() : ends.back(); i < places.size(); i = before[i])
        believed[i] = true;
    double last = from;
    for (std::size_t i = 0; i < places.size(); ++i)
        last = places[i] = believed[i] ? places[i] : last;
    return places;
}

// When a group was heard last: that is when it was ended.
double lastWordOf(const domain::RunData& run, const domain::StepKey& key)
{
    const std::string name = key.text();
    double last = 0;
    for (const auto& event : run.events) {
        if (event.event.step == name && std::isfinite(event.wallSeconds))
            last = std::max(last, event.wallSeconds);
    }
    return last;
}

} // namespace

std::vector<campaign::LogLine> storedLog(const domain::RunData& run)
{
    using protocol::Severity;
    const double begun = run.info.startedWall;
    const double over = std::max(begun, run.info.finishedWall > 0 ? run.info.finishedWall : std::numeric_limits<double>::max());
    std::vector<Placed> log;
    const auto add = [&log](double at, campaign::LogLine line) { log.push_back({at, std::move(line)}); };
    add(begun, {begun, Severity::Info, {}, "run " + run.info.id.text() + " begun by " + run.info.operatorName});
    if (!run.info.loadAllowedBy.empty())
        add(begun, {begun, Severity::Info, {}, "load on busy nodes allowed by " + run.info.loadAllowedBy});
    std::map<domain::NodeId, std::vector<const domain::NodeEvent*>> ofNodes;
    for (const auto& event : run.events) {
        if (event.sequence > 0)
            ofNodes[event.node].push_back(&event);
        else if (!isQuiet(event.event)) // the desktop's own word on a stream, at the desktop's time
            add(event.wallSeconds, {event.wallSeconds, event.event.severity, {event.node}, event.event.text});
    }
    for (auto& [node, events] : ofNodes) {
        std::ranges::stable_sort(events, {}, &domain::NodeEvent::sequence);
        std::vector<double> times;
        for (const auto* event : events)
            times.push_back(event->wallSeconds);
        const auto places = placesOf(times, begun, over);
        for (std::size_t i = 0; i < events.size(); ++i) {
            if (const auto& event = events[i]->event; !isQuiet(event))
                add(places[i], {events[i]->wallSeconds, event.severity, {node}, event.text});
        }
    }
    for (const auto& attempt : analysis::groupAttempts(run)) {
        if (attempt.why.empty())
            continue;
        const double at = std::clamp(lastWordOf(run, attempt.key), begun, over);
        add(at, {at, Severity::Warning, attempt.late ? std::vector{attempt.late->node} : std::vector<domain::NodeId>(), attempt.key.step.text() + ": " + attempt.why});
    }
    for (const auto& failure : run.failures)
        add(failure.wallSeconds, {failure.wallSeconds, Severity::Error, {failure.node}, domain::sentence(failure.failure)});
    if (run.info.finishedWall > 0)
        add(over, {run.info.finishedWall, Severity::Info, {}, "run " + run.info.id.text() + " " + domain::runStateText(run.info.state)});
    std::ranges::stable_sort(log, {}, &Placed::at);
    std::vector<campaign::LogLine> lines;
    lines.reserve(log.size());
    for (auto& placed : log)
        lines.push_back(std::move(placed.line));
    return lines;
}

} // namespace seatrial::gui
