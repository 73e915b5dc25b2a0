// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/load_check.h"

#include "engine/checks/reporter.h"
#include "engine/device/machine.h"
#include "engine/measure/busy.h"
#include "engine/measure/clock.h"
#include "engine/measure/load_lock.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <cmath>
#include <exception>

namespace seatrial::engine {

namespace {

constexpr std::size_t mostNamed = 5;
constexpr double longestWaitSeconds = 60; ///< for another run's step, and never more than half the deadline

std::string nameAll(const std::vector<BusyProcess> &busy)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(busy.size(), mostNamed); ++i)
        text += (i ? "; " : "") + describe(busy[i]);
    if (busy.size() > mostNamed)
        text += "; and " + std::to_string(busy.size() - mostNamed) + " more";
    return text;
}

/// Waits until no other run of ours loads the node. What is left of the deadline is what the check may plan with.
/// Returns who still does after that.
std::string waitForTurn(CheckContext &context, const Reporter &reporter)
{
    if (context.run.empty())
        return {}; // not in a run: there is nobody to take turns with
    const auto patience = std::min(context.deadlineSeconds / 2, longestWaitSeconds);
    const auto turn = takeLoadLock(context.loadLock, context.run, patience, context.stop);
    context.deadlineSeconds -= turn.waitedSeconds;
    const auto waited = numberText(std::round(turn.waitedSeconds * 10) / 10);
    if (!turn.problem.empty())
        reporter.event(protocol::Severity::Warning, "load.unlocked", "node",
                       "The lock of this node cannot be had (" + turn.problem + "): whether another run measures here is not known.");
    if (turn.ours && turn.waitedSeconds > 0)
        reporter.event(protocol::Severity::Info, "load.waited", "node",
                       "Waited " + waited + " s until another Seatrial run had measured.", {{"seconds", waited}});
    return turn.holder.empty() ? turn.holder : turn.holder + ", and still did after " + waited + " s";
}

} // namespace

CheckResult stoppedEarly()
{
    return CheckResult::error("it was told to stop before it was done");
}

CheckResult LoadCheck::run(const CheckContext &given) const
{
    const bool simulated = given.machine && given.machine->simulated();
    if (simulated && !loadsDevices())
        return CheckResult::notPresent("the node is simulated; what runs it is not what it stands for");
    // Libraries below may throw for want of memory or threads. Here is the doorway where that becomes a value.
    try {
        if (simulated)
            return load(given);
        CheckContext context = given;
        const Reporter reporter(context, id());
        auto inTheWay = waitForTurn(context, reporter);
        if (stopRequested(context.stop))
            return stoppedEarly();
        const auto report = lookForBusy(context.sysroot, 0.3, context.stop);
        if (report.othersHidden)
            reporter.event(protocol::Severity::Warning, "busy.not_permitted", "node",
                           "Processes of others are hidden (/proc is mounted with hidepid): whether somebody computes here is not known.");
        if (!report.busy.empty())
            inTheWay += (inTheWay.empty() ? "" : "; ") + nameAll(report.busy);
        if (inTheWay.empty() || context.allowBusy) { // whoever is refused must not stand against others
            const auto sinceThen = announceLoad(context.sysroot);
            if (inTheWay.empty())
                inTheWay = nameAll(sinceThen);
        }
        if (!inTheWay.empty() && !context.allowBusy)
            return CheckResult::notPermitted("the node is in use: " + inTheWay);
        if (!inTheWay.empty())
            reporter.event(protocol::Severity::Warning, "busy.allowed", "node",
                           "Load beside other people's work, which a person allowed: " + inTheWay + ".");
        return load(context);
    } catch (const std::exception &problem) {
        return CheckResult::error(std::string("the operating system refused what it needs: ") + printable(problem.what()));
    }
}

} // namespace seatrial::engine
