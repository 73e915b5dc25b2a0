// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/case.h"

#include <algorithm>
#include <ctime>

namespace seatrial::analysis {

using domain::Finding;
using domain::Judgement;
using domain::NodeEvent;
using domain::Verdict;

namespace {

std::string parameterOf(const NodeEvent &event, const char *name)
{
    const auto found = event.event.parameters.find(name);
    return found == event.event.parameters.end() ? std::string() : found->second;
}

std::string utcText(double wallSeconds)
{
    const auto seconds = static_cast<std::time_t>(wallSeconds);
    std::tm parts{};
    char text[32] = "an unknown time";
    if (wallSeconds > 0 && ::gmtime_r(&seconds, &parts))
        std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return text;
}

/// "cpu, net with n04" from the wire names "cpu#1, net@n04#1".
std::string stepsText(const std::string &names)
{
    std::string text;
    for (std::size_t at = 0; at < names.size();) {
        const std::size_t end = std::min(names.find(", ", at), names.size());
        const auto key = domain::StepKey::fromText(names.substr(at, end - at));
        if (key)
            text += (text.empty() ? "" : ", ") + key->step.text() + (key->peer.empty() ? "" : " with " + key->peer.text());
        at = end + 2;
    }
    return text;
}

Finding findingOf(const NodeEvent &event, Verdict verdict)
{
    Finding finding;
    finding.verdict = verdict;
    finding.judgement = Judgement::State;
    finding.check = "reboot";
    finding.subject = "node";
    finding.limit = "—";
    finding.source = "boot ids of the node's records: a node that is well does not reboot while it is measured";
    finding.advice = "read the last kernel messages of the old boot (journalctl -k -b -1) and the BMC's event log for power, heat and machine checks; "
                     "if a person rebooted it, run again";
    finding.text = event.node.text();
    return finding;
}

Finding rebooted(const NodeEvent &event)
{
    const std::string before = parameterOf(event, "previous_boot"), since = parameterOf(event, "boot");
    const std::string inWork = stepsText(parameterOf(event, "in_work"));
    Finding finding = findingOf(event, Verdict::Failed);
    finding.text += " rebooted during the run" + (inWork.empty() ? "" : ", while " + inWork + " was in work") + ": boot id " + before + " before, " + since
        + " since " + utcText(event.wallSeconds);
    return finding;
}

Finding forgot(const NodeEvent &event)
{
    Finding finding = findingOf(event, Verdict::Unknown);
    finding.text += " lost its own records of the run before " + utcText(event.wallSeconds)
        + ": it rebooted without keeping its disk, or the folder was removed";
    finding.source = "the node's journal began anew";
    return finding;
}

} // namespace

void testLives(Case &aCase)
{
    for (const NodeEvent &event : aCase.run.events) {
        const auto node = aCase.nodes.find(event.node.text());
        if (!node)
            continue;
        if (event.event.code == "journal.gone")
            aCase.add(*node, forgot(event));
        if (event.event.code != "supervisor.restarted")
            continue;
        const std::string before = parameterOf(event, "previous_boot"), since = parameterOf(event, "boot");
        if (!before.empty() && !since.empty() && before != since)
            aCase.add(*node, rebooted(event));
    }
}

} // namespace seatrial::analysis
