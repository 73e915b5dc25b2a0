// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/gpu_health.h"

#include "engine/checks/gpu/answering.h"
#include "engine/checks/gpu/health_readings.h"
#include "engine/checks/gpu/xid_watch.h"
#include "engine/checks/options.h"
#include "engine/checks/reporter.h"
#include "engine/device/machine.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <exception>

#include <unistd.h>

namespace seatrial::engine {

namespace {

using protocol::Severity;
using protocol::Unit;
namespace fs = std::filesystem;

/// GPUs of NVIDIA that the kernel sees on PCI, driver or not. One handed to a virtual machine is nothing that a driver here could know.
std::vector<std::string> gpusOnBus(const fs::path &sysroot)
{
    std::vector<std::string> addresses;
    std::error_code error;
    for (const auto &device : fs::directory_iterator(sysroot / "sys/bus/pci/devices", error)) {
        const auto vendor = readLine(device.path() / "vendor"), kind = readLine(device.path() / "class");
        const bool givenAway = fs::read_symlink(device.path() / "driver", error).filename() == "vfio-pci";
        if (!givenAway && vendor == "0x10de" && kind && (kind->starts_with("0x0300") || kind->starts_with("0x0302")))
            addresses.push_back(printable(device.path().filename().string()));
    }
    std::sort(addresses.begin(), addresses.end());
    return addresses;
}

std::string joined(const std::vector<std::string> &names)
{
    std::string list;
    for (const auto &name : names)
        list += (list.empty() ? "" : ", ") + name;
    return list;
}

/// No driver: a node without GPUs needs none; one whose GPUs nobody can reach has a fault that no waiver may hide.
CheckResult withoutDriver(const Reporter &reporter, const DeviceProblem &problem, const std::vector<std::string> &onBus)
{
    const std::string text = printable(problem.text);
    if (onBus.empty())
        return problem.trouble == DeviceTrouble::NotPresent ? CheckResult::notPresent(text)
            : problem.trouble == DeviceTrouble::NotPermitted ? CheckResult::notPermitted(text)
                                                             : CheckResult::error(text);
    const std::string there = std::to_string(onBus.size()) + (onBus.size() == 1 ? " GPU is" : " GPUs are") + " on the PCI bus (" + joined(onBus) + "), but ";
    reporter.event(Severity::Error, "gpu.no_driver", "node", there + text + ".", {{"count", std::to_string(onBus.size())}});
    return problem.trouble == DeviceTrouble::NotPermitted ? CheckResult::notPermitted(there + text) : CheckResult::error(there + text);
}

/// One look at all GPUs of the node.
class HealthLook
{
public:
    HealthLook(const CheckContext &context, const Reporter &reporter, const std::string &phase)
        : m_context(context), m_reporter(reporter), m_management(context.machine->management()), m_again(phase == "after"),
          m_readings(reporter, m_again), m_onBus(gpusOnBus(context.machine->sysroot()))
    {
    }

    CheckResult run()
    {
        const auto count = m_management.count();
        if (!count)
            return withoutDriver(m_reporter, count.problem(), m_onBus);
        if (*count == 0 && m_onBus.empty())
            return CheckResult::notPresent("the NVIDIA driver is there, but it counts no GPU, and none is on the PCI bus");
        m_management.events(); // begins to listen: what comes while we read is told below
        counts(*count);
        for (int gpu = 0; gpu < *count && !isStopped(); ++gpu)
            look(gpu);
        m_readings.sayAbsent();
        xids();
        if (!m_lost.empty())
            return CheckResult::failed(joined(m_lost));
        return *count == 0 ? CheckResult::failed("the driver counts no GPU, but " + std::to_string(m_onBus.size()) + " are on the PCI bus (" + joined(m_onBus) + ")")
                           : CheckResult::completed();
    }

private:
    bool isStopped() const { return m_context.stop && *m_context.stop; }

    void counts(int count)
    {
        m_reporter.read("gpus", Unit::Count, "node", count, m_management.versions());
        if (!m_onBus.empty())
            m_reporter.read("gpus_on_bus", Unit::Count, "node", double(m_onBus.size()), {{"addresses", joined(m_onBus)}});
    }

    void look(int gpu)
    {
        const std::string subject = "gpu/" + std::to_string(gpu);
        const auto identity = m_management.identity(gpu);
        if (!identity)
            return lost(subject, identity.problem(), {});
        m_reporter.part(*identity);
        if (const auto address = identity->attributes.find("pci_address"); address != identity->attributes.end())
            m_addresses[address->second] = subject;
        const auto readings = m_management.readings(gpu);
        m_readings.report(gpu, readings);
        const auto gone = std::find_if(readings.begin(), readings.end(), [](const Reading &reading) { return !reading.value && reading.absent == DeviceTrouble::Lost; });
        if (gone != readings.end())
            return lost(subject, {DeviceTrouble::Lost, gone->text}, identity->identity);
        processes(gpu, subject);
    }

    void lost(const std::string &subject, const DeviceProblem &problem, const std::string &identity)
    {
        const std::string text = subject + (identity.empty() ? "" : " (" + identity + ")") + (problem.trouble == DeviceTrouble::Lost ? " is lost: " : " cannot be asked: ")
            + printable(problem.text);
        m_reporter.event(Severity::Error, "gpu.lost", subject, text);
        m_lost.push_back(text);
    }

    /// Whoever else computes there disturbs what is measured, and is disturbed.
    void processes(int gpu, const std::string &subject)
    {
        const auto all = m_management.processes(gpu);
        if (!all)
            return;
        std::vector<std::string> names;
        for (const auto &process : *all) {
            if (process.pid != getpid())
                names.push_back((process.name.empty() ? "a process" : printable(process.name)) + " (pid " + std::to_string(process.pid) + ", "
                                + std::to_string(process.memoryBytes / 1'000'000) + " MB)");
        }
        m_reporter.read("other_processes", Unit::Count, subject, double(names.size()));
        if (!names.empty())
            m_reporter.event(Severity::Warning, "gpu.in_use", subject, "In use by " + joined(names) + ".", {{"count", std::to_string(names.size())}});
    }

    /// What was logged since boot, and what the driver's event set told meanwhile.
    void xids()
    {
        const auto log = XidLog::read(m_context, m_addresses);
        if (!log.refusal().empty() && !m_again) {
            m_reporter.event(Severity::Warning, "xid.not_permitted", "node",
                             "Not permitted: Xids of the kernel log (" + log.refusal() + "). To allow it: " + log.remedy() + ".");
        }
        std::map<std::string, std::uint64_t> counts;
        for (const auto &[address, subject] : m_addresses)
            counts[subject] = 0;
        for (const auto &xid : log.xids()) {
            reportXid(m_reporter, xid, logClock(m_context));
            counts[xid.subject] += xid.count;
        }
        for (const auto &[subject, count] : counts) {
            if (log.refusal().empty())
                m_reporter.read("xids", Unit::Count, subject, double(count), {{"source", "kernel log"}});
        }
        if (log.left() > 0)
            m_reporter.event(Severity::Warning, "xid.more", "node", std::to_string(log.left()) + " more Xid messages of the kernel log are not listed.");
        for (const auto &event : m_management.events()) {
            SeenXid xid{event.source, event.gpu < 0 ? "node" : "gpu/" + std::to_string(event.gpu), {}, std::to_string(event.xid), false, printable(event.text), 1,
                        event.seconds, event.seconds};
            if (event.xid != 0)
                reportXid(m_reporter, xid, logClock(m_context));
        }
    }

    const CheckContext &m_context;
    const Reporter &m_reporter;
    Management &m_management;
    const bool m_again; ///< what cannot have changed was said before the load
    HealthReadings m_readings;
    const std::vector<std::string> m_onBus;
    std::map<std::string, std::string> m_addresses;
    std::vector<std::string> m_lost;
};

struct Wanted {
    std::string phase;
    double patience = 0;
};

Wanted readWanted(Options &options, const CheckContext &context)
{
    Wanted wanted;
    wanted.phase = options.text("phase");
    if (!wanted.phase.empty() && wanted.phase != "before" && wanted.phase != "after")
        options.reject("phase", "before or after");
    wanted.patience = options.number("patience", std::min(60.0, 0.6 * context.deadlineSeconds), 0.1, 3600);
    return wanted;
}

} // namespace

std::vector<std::string> GpuHealth::parameterHelp() const
{
    return {"phase=(before or after; copied into each measurement)", "patience=(seconds that the driver may take to answer; 0.6 of the deadline, at most 60)"};
}

std::string GpuHealth::refusal(const protocol::Parameters &parameters) const
{
    Options options(parameters);
    readWanted(options, CheckContext());
    return options.problem();
}

CheckResult GpuHealth::run(const CheckContext &context) const
{
    Options options(context.parameters);
    const auto wanted = readWanted(options, context);
    const auto &phase = wanted.phase;
    if (options.bad())
        return CheckResult::error(options.problem());
    if (!context.machine)
        return CheckResult::error("this process was given no access to GPUs");
    const auto look = [phase](const CheckContext &inner) {
        Reporter reporter(inner, "gpu.health");
        if (!phase.empty())
            reporter.share("phase", phase);
        return HealthLook(inner, reporter, phase).run();
    };
    return askWithPatience(context, wanted.patience, look);
}

} // namespace seatrial::engine
