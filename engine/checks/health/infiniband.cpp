// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/infiniband.h"

#include "engine/checks/health/sysfs.h"
#include "engine/measure/text.h"

#include <array>
#include <optional>
#include <utility>

namespace seatrial::engine {

namespace {

using protocol::Unit;
namespace fs = std::filesystem;

constexpr std::array<std::pair<const char *, const char *>, 12> counters{{
    {"counters/link_downed", "ib_link_downed"},
    {"counters/link_error_recovery", "ib_link_recoveries"},
    {"counters/symbol_error", "ib_symbol_errors"},
    {"counters/port_rcv_errors", "ib_receive_errors"},
    {"counters/port_rcv_remote_physical_errors", "ib_remote_physical_errors"},
    {"counters/local_link_integrity_errors", "ib_link_integrity_errors"},
    {"counters/excessive_buffer_overrun_errors", "ib_buffer_overruns"},
    {"counters/port_xmit_discards", "ib_transmit_discards"},
    {"counters/VL15_dropped", "ib_management_drops"},
    // Of what the transport did about losses, mostly RoCE's.
    {"hw_counters/out_of_sequence", "ib_out_of_sequence"},
    {"hw_counters/packet_seq_err", "ib_sequence_errors"},
    {"hw_counters/local_ack_timeout_err", "ib_acknowledge_timeouts"},
}};

/// "4X" of "400 Gb/sec (4X NDR)": a port that lost lanes says 1X or 2X.
std::optional<double> lanesIn(std::string_view rate)
{
    const auto open = rate.find('('), cross = rate.find('X');
    return open == rate.npos || cross == rate.npos || cross < open ? std::nullopt : parseNumber(rate.substr(open + 1, cross - open - 1));
}

/// The adapter as the one thing that is exchanged: its GUID stays with it wherever it is put.
void reportAdapter(const Reporter &reporter, const fs::path &adapter, const std::string &name)
{
    protocol::Part part{"nic", "nic/" + printable(name), fieldOf(adapter / "node_guid"), fieldOf(adapter / "hca_type"), fieldOf(adapter / "fw_ver"), {}};
    if (const auto board = fieldOf(adapter / "board_id"); !board.empty())
        part.attributes["board_id"] = board;
    if (const auto address = linkName(adapter / "device"); !address.empty())
        part.attributes["pci_address"] = address;
    if (part.model.empty() && !fieldOf(adapter / "device/vendor").empty())
        part.model = fieldOf(adapter / "device/vendor") + ':' + fieldOf(adapter / "device/device");
    reporter.part(std::move(part));
}

void reportPort(const Reporter &reporter, const fs::path &port, const std::string &subject)
{
    protocol::Parameters parameters;
    for (const char *name : {"link_layer", "phys_state", "state", "rate", "lid", "sm_lid"}) {
        if (const auto text = readLine(port / name))
            parameters[name] = text->substr(0, 100);
    }
    if (const auto gid = readLine(port / "gids/0"); gid && gid->size() == 39)
        parameters["guid"] = gid->substr(20); // the second half of the port's first address
    // "4: ACTIVE", "400 Gb/sec (4X NDR)"
    if (parameters.contains("state"))
        reporter.read("ib_active", Unit::None, subject, parameters["state"].starts_with("4:") ? 1 : 0, parameters);
    if (parameters.contains("rate")) {
        const auto rate = parseNumber(words(parameters["rate"]).front());
        if (rate && *rate > 0)
            reporter.read("ib_rate", Unit::GigabitsPerSecond, subject, *rate, parameters);
        if (const auto lanes = lanesIn(parameters["rate"]); lanes && *lanes > 0)
            reporter.read("ib_lanes", Unit::Lanes, subject, *lanes, parameters);
    }
    for (const auto &[file, metric] : counters) {
        if (const auto count = readInteger(port / file); count && *count >= 0)
            reporter.read(metric, Unit::Count, subject, double(*count));
    }
}

} // namespace

void reportInfiniband(const Reporter &reporter, const fs::path &sysroot, Waivers &waivers)
{
    const auto adapters = sysroot / "sys/class/infiniband";
    bool any = false;
    for (const auto &adapter : namesIn(adapters)) {
        reportAdapter(reporter, adapters / adapter, adapter);
        for (const auto &port : namesIn(adapters / adapter / "ports")) {
            reportPort(reporter, adapters / adapter / "ports" / port, "ib/" + printable(adapter) + '/' + printable(port));
            any = true;
        }
    }
    if (!any)
        waivers.notPresent("InfiniBand or RoCE adapters");
}

} // namespace seatrial::engine
