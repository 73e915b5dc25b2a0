// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/xid_watch.h"

#include "engine/checks/health/kernel_log.h"
#include "engine/checks/health/privileged_reads.h"
#include "engine/device/machine.h"
#include "engine/measure/text.h"

#include <algorithm>

namespace seatrial::engine {

using protocol::Severity;

namespace {

constexpr std::size_t mostXids = 60; ///< that are kept apart
constexpr std::size_t mostText = 400;

/// Messages that say more than their number: NVLink errors are decoded by link and bits, recovery actions by what they ask for.
bool isDetailed(const std::string &number)
{
    const auto value = parseInteger(number).value_or(0);
    return (value >= 144 && value <= 150) || value == 154;
}

std::string keyOf(const SeenXid &xid)
{
    const auto colon = xid.text.find("): ");
    const bool detailed = isDetailed(xid.number) && colon != xid.text.npos;
    return xid.source + '|' + xid.address + '|' + (xid.ofSwitch ? "s" : "") + xid.number + (detailed ? '|' + xid.text.substr(colon) : "");
}

std::filesystem::path rootOf(const CheckContext &context)
{
    return context.machine ? context.machine->sysroot() : context.sysroot;
}

} // namespace

double logClock(const CheckContext &context)
{
    return context.machine && !context.machine->simulated() ? context.machine->now() : -1;
}

std::map<std::string, std::string> gpuAddresses(Management &management)
{
    std::map<std::string, std::string> gpus;
    const auto count = management.count();
    for (int gpu = 0; count && gpu < *count; ++gpu) {
        const auto identity = management.identity(gpu);
        if (identity && identity->attributes.contains("pci_address"))
            gpus[identity->attributes.at("pci_address")] = identity->place;
    }
    return gpus;
}

XidLog XidLog::read(const CheckContext &context, const std::map<std::string, std::string> &gpus)
{
    XidLog log;
    PrivilegedReads reads(rootOf(context), context.sudo);
    const auto kernel = readKernelLog(reads);
    log.m_refusal = kernel.refusal;
    if (!log.m_refusal.empty())
        log.m_remedy = "add the user to group systemd-journal or adm, or " + reads.remedy();
    for (const auto &message : kernel.messages) {
        if (classify(message.text) == KernelTrouble::Xid)
            log.add(message.seconds, message.text, gpus);
    }
    return log;
}

void XidLog::add(double seconds, const std::string &text, const std::map<std::string, std::string> &gpus)
{
    SeenXid xid;
    xid.source = "kernel log";
    xid.ofSwitch = text.find("SXid (") != text.npos;
    xid.number = xidNumber(text);
    xid.text = text.substr(0, mostText);
    xid.subject = pciSubject(text);
    if (xid.subject.starts_with("pci/")) {
        xid.address = xid.subject.substr(4);
        if (const auto known = gpus.find(xid.address); known != gpus.end())
            xid.subject = known->second;
    }
    if (xid.number.empty())
        return; // it names none: host.health lists the message
    const auto key = keyOf(xid);
    auto known = m_places.find(key);
    if (known == m_places.end()) {
        if (m_xids.size() >= mostXids) {
            ++m_left;
            return;
        }
        known = m_places.emplace(key, m_xids.size()).first;
        xid.firstSeconds = seconds;
        m_xids.push_back(std::move(xid));
    }
    ++m_xids[known->second].count;
    m_xids[known->second].lastSeconds = seconds;
}

void reportXid(const Reporter &reporter, const SeenXid &xid, double now)
{
    protocol::Parameters parameters{{xid.ofSwitch ? "sxid" : "xid", xid.number},
                                    {"source", xid.source},
                                    {"count", std::to_string(xid.count)},
                                    {"first_seconds", numberText(xid.firstSeconds)},
                                    {"last_seconds", numberText(xid.lastSeconds)}};
    if (!xid.address.empty())
        parameters["pci_address"] = xid.address;
    if (now >= xid.lastSeconds)
        parameters["age_seconds"] = numberText(now - xid.lastSeconds);
    reporter.event(Severity::Error, "gpu.xid", xid.subject, xid.text, std::move(parameters));
}

DriverXids::DriverXids(const CheckContext &context, std::optional<int> gpu) : m_management(context.machine->management()), m_gpu(gpu)
{
    m_management.events(); // begins to listen
}

std::size_t DriverXids::report(const Reporter &reporter)
{
    std::map<std::string, SeenXid> seen;
    for (const auto &event : m_management.events()) {
        if (event.xid == 0 || (m_gpu && event.gpu >= 0 && event.gpu != *m_gpu))
            continue;
        SeenXid xid;
        xid.source = event.source;
        xid.subject = event.gpu < 0 ? "node" : "gpu/" + std::to_string(event.gpu);
        xid.number = std::to_string(event.xid);
        xid.text = printable(event.text).substr(0, mostText);
        xid.firstSeconds = event.seconds;
        auto &kept = seen.try_emplace(xid.subject + '|' + keyOf(xid), xid).first->second;
        ++kept.count;
        kept.lastSeconds = event.seconds;
    }
    for (const auto &[key, xid] : seen)
        reportXid(reporter, xid, -1);
    return seen.size();
}

XidWatch::XidWatch(const CheckContext &context, const Reporter &reporter, bool byDriver) : m_context(context), m_reporter(reporter)
{
    if (byDriver && context.machine) {
        m_driver.emplace(context);
        m_gpus = gpuAddresses(context.machine->management());
    }
    const auto log = XidLog::read(context, m_gpus);
    for (const auto &xid : log.xids())
        m_before[keyOf(xid)] = xid.count;
}

std::size_t XidWatch::report()
{
    std::size_t told = 0;
    const auto log = XidLog::read(m_context, m_gpus);
    for (auto xid : log.xids()) {
        const auto before = m_before.find(keyOf(xid));
        const std::uint64_t known = before == m_before.end() ? 0 : before->second;
        m_before[keyOf(xid)] = xid.count; // a log that lost its oldest messages counts anew
        if (xid.count <= known)
            continue;
        xid.count -= known;
        if (known > 0)
            xid.firstSeconds = xid.lastSeconds;
        reportXid(m_reporter, xid, logClock(m_context));
        ++told;
    }
    return told + (m_driver ? m_driver->report(m_reporter) : 0);
}

namespace {

class TiedCheck : public Check
{
public:
    explicit TiedCheck(std::unique_ptr<Check> check) : m_check(std::move(check)) {}

    std::string_view id() const override { return m_check->id(); }
    std::string_view summary() const override { return m_check->summary(); }
    std::vector<std::string> parameterHelp() const override { return m_check->parameterHelp(); }
    std::string refusal(const protocol::Parameters &parameters) const override { return m_check->refusal(parameters); }
    bool loads() const override { return m_check->loads(); }

    CheckResult run(const CheckContext &context) const override
    {
        const Reporter reporter(context, id());
        XidWatch xids(context, reporter, false); // the work is done by children of this process, which must not open the driver
        auto result = m_check->run(context);
        xids.report();
        return result;
    }

private:
    const std::unique_ptr<Check> m_check;
};

} // namespace

std::unique_ptr<Check> tiedToXids(std::unique_ptr<Check> check)
{
    return std::make_unique<TiedCheck>(std::move(check));
}

} // namespace seatrial::engine
