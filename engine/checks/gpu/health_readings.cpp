// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/health_readings.h"

#include "engine/measure/text.h"

#include <algorithm>

namespace seatrial::engine {

using protocol::Severity;
using protocol::Unit;

namespace {

constexpr std::size_t mostText = 3000; ///< of one list

/// Counters that are told at zero too, because a person looks for them.
bool isKey(const std::string &metric)
{
    return metric.starts_with("ecc_total_") || metric.starts_with("row_remap_") || metric.starts_with("retired_pages_") || metric == "pcie_replays";
}

/// 7 of "gpu/3/link/7" and of "gpu/3/c2c/7"; nothing for a reading of the whole GPU.
std::optional<int> linkOf(const std::string &subject)
{
    for (const std::string_view kind : {"/link/", "/c2c/"}) {
        const auto at = subject.find(kind);
        if (at == subject.npos)
            continue;
        const auto number = parseInteger(std::string_view(subject).substr(at + kind.size()));
        return number ? std::optional(int(*number)) : std::nullopt;
    }
    return std::nullopt;
}

std::string joined(const std::set<std::string> &names)
{
    std::string list;
    for (const auto &name : names) {
        if (list.size() + name.size() > mostText)
            return list + ", …";
        list += (list.empty() ? "" : ", ") + name;
    }
    return list;
}

std::string gpuList(const std::set<int> &gpus)
{
    return cpuListText({gpus.begin(), gpus.end()});
}

} // namespace

void HealthReadings::one(const Reading &reading, protocol::Parameters parameters)
{
    if (m_again && reading.fixed)
        return;
    if (!reading.text.empty())
        parameters["text"] = printable(reading.text);
    if (reading.metric == "clock_event_reasons") { // a mask is read in hexadecimal
        const std::string digits = hexText(std::uint64_t(*reading.value));
        parameters["mask"] = "0x" + digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
    }
    m_reporter.read(reading.metric, reading.unit, reading.subject, *reading.value, std::move(parameters));
}

void HealthReadings::report(int gpu, const std::vector<Reading> &readings)
{
    m_zero.clear();
    std::map<std::string, std::vector<Reading>> ofLinks;
    for (const auto &reading : readings) {
        if (!reading.value) {
            auto &why = (reading.absent == DeviceTrouble::NotPermitted ? m_forbidden : m_absent)[printable(reading.text)];
            why[linkOf(reading.subject) ? reading.metric + " of links" : reading.metric].insert(gpu);
        } else if (linkOf(reading.subject)) {
            ofLinks[reading.metric].push_back(reading);
        } else if (reading.counter && *reading.value == 0 && !isKey(reading.metric)) {
            m_zero.insert(reading.metric);
        } else {
            // A counter that was zero before the load was in the list then: what is not listed was zero.
            one(reading, reading.counter && !isKey(reading.metric) ? protocol::Parameters{{"listed_above", "0"}} : protocol::Parameters{});
        }
    }
    for (const auto &[metric, ofAll] : ofLinks)
        links(gpu, ofAll);
    if (!m_zero.empty())
        m_reporter.read("counters_at_zero", Unit::Count, "gpu/" + std::to_string(gpu), double(m_zero.size()), {{"counters", joined(m_zero)}});
}

/// The same metric of all links of one GPU.
void HealthReadings::links(int gpu, const std::vector<Reading> &readings)
{
    if (readings.front().counter) {
        bool allZero = true;
        for (const auto &reading : readings) {
            if (*reading.value == 0)
                continue;
            allZero = false;
            one(reading, {{"listed_above", "0"}});
        }
        if (allZero)
            m_zero.insert(readings.front().metric + " of links");
        return;
    }
    std::map<double, std::vector<int>> byValue;
    for (const auto &reading : readings)
        byValue[*reading.value].push_back(*linkOf(reading.subject));
    const auto most = std::max_element(byValue.begin(), byValue.end(), [](const auto &a, const auto &b) { return a.second.size() < b.second.size(); });
    for (const auto &reading : readings) {
        const bool usual = *reading.value == most->first;
        if (!usual) {
            one(reading);
        } else if (*linkOf(reading.subject) == most->second.front()) {
            Reading ofMost = reading;
            ofMost.subject = "gpu/" + std::to_string(gpu);
            one(ofMost, {{"links", cpuListText(most->second)}});
        }
    }
}

void HealthReadings::sayAbsent() const
{
    if (m_again)
        return;
    const auto tell = [&](const auto &absent) {
        // Metrics that the same GPUs miss for the same reason are one item; a reason begins with its function, which nobody needs here.
        std::map<std::pair<std::string, std::set<int>>, std::set<std::string>> items;
        for (const auto &[why, metrics] : absent) {
            const auto colon = why.find(": ");
            for (const auto &[metric, gpus] : metrics)
                items[{colon == why.npos ? why : why.substr(colon + 2), gpus}].insert(metric);
        }
        std::string text;
        for (const auto &[reason, metrics] : items) {
            const std::string item = joined(metrics) + " of GPU " + gpuList(reason.second) + " (" + reason.first + ")";
            if (text.size() + item.size() > mostText)
                return text + "; …";
            text += (text.empty() ? "" : "; ") + item;
        }
        return text;
    };
    if (!m_absent.empty())
        m_reporter.event(Severity::Info, "gpu.not_told", "node", "Not told here: " + tell(m_absent) + ".");
    if (!m_forbidden.empty())
        m_reporter.event(Severity::Warning, "gpu.not_permitted", "node",
                         "Not permitted: " + tell(m_forbidden) + ". To allow it: let this user open the NVIDIA devices, or ask who runs the driver's access control.");
}

} // namespace seatrial::engine
