// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/firmware.h"

#include "engine/checks/health/sysfs.h"
#include "engine/measure/text.h"

namespace seatrial::engine {

namespace {

using protocol::Part;
using protocol::Unit;
namespace fs = std::filesystem;

constexpr const char *dmi = "sys/class/dmi/id/";

std::string joined(const std::string &first, const std::string &second)
{
    return first + (first.empty() || second.empty() ? "" : " ") + second;
}

void addIfRead(protocol::Parameters &attributes, const std::string &name, const std::string &value)
{
    if (!value.empty())
        attributes[name] = value;
}

void reportBoard(const Reporter &reporter, PrivilegedReads &reads, Waivers &waivers)
{
    const auto &sysroot = reads.sysroot();
    const auto tree = sysroot / "proc/device-tree"; // machines without DMI
    const auto field = [&](const char *name) { return fieldOf(sysroot / dmi / name); };
    std::string by, withheld;
    const auto secret = [&](const char *name) {
        const auto file = std::string(dmi) + name;
        const auto found = reads.field(file);
        if (found)
            by = found->by;
        else if (withheld.empty() && reads.refused(file))
            withheld = file;
        return found ? found->content : std::string();
    };
    Part board{"board", "node", secret("product_serial"), joined(field("sys_vendor"), field("product_name")), field("bios_version"), {}};
    addIfRead(board.attributes, "uuid", secret("product_uuid"));
    addIfRead(board.attributes, "board_serial", secret("board_serial"));
    addIfRead(board.attributes, "chassis_serial", secret("chassis_serial"));
    for (const char *name : {"board_vendor", "board_name", "board_version", "bios_vendor", "bios_date", "bios_release", "ec_firmware_release"})
        addIfRead(board.attributes, name, field(name));
    addIfRead(board.attributes, "read_by", by);
    if (board.identity.empty() && board.attributes.contains("uuid"))
        board.identity = board.attributes["uuid"];
    if (board.model.empty())
        board.model = fieldOf(tree / "model");
    if (board.identity.empty())
        board.identity = fieldOf(tree / "serial-number");
    if (!withheld.empty())
        waivers.notPermitted("serial numbers of the board", "serials", reads.whyNot(withheld), reads.remedy());
    if (board.model.empty() && board.identity.empty())
        waivers.notPresent("a description of the board (DMI, device tree)");
    else
        reporter.part(std::move(board));
}

void reportBmc(const Reporter &reporter, const fs::path &sysroot, Waivers &waivers)
{
    const auto platform = sysroot / "sys/devices/platform";
    bool any = false;
    for (const auto &name : namesIn(platform)) {
        if (!name.starts_with("ipmi_bmc"))
            continue;
        const auto device = platform / name;
        Part bmc{"bmc", printable("bmc/" + name.substr(name.find('.') + 1)), fieldOf(device / "guid"),
                 joined(fieldOf(device / "manufacturer_id"), fieldOf(device / "product_id")), fieldOf(device / "firmware_revision"), {}};
        addIfRead(bmc.attributes, "aux_firmware", fieldOf(device / "aux_firmware_revision"));
        addIfRead(bmc.attributes, "ipmi", fieldOf(device / "ipmi_version"));
        reporter.part(std::move(bmc));
        any = true;
    }
    if (!any)
        waivers.notPresent("a management controller (BMC) that the kernel knows of");
}

} // namespace

void reportBoardAndBmc(const Reporter &reporter, PrivilegedReads &reads, Waivers &waivers)
{
    reportBoard(reporter, reads, waivers);
    reportBmc(reporter, reads.sysroot(), waivers);
}

void reportMachineChecks(const Reporter &reporter, PrivilegedReads &reads, Waivers &waivers)
{
    const auto text = readText(reads.sysroot() / "proc/interrupts", 16 << 20).value_or("");
    bool any = false;
    // "MCE:   0   0  …  Machine check exceptions": a count for each CPU.
    for (const auto line : split(text, '\n')) {
        const auto parts = words(line);
        if (parts.empty() || (parts[0] != "MCE:" && parts[0] != "THR:" && parts[0] != "DFR:"))
            continue;
        double count = 0;
        for (std::size_t i = 1; i < parts.size(); ++i) {
            const auto ofCpu = parseInteger(parts[i]);
            if (!ofCpu || *ofCpu < 0)
                break;
            count += double(*ofCpu);
        }
        const char *metric = parts[0] == "MCE:" ? "machine_check_exceptions" : parts[0] == "THR:" ? "machine_check_thresholds" : "machine_check_deferred";
        reporter.read(metric, Unit::Count, "node", count, {{"read_by", "direct"}});
        any = true;
    }
    if (!any)
        waivers.notPresent("counts of machine checks in /proc/interrupts");
}

} // namespace seatrial::engine
