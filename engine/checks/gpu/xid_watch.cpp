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

void reportXid(const Reporter &reporter, const SeenXid &xid)
{
    protocol::Parameters parameters{{xid.ofSwitch ? "sxid" : "xid", xid.number},
                                    {"source", xid.source},
                                    {"count", std::to_string(xid.count)},
                                    {"first_seconds", numberText(xid.firstSeconds)},
                                    {"last_seconds", numberText(xid.lastSeconds)}};
    if (!xid.address.empty())
        parameters["pci_address"] = xid.address;
    reporter.event(Severity::Error, "gpu.xid", xid.subject, xid.text, std::move(parameters));
}

XidWatch::XidWatch(const CheckContext &context, const Reporter &reporter, bool byDriver)
    : m_context(context), m_reporter(reporter), m_byDriver(byDriver && context.machine)
{
    if (m_byDriver) {
        m_gpus = gpuAddresses(context.machine->management());
        context.machine->management().events(); // begins to listen
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
        if (xid.count == known)
            continue;
        if (xid.count > known) { // a log that lost its oldest messages counts anew
            xid.count -= known;
            if (known > 0)
                xid.firstSeconds = xid.lastSeconds;
        }
        m_before[keyOf(xid)] = known + xid.count;
        reportXid(m_reporter, xid);
        ++told;
    }
    if (!m_byDriver)
        return told;
    std::map<std::string, SeenXid> byDriver;
    for (const auto &event : m_context.machine->management().events()) {
        if (event.xid == 0)
            continue;
        SeenXid xid;
        xid.source = event.source;
        xid.subject = event.gpu < 0 ? "node" : "gpu/" + std::to_string(event.gpu);
        for (const auto &[address, place] : m_gpus) {
            if (place == xid.subject)
                xid.address = address;
        }
        xid.number = std::to_string(event.xid);
        xid.text = printable(event.text).substr(0, mostText);
        xid.firstSeconds = event.seconds;
        auto &kept = byDriver.try_emplace(keyOf(xid) + '|' + xid.subject, xid).first->second;
        ++kept.count;
        kept.lastSeconds = event.seconds;
    }
    for (const auto &[key, xid] : byDriver)
        reportXid(m_reporter, xid);
    return told + byDriver.size();
}

} // namespace seatrial::engine
