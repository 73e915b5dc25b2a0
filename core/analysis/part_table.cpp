// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/part_table.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace seatrial::analysis {

using domain::PartName;
using protocol::Part;

namespace {

constexpr std::size_t kLongest = 80;     ///< of what a node says of a part, in a sentence
constexpr std::size_t kMostMentioned = 8; ///< parts that one sentence is about

/// Kinds whose places are subjects: "cpu/3" as a subject is a logical CPU, as a place a socket.
constexpr std::array<std::string_view, 5> kNamedKinds{"gpu", "nic", "nvswitch", "disk", "tray"};

constexpr std::initializer_list<const char *> kAddresses{"pci", "pci_address", "bus", "address"};

std::string shortened(const std::string &text)
{
    if (text.size() <= kLongest)
        return text;
    std::size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) // not within a letter
        --end;
    return text.substr(0, end) + "…";
}

std::string attribute(const Part &part, std::initializer_list<const char *> names)
{
    for (const char *name : names) {
        if (const auto found = part.attributes.find(name); found != part.attributes.end() && !found->second.empty())
            return found->second;
    }
    return {};
}

bool looksLikeMac(std::string_view text)
{
    return text.size() == 17 && std::ranges::count(text, ':') == 5;
}

bool looksLikeGuid(std::string_view text)
{
    return text.size() == 19 && std::ranges::count(text, ':') == 3;
}

PartName nameOf(const Part &part)
{
    PartName name;
    name.kind = part.kind;
    name.place = part.place;
    name.model = attribute(part, {"name", "product"});
    if (name.model.empty())
        name.model = part.model;
    name.serial = attribute(part, {"serial"});
    name.uuid = attribute(part, {"uuid"});
    name.guid = attribute(part, {"guid", "node_guid"});
    name.address = attribute(part, kAddresses);
    if (part.identity.empty())
        return name;
    if (part.identity.starts_with("GPU-"))
        name.uuid = part.identity;
    else if (looksLikeMac(part.identity))
        name.mac = part.identity;
    else if (looksLikeGuid(part.identity))
        name.guid = part.identity;
    else if (name.serial.empty())
        name.serial = part.identity;
    return name;
}

/// "GPU 3" for gpu/3, "NIC mlx5_0" for nic/mlx5_0.
std::string calledBy(std::string_view place)
{
    const auto slash = place.find('/');
    const std::string_view kind = place.substr(0, slash);
    const std::string which = slash == std::string_view::npos ? std::string() : " " + std::string(place.substr(slash + 1));
    if (kind == "gpu")
        return "GPU" + which;
    if (kind == "nic")
        return "NIC" + which;
    if (kind == "nvswitch")
        return "NVSwitch" + which;
    return std::string(kind) + which;
}

/// The first two steps of a path: "gpu/3" of "gpu/3/link/7".
std::string_view placeOf(std::string_view subject)
{
    const auto first = subject.find('/');
    if (first == std::string_view::npos)
        return subject;
    return subject.substr(0, subject.find('/', first + 1));
}

} // namespace

PartTable::PartTable(const domain::RunData &run, const NodeTable &nodes) : m_parts(static_cast<std::size_t>(nodes.size()))
{
    for (const domain::NodePart &seen : run.parts) {
        if (const auto node = nodes.find(seen.node.text()))
            add(*node, seen.part);
    }
}

void PartTable::add(int node, const Part &part)
{
    if (std::ranges::find(kNamedKinds, part.kind) == kNamedKinds.end())
        return;
    const auto [place, isNew] = m_parts[static_cast<std::size_t>(node)].try_emplace(part.place, part);
    if (isNew)
        return;
    Part &known = place->second;
    if (!part.identity.empty())
        known.identity = part.identity;
    if (!part.model.empty())
        known.model = part.model;
    if (!part.firmware.empty())
        known.firmware = part.firmware;
    for (const auto &[name, value] : part.attributes)
        known.attributes[name] = value;
}

const Part *PartTable::find(int node, std::string_view place) const
{
    const auto &parts = m_parts[static_cast<std::size_t>(node)];
    const auto found = parts.find(place);
    return found == parts.end() ? nullptr : &found->second;
}

const Part *PartTable::atAddress(int node, std::string_view address) const
{
    for (const auto &[place, part] : m_parts[static_cast<std::size_t>(node)]) {
        if (!part.identity.empty() && attribute(part, kAddresses) == address)
            return &part;
    }
    return nullptr;
}

std::string PartTable::physical(int node, std::string_view subject) const
{
    const std::string_view place = placeOf(subject);
    const Part *part = ofSubject(node, subject);
    const std::string address = part ? attribute(*part, kAddresses) : place.starts_with("pci/") ? std::string(place.substr(4)) : std::string();
    return (address.empty() ? std::string(place) : address) + std::string(subject.substr(place.size()));
}

const Part *PartTable::ofSubject(int node, std::string_view subject) const
{
    const std::string_view place = placeOf(subject);
    if (const Part *part = find(node, place))
        return part;
    if (place.starts_with("pci/"))
        return atAddress(node, place.substr(4));
    if (!place.starts_with("ib/") && !place.starts_with("nic/"))
        return nullptr;
    // A port of an adapter is called by the adapter here, by its interface there.
    const std::string name(place.substr(place.find('/') + 1));
    if (const Part *part = find(node, "nic/" + name))
        return part;
    for (const auto &[at, part] : m_parts[static_cast<std::size_t>(node)]) {
        if (part.kind == "nic" && attribute(part, {"hca"}) == name)
            return &part;
    }
    return nullptr;
}

std::vector<PartName> PartTable::named(int node, std::string_view subject) const
{
    std::vector<PartName> names;
    const auto ends = pairEnds(subject);
    const auto addPart = [&](std::string_view one) {
        if (const Part *part = ofSubject(node, one))
            names.push_back(nameOf(*part));
    };
    addPart(ends ? ends->first : subject);
    if (ends)
        addPart(ends->second);
    return names;
}

std::vector<const Part *> PartTable::gpusOf(int node, std::string_view subject) const
{
    std::vector<const Part *> gpus;
    const auto addGpu = [&](const Part *part) {
        if (part && part->kind == "gpu")
            gpus.push_back(part);
    };
    if (subject == "node") {
        for (const auto &[place, part] : m_parts[static_cast<std::size_t>(node)])
            addGpu(&part);
        return gpus;
    }
    const auto ends = pairEnds(subject);
    addGpu(ofSubject(node, ends ? ends->first : subject));
    if (ends)
        addGpu(ofSubject(node, ends->second));
    return gpus;
}

std::string PartTable::shown(const PartName &part)
{
    const std::string serial = !part.serial.empty() ? "serial " + part.serial
        : !part.uuid.empty()                        ? "UUID " + part.uuid
        : !part.guid.empty()                        ? "GUID " + part.guid
        : !part.mac.empty()                         ? "MAC " + part.mac
                                                    : std::string();
    std::string details;
    for (const std::string &detail : {part.model, serial, part.address}) {
        if (!detail.empty())
            details += (details.empty() ? "" : ", ") + shortened(detail);
    }
    return calledBy(part.place) + (details.empty() ? std::string() : " (" + details + ")");
}

std::string PartTable::shown(int node, std::string_view subject) const
{
    if (const auto ends = pairEnds(subject)) {
        const std::string from = shown(node, ends->first), to = shown(node, ends->second);
        return from.empty() || to.empty() ? std::string() : from + " → " + to;
    }
    const auto names = named(node, subject);
    if (names.empty())
        return {};
    const std::string_view place = placeOf(subject);
    if (place.size() == subject.size())
        return shown(names.front());
    std::string within(subject.substr(place.size() + 1)); // "link/7", or "1" of a port
    if (place.starts_with("gpu/") && within.starts_with("link/"))
        within.replace(0, 5, "NVLink ");
    std::ranges::replace(within, '/', ' ');
    return (place.starts_with("ib/") ? "port " : "") + within + " of " + shown(names.front());
}

std::vector<PartName> PartTable::mentioned(int node, std::string_view sentence) const
{
    std::vector<PartName> names;
    for (const std::string_view word : {std::string_view("GPU "), std::string_view("gpu/")}) {
        for (auto at = sentence.find(word); at != std::string_view::npos && names.size() < kMostMentioned; at = sentence.find(word, at + 1)) {
            std::size_t end = at + word.size();
            while (end < sentence.size() && std::isdigit(static_cast<unsigned char>(sentence[end])))
                ++end;
            const Part *part = find(node, "gpu/" + std::string(sentence.substr(at + word.size(), end - at - word.size())));
            if (part && std::ranges::find(names, part->place, &PartName::place) == names.end())
                names.push_back(nameOf(*part));
        }
    }
    return names;
}

} // namespace seatrial::analysis
