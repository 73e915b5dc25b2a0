// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/pci_devices.h"

#include "engine/checks/health/sysfs.h"
#include "engine/measure/text.h"

#include <optional>

namespace seatrial::engine {

namespace {

using protocol::Unit;
namespace fs = std::filesystem;

/// Kind of part by the PCI class 0xBBSSPP; empty for what we do not look at.
std::string kindOf(std::string_view classCode)
{
    if (classCode.starts_with("0x02"))
        return "nic";
    if (classCode.starts_with("0x0300") || classCode.starts_with("0x0302"))
        return "gpu";
    if (classCode.starts_with("0x12"))
        return "accelerator";
    if (classCode.starts_with("0x0108"))
        return "nvme";
    return {};
}

/// "16.0 GT/s PCIe", in older kernels "16 GT/s"; nothing for "Unknown".
std::optional<double> gigatransfers(const fs::path &file)
{
    const auto line = readLine(file);
    return line ? parseNumber(words(*line).front()) : std::nullopt;
}

/// Virtual functions and devices inside a chip say 0 or 255.
std::optional<double> lanes(const fs::path &file)
{
    const auto value = readInteger(file);
    if (!value || *value <= 0 || *value > 32)
        return std::nullopt;
    return double(*value);
}

void addIfRead(protocol::Parameters &parameters, const std::string &name, const std::optional<double> &value)
{
    if (value)
        parameters[name] = numberText(*value);
}

} // namespace

void reportPciLink(const Reporter &reporter, const fs::path &device, const std::string &subject, protocol::Parameters parameters)
{
    // What the slot could do tells a wide card in a narrow slot from a link that has lost lanes.
    std::error_code error;
    const auto slot = fs::canonical(device, error).parent_path();
    addIfRead(parameters, "slot_width_max", lanes(slot / "max_link_width"));
    addIfRead(parameters, "slot_speed_max_gts", gigatransfers(slot / "max_link_speed"));
    const auto report = [&](const char *metric, Unit unit, const std::optional<double> &value) {
        if (value)
            reporter.read(metric, unit, subject, *value, parameters);
    };
    report("pcie_width", Unit::Lanes, lanes(device / "current_link_width"));
    report("pcie_width_max", Unit::Lanes, lanes(device / "max_link_width"));
    report("pcie_speed", Unit::GigatransfersPerSecond, gigatransfers(device / "current_link_speed"));
    report("pcie_speed_max", Unit::GigatransfersPerSecond, gigatransfers(device / "max_link_speed"));
}

std::vector<PciDevice> reportPciDevices(const Reporter &reporter, const fs::path &sysroot)
{
    std::vector<PciDevice> devices;
    const auto folder = sysroot / "sys/bus/pci/devices";
    for (const auto &address : namesIn(folder)) {
        const auto device = folder / address;
        const auto kind = kindOf(readLine(device / "class").value_or(""));
        if (kind.empty())
            continue;
        const auto subject = "pci/" + printable(address);
        const auto model = fieldOf(device / "vendor") + ':' + fieldOf(device / "device");
        protocol::Parameters parameters{{"kind", kind}, {"id", model}};
        if (const auto driver = linkName(device / "driver"); !driver.empty())
            parameters["driver"] = driver;
        if (const auto power = readLine(device / "power/runtime_status"))
            parameters["power"] = *power; // a sleeping device may have slowed its link on purpose
        if (const auto numa = readInteger(device / "numa_node"); numa && *numa >= 0)
            parameters["numa_node"] = std::to_string(*numa);
        reporter.part({"pci", subject, {}, model, {}, parameters});
        reportPciLink(reporter, device, subject, parameters);
        devices.push_back({address, subject, std::move(parameters)});
    }
    return devices;
}

} // namespace seatrial::engine
