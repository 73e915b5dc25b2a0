// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/load_check.h"

#include "engine/checks/reporter.h"
#include "engine/measure/busy.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <exception>

namespace seatrial::engine {

namespace {

constexpr std::size_t mostNamed = 5;

std::string nameAll(const std::vector<BusyProcess> &busy)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(busy.size(), mostNamed); ++i)
        text += (i ? "; " : "") + describe(busy[i]);
    if (busy.size() > mostNamed)
        text += "; and " + std::to_string(busy.size() - mostNamed) + " more";
    return text;
}

} // namespace

CheckResult stoppedEarly()
{
    return CheckResult::error("it was told to stop before it was done");
}

CheckResult LoadCheck::run(const CheckContext &context) const
{
    // Libraries below may throw for want of memory or threads. Here is the doorway where that becomes a value.
    try {
        const auto report = lookForBusy(context.sysroot, 0.3, context.stop);
        const Reporter reporter(context, id());
        if (report.othersHidden)
            reporter.event(protocol::Severity::Warning, "busy.not_permitted", "node",
                           "Processes of others are hidden (/proc is mounted with hidepid): whether somebody computes here is not known.");
        if (!report.busy.empty() && !context.allowBusy)
            return CheckResult::notPermitted("the node is in use: " + nameAll(report.busy));
        if (!report.busy.empty())
            reporter.event(protocol::Severity::Warning, "busy.allowed", "node",
                           "Load beside other people's work, which a person allowed: " + nameAll(report.busy) + ".");
        return load(context);
    } catch (const std::exception &problem) {
        return CheckResult::error(std::string("the operating system refused what it needs: ") + printable(problem.what()));
    }
}

} // namespace seatrial::engine
