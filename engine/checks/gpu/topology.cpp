// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/topology.h"

#include "engine/checks/health/sysfs.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

namespace seatrial::engine {

namespace {

namespace fs = std::filesystem;

constexpr unsigned kNvidia = 0x10de;
constexpr int kMostGpus = 64;
constexpr std::size_t kMostNics = 128;
constexpr std::size_t kMostNameBytes = 40;

bool isGpu(const PciFunction &function)
{
    const auto kind = function.classCode >> 8;
    return function.vendor == kNvidia && (kind == 0x0300 || kind == 0x0302);
}

/// Handed to a virtual machine: the driver of this node cannot know it.
bool isGivenAway(const PciFunction &function)
{
    return linkName(function.folder / "driver") == "vfio-pci";
}

bool isNvSwitch(const PciFunction &function)
{
    return function.vendor == kNvidia && function.classCode >> 8 == 0x0680;
}

std::string hex(unsigned value, int digits)
{
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "0x%0*x", digits, value);
    return text.data();
}

/// mlx5_2 before mlx5_10.
bool inNaturalOrder(const std::string &one, const std::string &other)
{
    const auto stem = [](const std::string &name) { return name.substr(0, name.find_last_not_of("0123456789") + 1); };
    if (stem(one) != stem(other))
        return stem(one) < stem(other);
    return one.size() != other.size() ? one.size() < other.size() : one < other;
}

/// Part of a place, so without what parts words there.
std::string nameOf(std::string text)
{
    text = printable(text).substr(0, kMostNameBytes);
    std::replace_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '=' || c == '/'; }, '_');
    return text;
}

/// Of a NUMA node. One that does not say how much it has, has some.
bool hasNoMemory(const fs::path &node)
{
    constexpr std::size_t most = 4096;
    const auto text = readText(node / "meminfo", most);
    const auto total = text ? text->find("MemTotal:") : std::string::npos;
    if (!text || total == text->npos)
        return false;
    const auto numbers = words(std::string_view(*text).substr(total + 9, 40));
    return !numbers.empty() && numbers.front() == "0";
}

class TopologyReader
{
public:
    TopologyReader(const PciTree &tree, const fs::path &sysroot, Management &management) : m_tree(tree), m_sysroot(sysroot), m_management(management) {}

    Topology all()
    {
        m_topology.board = fieldOf(m_sysroot / "sys/class/dmi/id/product_name");
        gpus();
        nics();
        nvSwitches();
        relations();
        numaNodes();
        for (auto *rows : {&m_topology.gpus, &m_topology.nics, &m_topology.nvswitches}) {
            for (TopologyRow &row : *rows)
                place(row);
        }
        return std::move(m_topology);
    }

private:
    void gpus();
    void addKnownGpu(int index);
    static void takeLinks(TopologyRow &row, const Reading &reading);
    void nics();
    void nvSwitches();
    void relations();
    void relate(TopologyRow &one, TopologyRow &other);
    void numaNodes();
    void place(TopologyRow &row);
    std::string bridgeAbove(const PciFunction &function);
    std::string numaText(const PciFunction &function) const;

    const PciTree &m_tree;
    const fs::path &m_sysroot;
    Management &m_management;
    Topology m_topology;
    std::set<std::string> m_bridges;
};

void TopologyReader::gpus()
{
    for (const auto &[address, function] : m_tree.functions())
        m_topology.gpusOnBus += isGpu(function) && !isGivenAway(function);
    const auto count = m_management.count();
    if (count) {
        for (int index = 0; index < std::min(*count, kMostGpus); ++index)
            addKnownGpu(index);
        return;
    }
    // Without a driver the bus alone tells what is there; the driver would number them in the order of their addresses.
    m_topology.driverTrouble = count.problem().text.empty() ? "the driver does not answer" : count.problem().text;
    for (const auto &[address, function] : m_tree.functions()) {
        if (!isGpu(function) || isGivenAway(function) || m_topology.gpus.size() >= kMostGpus)
            continue;
        TopologyRow row;
        row.part.kind = "gpu";
        row.part.place = "gpu/" + std::to_string(m_topology.gpus.size());
        row.part.attributes["pci_address"] = address;
        row.pci = &function;
        m_topology.gpus.push_back(std::move(row));
    }
}

void TopologyReader::addKnownGpu(int index)
{
    TopologyRow row;
    row.gpu = index;
    auto identity = m_management.identity(index);
    if (identity) {
        row.part = std::move(*identity);
        if (const auto address = row.part.attributes.find("pci_address"); address != row.part.attributes.end())
            row.pci = m_tree.find(address->second);
        for (const auto &reading : m_management.readings(index))
            takeLinks(row, reading);
    } else if (identity.problem().trouble == DeviceTrouble::Lost) {
        m_topology.lost.push_back("GPU " + std::to_string(index) + " is lost: " + identity.problem().text);
    }
    row.part.kind = "gpu";
    row.part.place = "gpu/" + std::to_string(index);
    m_topology.gpus.push_back(std::move(row));
}

void TopologyReader::takeLinks(TopologyRow &row, const Reading &reading)
{
    if (reading.metric == "nvlink_active")
        row.nvlinks = reading.value;
    else if (reading.metric == "c2c_active")
        row.coherentLinks = reading.value;
    else if (reading.metric == "c2c_speed" && reading.value && *reading.value > 0)
        row.coherentSpeed = std::min(row.coherentSpeed.value_or(*reading.value), *reading.value);
}

void TopologyReader::nics()
{
    const auto folder = m_sysroot / "sys/class/infiniband";
    auto names = namesIn(folder);
    std::sort(names.begin(), names.end(), inNaturalOrder);
    for (const auto &name : names) {
        if (m_topology.nics.size() >= kMostNics)
            return;
        const auto adapter = folder / name;
        std::error_code error;
        const auto device = fs::canonical(adapter / "device", error);
        TopologyRow row;
        row.pci = error ? nullptr : m_tree.find(device.filename().string());
        if (!row.pci) // made by software (rxe, siw): hangs on nothing
            continue;
        row.part = {"nic", "nic/" + nameOf(name), fieldOf(adapter / "node_guid"), fieldOf(adapter / "hca_type"), fieldOf(adapter / "fw_ver"), {}};
        if (const auto board = fieldOf(adapter / "board_id"); !board.empty())
            row.part.attributes["board_id"] = board;
        for (const auto &interface : namesIn(device / "net"))
            row.part.attributes["interface"] = printable(interface).substr(0, kMostNameBytes);
        if (row.part.model.empty())
            row.part.model = hex(row.pci->vendor, 4) + ':' + hex(row.pci->device, 4);
        m_topology.nics.push_back(std::move(row));
    }
}

void TopologyReader::nvSwitches()
{
    for (const auto &[address, function] : m_tree.functions()) {
        if (!isNvSwitch(function) || m_topology.nvswitches.size() >= kMostNics)
            continue;
        TopologyRow row;
        row.part = {"nvswitch", "nvswitch/" + std::to_string(m_topology.nvswitches.size()), {}, hex(function.vendor, 4) + ':' + hex(function.device, 4), {}, {}};
        row.pci = &function;
        m_topology.nvswitches.push_back(std::move(row));
    }
}

void TopologyReader::relations()
{
    std::vector<TopologyRow *> rows;
    for (auto *list : {&m_topology.gpus, &m_topology.nics}) {
        for (TopologyRow &row : *list)
            rows.push_back(&row);
    }
    for (std::size_t one = 0; one < rows.size(); ++one) {
        rows[one]->relations[rows[one]->part.place] = "X";
        for (std::size_t other = one + 1; other < rows.size(); ++other)
            relate(*rows[one], *rows[other]);
    }
}

void TopologyReader::relate(TopologyRow &one, TopologyRow &other)
{
    std::string word = one.pci && other.pci ? std::string(relationWord(*one.pci, *other.pci)) : "?";
    if (one.gpu >= 0 && other.gpu >= 0 && m_topology.driverTrouble.empty()) {
        const auto said = m_management.relation(one.gpu, other.gpu);
        if (said && (said->links > 0 || word == "?")) {
            word = said->word.substr(0, 8);
        } else if (said && said->word != word && !said->word.empty()) {
            m_topology.disagreements.push_back(one.part.place + " and " + other.part.place + ": the driver says " + printable(said->word.substr(0, 8)) + ", sysfs " + word);
        }
    }
    one.relations[other.part.place] = word;
    other.relations[one.part.place] = word;
}

void TopologyReader::numaNodes()
{
    constexpr std::size_t kMostNumaNodes = 256;
    for (const auto &name : namesIn(m_sysroot / "sys/devices/system/node")) {
        const auto number = name.starts_with("node") ? parseInteger(name.substr(4)) : std::nullopt;
        if (!number || m_topology.numaNodes.size() >= kMostNumaNodes)
            continue;
        protocol::Part part{"numa", "numa/" + std::to_string(*number), {}, {}, {}, {}};
        const auto folder = m_sysroot / "sys/devices/system/node" / name;
        const auto cpus = readLine(folder / "cpulist");
        if (cpus && !cpus->empty())
            part.attributes["cpus"] = cpus->substr(0, 200);
        else if (hasNoMemory(folder)) // Grace sets numbers aside for parts of a GPU (MIG): there is nothing behind them
            continue;
        for (const TopologyRow &gpu : m_topology.gpus) {
            const auto own = gpu.part.attributes.find("gpu_numa_id");
            if (own != gpu.part.attributes.end() && own->second == std::to_string(*number))
                part.attributes["memory_of"] = gpu.part.place;
        }
        m_topology.numaNodes.push_back(std::move(part));
    }
}

/// A node with one NUMA node often does not say where a device is: it can only be there.
std::string TopologyReader::numaText(const PciFunction &function) const
{
    if (function.numaNode >= 0)
        return std::to_string(function.numaNode);
    const auto hasCpus = [](const protocol::Part &node) { return node.attributes.contains("cpus"); };
    const auto &nodes = m_topology.numaNodes;
    const auto only = std::find_if(nodes.begin(), nodes.end(), hasCpus);
    return std::count_if(nodes.begin(), nodes.end(), hasCpus) == 1 ? only->place.substr(5) : std::string();
}

/// Makes parts of the root port and the switches above @p function. The place of the lowest.
std::string TopologyReader::bridgeAbove(const PciFunction &function)
{
    std::string parent;
    for (std::size_t level = 0; level + 1 < function.path.size(); ++level) {
        // Root port, then a switch: the port towards the root, the port towards the device, and so on.
        const bool downward = level > 0 && level % 2 == 0;
        const PciFunction *bridge = m_tree.find(function.path[level]);
        if (!bridge || downward)
            continue;
        const std::string place = "pcie/" + bridge->address;
        if (m_bridges.insert(place).second) {
            protocol::Part part{level == 0 ? "pcie_root_port" : "pcie_switch", place, {}, hex(bridge->vendor, 4) + ':' + hex(bridge->device, 4), {}, {}};
            const std::string numa = numaText(*bridge);
            part.attributes["parent"] = !parent.empty() ? parent : numa.empty() ? function.host : "numa/" + numa;
            part.attributes["host"] = function.host;
            m_topology.bridges.push_back(std::move(part));
        }
        parent = place;
    }
    return parent;
}

void TopologyReader::place(TopologyRow &row)
{
    auto &attributes = row.part.attributes;
    std::string text;
    for (const auto &[place, word] : row.relations)
        text += (text.empty() ? "" : " ") + place + '=' + word;
    if (!text.empty())
        attributes["relations"] = text.substr(0, 4000);
    if (!row.pci)
        return;
    attributes["pci_address"] = row.pci->address;
    if (!attributes.contains("pci_device_id"))
        attributes["pci_device_id"] = hex(row.pci->device << 16 | row.pci->vendor, 8);
    if (!row.pci->cpus.empty())
        attributes["cpus"] = row.pci->cpus;
    const std::string numa = numaText(*row.pci);
    if (!numa.empty())
        attributes["numa_node"] = numa;
    if (row.coherentLinks && !numa.empty())
        attributes["c2c"] = "numa/" + numa; // its processor
    const std::string bridge = bridgeAbove(*row.pci);
    attributes["parent"] = !bridge.empty() ? bridge : !numa.empty() ? "numa/" + numa : row.pci->host;
    if (attributes["parent"].empty())
        attributes.erase("parent");
}

} // namespace

Topology readTopology(const PciTree &tree, const fs::path &sysroot, Management &management)
{
    return TopologyReader(tree, sysroot, management).all();
}

} // namespace seatrial::engine
