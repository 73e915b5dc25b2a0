// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/memory_errors.h"

#include "engine/checks/health/sysfs.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <array>

namespace seatrial::engine {

namespace {

using protocol::Unit;

constexpr const char *controllers = "sys/devices/system/edac/mc";
constexpr double day = 86400;
constexpr std::size_t mostPlaces = 256; ///< of modules or rows of one controller

struct Counter {
    const char *file;
    bool corrected;
};

class MemoryErrors
{
public:
    MemoryErrors(const Reporter &reporter, PrivilegedReads &reads) : m_reporter(reporter), m_reads(reads) {}

    void controller(const std::string &name)
    {
        const auto folder = std::string(controllers) + '/' + name;
        m_days = std::max(1.0, number(folder + "/seconds_since_reset").value_or(0) / day);
        const auto parts = namesIn(m_reads.sysroot() / folder);
        const bool byModule = places(parts, folder, name, "dimm", {{{"dimm_ce_count", true}, {"dimm_ue_count", false}}}, {"dimm_label", "dimm_location"});
        const bool byRow = byModule || places(parts, folder, name, "csrow", {{{"ce_count", true}, {"ue_count", false}}}, {"ch0_dimm_label", "mem_type"});
        const auto subject = "memory/" + printable(name);
        // Where modules are told apart the controller's own count is their sum and what belongs to none of them.
        report(subject, folder + (byRow ? "/ce_noinfo_count" : "/ce_count"), true, {});
        report(subject, folder + (byRow ? "/ue_noinfo_count" : "/ue_count"), false, {});
    }

private:
    bool places(const std::vector<std::string> &names, const std::string &folder, const std::string &controller, std::string_view prefix,
                const std::array<Counter, 2> &counters, const std::array<const char *, 2> &labels)
    {
        std::size_t found = 0;
        for (const auto &name : names) {
            if (!name.starts_with(prefix) || found >= mostPlaces)
                continue;
            const auto place = folder + '/' + name;
            protocol::Parameters parameters;
            for (const char *label : labels) {
                if (const auto text = m_reads.field(place + '/' + label))
                    parameters[label] = text->content.substr(0, 100);
            }
            bool any = false;
            for (const auto &[file, corrected] : counters)
                any |= report("memory/" + printable(controller) + '/' + printable(name), place + '/' + file, corrected, parameters);
            found += any;
        }
        return found > 0;
    }

    std::optional<double> number(const std::string &file)
    {
        const auto text = m_reads.read(file);
        const auto value = text ? parseInteger(trimmed(text->content)) : std::nullopt;
        if (!value || *value < 0)
            return std::nullopt;
        m_by = text->by;
        return double(*value);
    }

    bool report(const std::string &subject, const std::string &file, bool corrected, protocol::Parameters parameters)
    {
        const auto count = number(file);
        if (!count)
            return false;
        parameters["read_by"] = m_by;
        m_reporter.read(corrected ? "memory_errors_corrected" : "memory_errors_uncorrected", Unit::Count, subject, *count, parameters);
        if (corrected)
            m_reporter.read("memory_errors_per_day", Unit::Count, subject, *count / m_days, std::move(parameters));
        return true;
    }

    const Reporter &m_reporter;
    PrivilegedReads &m_reads;
    double m_days = 1;
    std::string m_by;
};

} // namespace

void reportMemoryErrors(const Reporter &reporter, PrivilegedReads &reads, Waivers &waivers)
{
    bool any = false;
    for (const auto &name : namesIn(reads.sysroot() / controllers)) {
        if (!name.starts_with("mc"))
            continue;
        MemoryErrors(reporter, reads).controller(name);
        any = true;
    }
    if (!any)
        waivers.notPresent("counters of memory errors (EDAC: no driver for this memory controller, or no ECC)");
}

} // namespace seatrial::engine
