// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/topology_writer.h"

#include "core/analysis/part_table.h"
#include "core/report/table.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace seatrial::report {

using analysis::NodeTopology;
using analysis::TopologyMember;

namespace {

constexpr std::array<std::array<const char *, 2>, 8> kLegend{{
    {"X", "itself"},
    {"SYS", "through PCIe and the link between NUMA nodes"},
    {"NODE", "through PCIe and the link between host bridges of one NUMA node"},
    {"PHB", "through PCIe and its host bridge (as a rule the processor)"},
    {"PXB", "through several PCIe switches, not through the host bridge"},
    {"PIX", "through at most one PCIe switch"},
    {"NV#", "through # NVLinks"},
    {"?", "not known"},
}};

bool isGpu(const TopologyMember &member)
{
    return member.part.kind == "gpu";
}

std::string padded(const std::string &text, std::size_t width)
{
    return text + std::string(width > text.size() ? width - text.size() : 0, ' ');
}

/// The column "NUMA Affinity" of nvidia-smi: what the driver says, else the NUMA node that the kernel says.
const std::string &numaAffinity(const TopologyMember &member)
{
    return member.memoryNear.empty() ? member.numa : member.memoryNear;
}

std::string orNotApplicable(const std::string &text)
{
    return text.empty() ? std::string("N/A") : printable(text);
}

nlohmann::ordered_json memberJson(const NodeTopology &topology, std::size_t index)
{
    const TopologyMember &member = topology.members[index];
    nlohmann::ordered_json json{{"name", member.label}, {"kind", member.part.kind}, {"place", member.part.place}};
    const auto add = [&](const char *name, const std::string &value) {
        if (!value.empty())
            json[name] = value;
    };
    add("model", member.part.model);
    add("serial", member.part.serial);
    add("uuid", member.part.uuid);
    add("guid", member.part.guid);
    add("pci", member.part.address);
    add("cpus", member.cpus);
    add("numa", member.numa);
    add("numa_affinity", member.memoryNear);
    add("gpu_numa_id", member.ownNuma);
    add("c2c", member.coherent);
    add("parent", member.parent);
    auto &relations = json["relations"] = nlohmann::ordered_json::object();
    for (std::size_t other = 0; other < topology.members.size(); ++other)
        relations[topology.members[other].label] = topology.words[index][other];
    return json;
}

} // namespace

std::string topologyText(const NodeTopology &topology)
{
    constexpr std::size_t kColumn = 6; // the longest words, and two blanks
    std::size_t cpusWidth = std::string("CPU Affinity").size();
    std::size_t numaWidth = std::string("NUMA Affinity").size();
    for (const TopologyMember &member : topology.members) {
        cpusWidth = std::max(cpusWidth, printable(member.cpus).size());
        numaWidth = std::max(numaWidth, printable(numaAffinity(member)).size());
    }
    std::string text = padded("", kColumn);
    for (const TopologyMember &member : topology.members)
        text += "  " + padded(member.label, kColumn);
    text += "  " + padded("CPU Affinity", cpusWidth) + "  " + padded("NUMA Affinity", numaWidth) + "  GPU NUMA ID\n";
    for (std::size_t row = 0; row < topology.members.size(); ++row) {
        const TopologyMember &member = topology.members[row];
        std::string line = padded(member.label, kColumn);
        for (const std::string &word : topology.words[row])
            line += "  " + padded(word == "X" ? " X" : word, kColumn);
        if (isGpu(member))
            line += "  " + padded(orNotApplicable(member.cpus), cpusWidth) + "  " + padded(orNotApplicable(numaAffinity(member)), numaWidth) + "  "
                + orNotApplicable(member.ownNuma);
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    text += "\nLegend:\n\n";
    for (const auto &[word, meaning] : kLegend)
        text += fmt::format("  {:<4} = {}\n", word, meaning);
    text += "\nParts:\n\n";
    for (const TopologyMember &member : topology.members)
        text += fmt::format("  {}: {}{}{}\n", member.label, printable(analysis::PartTable::shown(member.part)),
                            member.parent.empty() ? std::string() : ", below " + printable(member.parent),
                            member.coherent.empty() ? std::string() : ", NVLink-C2C to " + printable(member.coherent));
    for (const protocol::Part &part : topology.others) {
        if (part.kind == "nvswitch")
            text += fmt::format("  {}: {}\n", printable(part.place), printable(part.model));
    }
    return text;
}

std::string topologyJson(const domain::RunId &run, const domain::NodeId &node, const NodeTopology &topology)
{
    nlohmann::ordered_json json{{"run", run.text()}, {"node", node.text()}};
    json["members"] = nlohmann::ordered_json::array();
    for (std::size_t index = 0; index < topology.members.size(); ++index)
        json["members"].push_back(memberJson(topology, index));
    json["others"] = nlohmann::ordered_json::array();
    for (const protocol::Part &part : topology.others) {
        nlohmann::ordered_json other{{"kind", part.kind}, {"place", part.place}};
        if (!part.model.empty())
            other["model"] = part.model;
        for (const char *name : {"parent", "cpus", "pci_address"}) {
            if (const auto found = part.attributes.find(name); found != part.attributes.end())
                other[name] = found->second;
        }
        json["others"].push_back(std::move(other));
    }
    return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

} // namespace seatrial::report
