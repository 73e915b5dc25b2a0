// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/pci_errors.h"

#include "engine/checks/health/sysfs.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <optional>

namespace seatrial::engine {

namespace {

using protocol::Unit;

constexpr const char *folder = "sys/bus/pci/devices";
constexpr std::size_t mostNamed = 12;

struct Counter {
    const char *file;
    const char *total;
    const char *metric;
};
constexpr std::array<Counter, 3> counters{{{"aer_dev_correctable", "TOTAL_ERR_COR", "pcie_aer_correctable"},
                                           {"aer_dev_nonfatal", "TOTAL_ERR_NONFATAL", "pcie_aer_nonfatal"},
                                           {"aer_dev_fatal", "TOTAL_ERR_FATAL", "pcie_aer_fatal"}}};

struct Errors {
    double count = 0;
    std::string kinds; ///< "BadTLP 3, Timeout 9"
    std::string by;
};

/// "BadTLP 3" a line, the total at the end.
std::optional<Errors> errorsOf(PrivilegedReads &reads, const std::string &address, const Counter &counter)
{
    const auto text = reads.read(std::string(folder) + '/' + address + '/' + counter.file);
    if (!text)
        return std::nullopt;
    std::optional<Errors> errors;
    std::string kinds;
    for (const auto line : split(text->content, '\n')) {
        const auto parts = words(line);
        const auto count = parts.size() == 2 ? parseInteger(parts[1]) : std::nullopt;
        if (!count || *count < 0)
            continue;
        if (parts[0] == counter.total)
            errors = Errors{double(*count), {}, text->by};
        else if (*count > 0 && kinds.size() < 200)
            kinds += (kinds.empty() ? "" : ", ") + printable(parts[0].substr(0, 40)) + ' ' + std::to_string(*count);
    }
    if (errors)
        errors->kinds = kinds;
    return errors;
}

/// The devices right below a bridge: "above 0000:41:00.0 (0x020700)".
std::string below(const PrivilegedReads &reads, const std::string &bridge)
{
    std::string text;
    const auto path = reads.sysroot() / folder / bridge;
    for (const auto &name : namesIn(path)) {
        const auto code = name.find(':') == name.npos ? std::nullopt : readLine(path / name / "class");
        if (code && text.size() < 100)
            text += (text.empty() ? "above " : ", ") + printable(name) + " (" + *code + ')';
    }
    return text;
}

} // namespace

void reportPciErrors(const Reporter &reporter, PrivilegedReads &reads, Waivers &waivers, const std::vector<PciDevice> &devices)
{
    const auto all = namesIn(reads.sysroot() / folder);
    bool any = false;
    for (const auto &counter : counters) {
        Errors others;
        std::size_t counted = 0;
        std::string where;
        for (const auto &address : all) {
            const auto errors = errorsOf(reads, address, counter);
            if (!errors)
                continue;
            any = true;
            const auto device = std::find_if(devices.begin(), devices.end(), [&](const PciDevice &one) { return one.address == address; });
            if (device != devices.end()) {
                auto parameters = device->parameters;
                parameters["read_by"] = errors->by;
                if (!errors->kinds.empty())
                    parameters["errors"] = errors->kinds;
                reporter.read(counter.metric, Unit::Count, device->subject, errors->count, std::move(parameters));
                continue;
            }
            others.count += errors->count;
            others.by = errors->by;
            if (errors->count > 0 && ++counted <= mostNamed) {
                const auto sits = below(reads, address);
                where += (where.empty() ? "" : "; ") + printable(address) + ": " + errors->kinds + (sits.empty() ? "" : ", " + sits);
            }
        }
        if (others.by.empty())
            continue;
        protocol::Parameters parameters{{"read_by", others.by}, {"devices", std::to_string(counted)}};
        if (!where.empty())
            parameters["where"] = where.substr(0, 2000);
        reporter.read(counter.metric, Unit::Count, "pci/others", others.count, std::move(parameters));
    }
    if (!any)
        waivers.notPresent("counters of PCIe errors (AER: not offered by the firmware or the kernel)");
}

} // namespace seatrial::engine
