// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/host_health.h"

#include "engine/checks/health/firmware.h"
#include "engine/checks/health/infiniband.h"
#include "engine/checks/health/kernel_log.h"
#include "engine/checks/health/memory_errors.h"
#include "engine/checks/health/memory_modules.h"
#include "engine/checks/health/nics.h"
#include "engine/checks/health/parts.h"
#include "engine/checks/health/pci_devices.h"
#include "engine/checks/health/pci_errors.h"
#include "engine/checks/health/system_state.h"
#include "engine/checks/options.h"
#include "engine/checks/reporter.h"
#include "engine/measure/text.h"

#include <exception>

namespace seatrial::engine {

namespace {

using protocol::Severity;
using protocol::Unit;

Severity severityOf(KernelTrouble trouble)
{
    switch (trouble) {
    case KernelTrouble::Aer:
    case KernelTrouble::OutOfMemory:
    case KernelTrouble::LinkDown:
        return Severity::Warning;
    default:
        return Severity::Error;
    }
}

void reportTrouble(const Reporter &reporter, const FoldedTrouble &trouble)
{
    protocol::Parameters parameters{{"count", std::to_string(trouble.count)},
                                    {"first_seconds", numberText(trouble.firstSeconds)},
                                    {"last_seconds", numberText(trouble.lastSeconds)}};
    if (!trouble.xid.empty())
        parameters["xid"] = trouble.xid;
    reporter.event(severityOf(trouble.trouble), std::string(codeOf(trouble.trouble)), trouble.subject, trouble.text, std::move(parameters));
}

void reportKernelLog(const Reporter &reporter, PrivilegedReads &reads, Waivers &waivers)
{
    const auto log = readKernelLog(reads);
    if (!log.refusal.empty()) {
        waivers.notPermitted("the kernel log", "kernel_log", log.refusal, "add the user to group systemd-journal or adm, or " + reads.remedy());
        return;
    }
    const auto troubles = foldTroubles(log.messages);
    // Counts are of what the kernel still keeps: on a talkative node that does not reach back to its start.
    protocol::Parameters parameters{{"source", log.source}, {"read_by", log.readBy}, {"messages", std::to_string(log.messages.size())}};
    if (!log.messages.empty())
        parameters["oldest_seconds"] = numberText(log.messages.front().seconds);
    for (const auto &[trouble, count] : troubles.counts)
        reporter.read(std::string(metricOf(trouble)), Unit::Count, "node", double(count), parameters);
    for (const auto &trouble : troubles.folded)
        reportTrouble(reporter, trouble);
    if (troubles.left > 0)
        reporter.event(Severity::Warning, "kernel.more", "node", std::to_string(troubles.left) + " more kernel messages of trouble are not listed.",
                       {{"count", std::to_string(troubles.left)}});
}

std::string readPhase(Options &options)
{
    const auto phase = options.text("phase");
    if (!phase.empty() && phase != "before" && phase != "after")
        options.reject("phase", "before or after");
    return phase;
}

} // namespace

std::vector<std::string> HostHealth::parameterHelp() const
{
    return {"phase=(before or after; copied into each measurement)"};
}

std::string HostHealth::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    readPhase(options);
    return options.problem();
}

CheckResult HostHealth::run(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto phase = readPhase(options);
    if (options.bad())
        return CheckResult::error(options.problem());
    try { // no memory left: the doorway where that becomes a value
        Reporter reporter(context, id());
        if (!phase.empty())
            reporter.share("phase", phase);
        PrivilegedReads reads(context.sysroot, context.sudo);
        Waivers waivers(reporter, phase == "after");
        reportVersions(reporter, context.sysroot);
        reportBoardAndBmc(reporter, reads, waivers);
        reportParts(reporter, context.sysroot);
        reportMemoryModules(reporter, reads, waivers);
        reportPciErrors(reporter, reads, waivers, reportPciDevices(reporter, context.sysroot));
        reportNics(reporter, context.sysroot);
        reportInfiniband(reporter, context.sysroot, waivers);
        reportSystemState(reporter, context.sysroot);
        reportMemoryErrors(reporter, reads, waivers);
        reportMachineChecks(reporter, reads, waivers);
        reportKernelLog(reporter, reads, waivers);
        waivers.sayMissing();
    } catch (const std::exception &problem) {
        return CheckResult::error(std::string("the operating system refused what it needs: ") + printable(problem.what()));
    }
    return CheckResult::completed();
}

} // namespace seatrial::engine
