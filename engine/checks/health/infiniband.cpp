// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/infiniband.h"

#include "engine/checks/health/sysfs.h"
#include "engine/measure/text.h"

#include <array>
#include <utility>

namespace seatrial::engine {

namespace {

using protocol::Unit;
namespace fs = std::filesystem;

constexpr std::array<std::pair<const char *, const char *>, 4> counters{{
    {"link_downed", "ib_link_downed"},
    {"link_error_recovery", "ib_link_recoveries"},
    {"symbol_error", "ib_symbol_errors"},
    {"port_rcv_errors", "ib_receive_errors"},
}};

void reportPort(const Reporter &reporter, const fs::path &port, const std::string &subject)
{
    protocol::Parameters parameters;
    for (const char *name : {"link_layer", "phys_state", "state", "rate"}) {
        if (const auto text = readLine(port / name))
            parameters[name] = text->substr(0, 100);
    }
    // "4: ACTIVE", "400 Gb/sec (4X NDR)"
    if (parameters.contains("state"))
        reporter.read("ib_active", Unit::None, subject, parameters["state"].starts_with("4:") ? 1 : 0, parameters);
    if (parameters.contains("rate")) {
        const auto rate = parseNumber(words(parameters["rate"]).front());
        if (rate && *rate > 0)
            reporter.read("ib_rate", Unit::GigabitsPerSecond, subject, *rate, parameters);
    }
    for (const auto &[file, metric] : counters) {
        if (const auto count = readInteger(port / "counters" / file); count && *count >= 0)
            reporter.read(metric, Unit::Count, subject, double(*count));
    }
}

} // namespace

void reportInfiniband(const Reporter &reporter, const fs::path &sysroot, Waivers &waivers)
{
    const auto adapters = sysroot / "sys/class/infiniband";
    bool any = false;
    for (const auto &adapter : namesIn(adapters)) {
        for (const auto &port : namesIn(adapters / adapter / "ports")) {
            reportPort(reporter, adapters / adapter / "ports" / port, "ib/" + printable(adapter) + '/' + printable(port));
            any = true;
        }
    }
    if (!any)
        waivers.notPresent("InfiniBand or RoCE adapters");
}

} // namespace seatrial::engine
