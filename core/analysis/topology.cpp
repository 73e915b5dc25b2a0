// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/topology.h"

#include "core/analysis/part_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace seatrial::analysis {

using protocol::Part;

namespace {

constexpr std::size_t kMostMembers = 256; ///< of one kind; a node says how many there are
constexpr std::size_t kMostOthers = 1024;
constexpr std::array<std::string_view, 4> kOthers{"numa", "pcie_root_port", "pcie_switch", "nvswitch"};

std::string attribute(const Part &part, const char *name)
{
    const auto found = part.attributes.find(name);
    return found == part.attributes.end() ? std::string() : found->second;
}

/// The number at the end of "gpu/12", and what stands before it: GPU 2 comes before GPU 12.
std::tuple<std::string_view, long long, std::string_view> naturalKey(std::string_view place)
{
    const auto last = place.find_last_not_of("0123456789");
    const std::string_view digits = last == std::string_view::npos ? place : place.substr(last + 1);
    long long number = -1;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return {place.substr(0, place.size() - digits.size()), number, place};
}

/// "NV18" and the like; what is none of them is not known.
std::string wordOf(std::string_view text)
{
    constexpr std::array<std::string_view, 7> kWords{"X", "PIX", "PXB", "PHB", "NODE", "SYS", "PSB"};
    const bool links = text.starts_with("NV") && text.size() > 2 && text.size() <= 5 && text.find_first_not_of("0123456789", 2) == std::string_view::npos;
    return links || std::ranges::find(kWords, text) != kWords.end() ? std::string(text) : "?";
}

std::map<std::string, std::string, std::less<>> relationsOf(const Part &part)
{
    std::map<std::string, std::string, std::less<>> relations;
    const std::string text = attribute(part, "relations");
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        const std::string_view one = std::string_view(text).substr(at, end - at);
        if (const auto equals = one.find('='); equals != std::string_view::npos)
            relations.emplace(one.substr(0, equals), wordOf(one.substr(equals + 1)));
        at = end + 1;
    }
    return relations;
}

} // namespace

NodeTopology topologyOf(const domain::RunData &run, const domain::NodeId &node)
{
    std::map<std::string, const Part *> latest; ///< by place: parts that say how they are connected
    std::map<std::string, const Part *> others;
    for (const domain::NodePart &seen : run.parts) {
        if (seen.node != node)
            continue;
        const Part &part = seen.part;
        if ((part.kind == "gpu" || part.kind == "nic") && part.attributes.contains("relations"))
            latest[part.place] = &part;
        else if (std::ranges::find(kOthers, part.kind) != kOthers.end() && others.size() < kMostOthers)
            others[part.place] = &part;
    }

    domain::RunData own;
    own.info.nodes.push_back(node);
    std::ranges::copy_if(run.parts, std::back_inserter(own.parts), [&](const domain::NodePart &seen) { return seen.node == node; });
    const PartTable table(own, NodeTable(own.info));

    NodeTopology topology;
    for (const auto &[kind, label] : {std::pair{"gpu", "GPU"}, std::pair{"nic", "NIC"}}) {
        std::vector<const Part *> parts;
        for (const auto &[place, part] : latest) {
            if (part->kind == kind)
                parts.push_back(part);
        }
        std::ranges::sort(parts, [](const Part *a, const Part *b) { return naturalKey(a->place) < naturalKey(b->place); });
        parts.resize(std::min(parts.size(), kMostMembers));
        std::size_t number = 0;
        for (const Part *part : parts) {
            // GPUs keep the driver's numbers, adapters are counted as nvidia-smi does.
            const long long index = std::get<1>(naturalKey(part->place));
            const std::string which = part->kind == "gpu" && index >= 0 ? std::to_string(index) : std::to_string(number);
            const auto names = table.named(0, part->place);
            TopologyMember member{label + which, names.empty() ? domain::PartName{} : names.front(), attribute(*part, "cpu_affinity"), attribute(*part, "numa_node"),
                                  attribute(*part, "parent"), attribute(*part, "numa_affinity"), attribute(*part, "gpu_numa_id"), attribute(*part, "c2c")};
            if (member.cpus.empty())
                member.cpus = attribute(*part, "cpus");
            topology.members.push_back(std::move(member));
            ++number;
        }
    }
    for (const TopologyMember &row : topology.members) {
        const auto relations = relationsOf(*latest.at(row.part.place));
        auto &words = topology.words.emplace_back();
        for (const TopologyMember &column : topology.members) {
            const auto found = relations.find(column.part.place);
            words.push_back(found == relations.end() ? "?" : found->second);
        }
    }
    if (!topology.empty()) {
        for (const auto &[place, part] : others)
            topology.others.push_back(*part);
    }
    return topology;
}

} // namespace seatrial::analysis
