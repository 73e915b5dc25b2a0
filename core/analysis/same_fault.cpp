// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/same_fault.h"

#include "core/analysis/sentences.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace seatrial::analysis {

using domain::Finding;
using domain::Verdict;

namespace {

/// Metrics that several checks read of the same thing, and what that is. Others are figures of their own: nothing is merged by chance.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kReadTwice{{
    {"pcie_width", "width of the PCIe link"},
    {"pcie_speed", "speed of the PCIe link"},
    {"pcie_aer_fatal", "fatal PCIe errors"},
    {"pcie_fatal_errors", "fatal PCIe errors"},
    {"pcie_aer_nonfatal", "uncorrected PCIe errors"},
    {"pcie_non_fatal_errors", "uncorrected PCIe errors"},
    {"pcie_aer_correctable", "corrected PCIe errors"},
    {"pcie_correctable_errors", "corrected PCIe errors"},
    {"nvlinks", "NVLinks that are up"},
    {"nvlink_active", "NVLinks that are up"},
    {"c2c_active", "NVLink-C2C that are up"},
    {"gpus", "GPUs that answer"},
    {"gpus_on_bus", "GPUs on the bus"},
}};

std::string_view thingOf(const Finding &finding)
{
    if (finding.verdict == Verdict::Qualified)
        return {};
    const auto found = std::ranges::find(kReadTwice, std::string_view(finding.metric), &std::pair<std::string_view, std::string_view>::first);
    return found == kReadTwice.end() ? std::string_view() : found->second;
}

/// The smaller, the better a person is told by it: the worse verdict, then a part instead of an address, then what compares with the model.
auto rankOf(const Finding &finding)
{
    constexpr std::array<std::string_view, 3> checks{"gpu.topology", "gpu.health", "host.health"};
    return std::tuple(-static_cast<int>(finding.verdict), finding.subject.starts_with("pci/"), std::ranges::find(checks, finding.check) - checks.begin());
}

/// "host.health has seen it as well: pcie_width 8 lanes of pci/0000:5d:00.0, limit ≥ 16 lanes".
std::string witness(const Finding &finding)
{
    std::string text = "; " + finding.check + " has seen it as well: " + finding.metric;
    if (finding.value)
        text += " " + shownValue(*finding.value, finding.unit);
    if (finding.subject != "node")
        text += " of " + finding.subject;
    return text + (finding.limit.empty() || finding.limit == "—" ? std::string() : ", limit " + finding.limit);
}

} // namespace

void mergeSameFaults(const PartTable &parts, int node, std::vector<Finding> &findings)
{
    std::map<std::pair<std::string_view, std::string>, std::vector<std::size_t>> seen; ///< what it is and of which part
    for (std::size_t index = 0; index < findings.size(); ++index) {
        if (const auto thing = thingOf(findings[index]); !thing.empty())
            seen[{thing, parts.physical(node, findings[index].subject)}].push_back(index);
    }
    std::vector<bool> told(findings.size());
    for (auto &[fault, by] : seen) {
        std::ranges::stable_sort(by, {}, [&](std::size_t index) { return rankOf(findings[index]); });
        Finding &kept = findings[by.front()];
        for (const std::size_t index : std::vector(by.begin() + 1, by.end())) {
            const Finding &other = findings[index];
            const bool byAnother = other.check != kept.check;
            if (!byAnother && other.source != kept.source) // another question about the same figure
                continue;
            told[index] = true;
            if (byAnother)
                kept.text += witness(other);
        }
    }
    std::size_t index = 0;
    std::erase_if(findings, [&](const Finding &) { return told[index++]; });
}

} // namespace seatrial::analysis
