// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/memory_modules.h"

#include "engine/checks/health/smbios.h"
#include "engine/measure/text.h"

#include <set>

namespace seatrial::engine {

namespace {

using protocol::Unit;

constexpr const char *tableFile = "sys/firmware/dmi/tables/DMI";
constexpr std::size_t mostTable = 1 << 20;

protocol::Part partOf(const MemoryModule &module, const std::string &place, const SmbiosTable &table, const std::string &by)
{
    protocol::Part part{"dimm", place, module.serial, module.manufacturer, {}, {{"bytes", std::to_string(module.bytes)}, {"read_by", by}}};
    if (!module.part.empty())
        part.model += (part.model.empty() ? "" : " ") + module.part;
    const auto add = [&](const char *name, const std::string &value) {
        if (!value.empty())
            part.attributes[name] = value;
    };
    add("bank", module.bank);
    add("type", module.type);
    add("speed_mts", module.speed ? std::to_string(module.speed) : std::string());
    add("configured_mts", module.configured ? std::to_string(module.configured) : std::string());
    add("error_correction", table.errorCorrection);
    return part;
}

/// As printed on the board; a board that prints the same word twice gets the number of the entry behind it.
std::string placeOf(const MemoryModule &module, std::size_t number, std::set<std::string> &taken)
{
    std::string place = "dimm/" + (module.locator.empty() ? std::to_string(number) : module.locator);
    if (!taken.insert(place).second)
        place += "#" + std::to_string(number);
    return place;
}

} // namespace

void reportMemoryModules(const Reporter &reporter, PrivilegedReads &reads, Waivers &waivers)
{
    const auto raw = reads.read(tableFile, mostTable);
    if (!raw) {
        if (reads.refused(tableFile))
            waivers.notPermitted("memory modules", "dimm", reads.whyNot(tableFile), reads.remedy());
        else
            waivers.notPresent("a firmware table of memory modules (SMBIOS)");
        return;
    }
    const auto table = parseSmbios(raw->content);
    if (!table.problem.empty())
        reporter.event(protocol::Severity::Warning, "smbios.damaged", "node", table.problem + ".");
    std::size_t number = 0, plugged = 0;
    double bytes = 0;
    std::set<std::string> taken;
    for (const auto &module : table.modules) {
        ++number;
        if (!module.present)
            continue;
        ++plugged;
        bytes += double(module.bytes);
        const auto subject = placeOf(module, number, taken);
        reporter.part(partOf(module, subject, table, raw->by));
        if (module.configured > 0)
            reporter.read("memory_speed", Unit::GigatransfersPerSecond, subject, module.configured / 1000.0, {{"read_by", raw->by}});
    }
    if (number == 0) {
        waivers.notPresent("memory modules in the firmware's table");
        return;
    }
    const protocol::Parameters parameters{{"places", std::to_string(number)}, {"read_by", raw->by}};
    reporter.read("memory_modules", Unit::Count, "node", double(plugged), parameters);
    if (bytes > 0)
        reporter.read("memory_installed", Unit::Bytes, "node", bytes, parameters);
}

} // namespace seatrial::engine
