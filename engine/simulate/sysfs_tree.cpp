// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate/sysfs_tree.h"

#include "engine/simulate/host_tree.h"
#include "engine/simulate/noise.h"
#include "engine/simulate/tree_writer.h"

#include <array>
#include <cstdio>
#include <string_view>

#include <unistd.h>

namespace seatrial::engine::simulate {

namespace {

namespace fs = std::filesystem;

constexpr const char *bridgeClass = "0x060400";
constexpr int switchBoardBus = 0xf0; ///< the NVSwitches of a board are behind a PCIe switch of their own

std::string address(int bus, int device)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "0000:%02x:%02x.0", bus, device);
    return text.data();
}

std::string hex4(unsigned value)
{
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "0x%04x", value);
    return text.data();
}

/// "04:3f:72:…" or "b83f:d203:…" of the adapter's own number.
std::string hexBytes(std::uint64_t value, int groups, int digits, char between)
{
    std::string text;
    for (int group = groups - 1; group >= 0; --group) {
        std::array<char, 8> part{};
        std::snprintf(part.data(), part.size(), "%0*llx", digits, static_cast<unsigned long long>(value >> (group * digits * 4)) & ((1ULL << digits * 4) - 1));
        text += (text.empty() ? std::string() : std::string(1, between)) + part.data();
    }
    return text;
}

struct PciFunction {
    std::string address;
    const char *deviceClass;
    unsigned vendor;
    unsigned device;
    unsigned subsystem;
    int numa;
    int lanes;
    int lanesMax;
    double gigatransfers;
    const char *driver;
};

/// The PCI devices of the node, folder in folder as they hang below each other.
class PciTree
{
public:
    PciTree(const Model &model, TreeWriter &writer) : m_model(model), m_profile(model.profile()), m_sku(model.sku()), m_writer(writer) {}

    void write()
    {
        for (int which = 0; which < m_profile.switches; ++which)
            below(which);
        frontEnds();
        switchBoard();
    }

private:
    fs::path put(const fs::path &parent, const PciFunction &function);
    void putRest(const fs::path &at, const PciFunction &function);
    fs::path bridge(const fs::path &parent, const std::string &at, int numa, int lanes)
    {
        return put(parent, {at, bridgeClass, 0x1000, 0xc030, 0x1000, numa, lanes, 16, m_sku.linkGigatransfers(), "pcieport"});
    }
    void below(int which);
    void frontEnds();
    void switchBoard();
    void gpu(const fs::path &parent, int gpu);
    void nic(const fs::path &parent, std::size_t nic);
    void port(const fs::path &adapter, const Nic &nic, std::uint64_t guid);
    void interface(const fs::path &device, const Nic &nic, std::uint64_t guid);

    const Model &m_model;
    const Profile &m_profile;
    const Sku &m_sku;
    TreeWriter &m_writer;
};

fs::path PciTree::put(const fs::path &parent, const PciFunction &function)
{
    const fs::path at = parent / function.address;
    const std::string speed = std::to_string(int(function.gigatransfers)) + ".0 GT/s PCIe";
    m_writer.line(at / "class", function.deviceClass);
    m_writer.line(at / "vendor", hex4(function.vendor));
    m_writer.line(at / "device", hex4(function.device));
    m_writer.line(at / "numa_node", std::to_string(m_profile.numaNodes > 1 ? function.numa : -1));
    m_writer.line(at / "current_link_width", std::to_string(function.lanes));
    m_writer.line(at / "max_link_width", std::to_string(function.lanesMax));
    m_writer.line(at / "current_link_speed", speed);
    m_writer.line(at / "max_link_speed", speed);
    m_writer.folder(fs::path("sys/bus/pci/drivers") / function.driver);
    m_writer.link(at / "driver", fs::path("sys/bus/pci/drivers") / function.driver);
    m_writer.link(fs::path("sys/bus/pci/devices") / function.address, at);
    if (std::string_view(function.deviceClass) != bridgeClass)
        putRest(at, function);
    return at;
}

/// What nobody looks at on a bridge: there are many, and each file takes its time.
void PciTree::putRest(const fs::path &at, const PciFunction &function)
{
    m_writer.line(at / "subsystem_vendor", hex4(function.vendor));
    m_writer.line(at / "subsystem_device", hex4(function.subsystem));
    m_writer.line(at / "revision", "0xa1");
    m_writer.line(at / "local_cpulist", cpuListOf(m_profile, function.numa));
    m_writer.line(at / "power/runtime_status", "active");
    const bool narrow = function.lanes < function.lanesMax;
    m_writer.file(at / "aer_dev_correctable", std::string("RxErr ") + (narrow ? "37" : "0") + "\nBadTLP 0\nBadDLLP " + (narrow ? "12" : "0")
                      + "\nTOTAL_ERR_COR " + (narrow ? "49" : "0") + '\n');
    m_writer.file(at / "aer_dev_nonfatal", "Undefined 0\nTOTAL_ERR_NONFATAL 0\n");
    m_writer.file(at / "aer_dev_fatal", "Undefined 0\nTOTAL_ERR_FATAL 0\n");
}

/// Root port, switch, and on the switch a port for each device.
void PciTree::below(int which)
{
    const int bus = Profile::busOfSwitch(which), numa = m_profile.numaOfSwitch(which);
    std::array<char, 24> host{};
    std::snprintf(host.data(), host.size(), "pci0000:%02x", bus);
    const auto root = bridge(fs::path("sys/devices") / host.data(), address(bus, 1), numa, 16);
    const auto upstream = bridge(root, address(bus + 1, 0), numa, 16);
    int place = 0;
    for (int each = 0; each < m_profile.gpus; ++each) {
        if (m_profile.switchOfGpu(each) == which)
            gpu(bridge(upstream, address(bus + 2, place++), numa, m_model.pcieLanes(each)), each);
    }
    for (std::size_t each = 0; each < m_profile.nics.size(); ++each) {
        if (m_profile.nics[each].rail && m_profile.nics[each].pcieSwitch == which)
            nic(bridge(upstream, address(bus + 2, place++), numa, m_model.pcieLanes(m_profile.nics[each])), each);
    }
}

void PciTree::frontEnds()
{
    int place = 0;
    for (std::size_t each = 0; each < m_profile.nics.size(); ++each) {
        if (!m_profile.nics[each].rail)
            nic(bridge("sys/devices/pci0000:00", address(0, ++place), 0, m_model.pcieLanes(m_profile.nics[each])), each);
    }
}

void PciTree::switchBoard()
{
    if (m_sku.switches == 0)
        return;
    const auto upstream = bridge(bridge("sys/devices/pci0000:f0", address(switchBoardBus, 1), 0, 4), address(switchBoardBus + 1, 0), 0, 4);
    for (int each = 0; each < m_sku.switches; ++each)
        put(bridge(upstream, address(switchBoardBus + 2, each), 0, 2),
            {address(switchBoardBus + 3 + each, 0), "0x068000", 0x10de, m_sku.switchDevice, m_sku.switchDevice, 0, 2, 2, 16, "nvidia-nvswitch"});
}

void PciTree::gpu(const fs::path &parent, int gpu)
{
    put(parent, {m_profile.gpuAddress(gpu), "0x030200", 0x10de, m_sku.pciDevice, m_sku.pciSubsystem, m_profile.numaOfGpu(gpu),
                 m_model.pcieLanes(gpu), m_sku.pcieLanes, m_sku.linkGigatransfers(), "nvidia"});
}

void PciTree::nic(const fs::path &parent, std::size_t index)
{
    const Nic &nic = m_profile.nics[index];
    const int numa = nic.rail ? m_profile.numaOfSwitch(nic.pcieSwitch) : 0;
    const unsigned model = nic.gigabits >= 400 ? 0x1021 : nic.gigabits >= 200 ? 0x101b : 0x101d;
    const auto at = put(parent, {m_profile.nicAddress(index), nic.ethernet ? "0x020000" : "0x020700", 0x15b3, model, 0x0041, numa,
                                 m_model.pcieLanes(nic), 16, m_sku.linkGigatransfers(), "mlx5_core"});
    const std::uint64_t guid = std::uint64_t(0xb83fd2) << 40 | (scramble({m_profile.seed, 0x61c, index}) & 0xff'ffff'ffff);
    const auto adapter = at / "infiniband" / nic.name;
    m_writer.line(adapter / "fw_ver", nic.gigabits >= 400 ? "28.39.3560" : "20.39.3560");
    m_writer.line(adapter / "hca_type", nic.gigabits >= 400 ? "MT4129" : "MT4123");
    m_writer.line(adapter / "board_id", nic.gigabits >= 400 ? "MT_0000000838" : "MT_0000000223");
    m_writer.line(adapter / "node_guid", hexBytes(guid, 4, 4, ':'));
    m_writer.line(adapter / "sys_image_guid", hexBytes(guid, 4, 4, ':'));
    m_writer.line(adapter / "node_type", "1: CA");
    m_writer.link(adapter / "device", at);
    m_writer.link(fs::path("sys/class/infiniband") / nic.name, adapter);
    port(adapter / "ports/1", nic, guid);
    interface(at, nic, guid);
}

void PciTree::port(const fs::path &port, const Nic &nic, std::uint64_t guid)
{
    const char *lanes = nic.gigabits >= 400 ? "4X NDR" : nic.gigabits >= 200 ? "4X HDR" : "4X EDR";
    const bool slow = m_profile.nicFault(FaultKind::SlowRail, nic.name);
    m_writer.line(port / "state", "4: ACTIVE");
    m_writer.line(port / "phys_state", "5: LinkUp");
    m_writer.line(port / "rate", std::to_string(nic.gigabits) + " Gb/sec (" + lanes + ')');
    m_writer.line(port / "link_layer", nic.ethernet ? "Ethernet" : "InfiniBand");
    m_writer.line(port / "lid", nic.ethernet ? "0x0" : hex4(unsigned(guid & 0x3fff) + 1));
    m_writer.line(port / "sm_lid", nic.ethernet ? "0x0" : "0x1");
    m_writer.line(port / "gids/0", "fe80:0000:0000:0000:" + hexBytes(guid, 4, 4, ':'));
    for (const char *counter : {"link_downed", "link_error_recovery", "port_rcv_errors", "port_xmit_discards", "local_link_integrity_errors",
                                "excessive_buffer_overrun_errors", "port_rcv_remote_physical_errors", "VL15_dropped"})
        m_writer.line(port / "counters" / counter, "0");
    m_writer.line(port / "counters/symbol_error", slow ? "1842" : "0");
    m_writer.line(port / "counters/port_xmit_data", "48216403");
    m_writer.line(port / "counters/port_rcv_data", "48219377");
}

void PciTree::interface(const fs::path &device, const Nic &nic, std::uint64_t guid)
{
    const auto at = device / "net" / nic.interface;
    m_writer.line(at / "address", nic.ethernet ? hexBytes(guid & 0xffff'ffff'ffff, 6, 2, ':')
                                               : "00:00:10:49:fe:80:00:00:00:00:00:00:" + hexBytes(guid, 8, 2, ':'));
    m_writer.line(at / "operstate", "up");
    m_writer.line(at / "carrier", "1");
    m_writer.line(at / "carrier_changes", "2");
    m_writer.line(at / "carrier_down_count", "1");
    m_writer.line(at / "carrier_up_count", "1");
    m_writer.line(at / "speed", std::to_string(nic.gigabits * 1000));
    m_writer.line(at / "mtu", nic.ethernet ? "1500" : "4092");
    m_writer.line(at / "type", nic.ethernet ? "1" : "32");
    for (const char *counter : {"rx_errors", "tx_errors", "rx_dropped", "tx_dropped", "rx_bytes", "tx_bytes"})
        m_writer.line(at / "statistics" / counter, "0");
    m_writer.link(at / "device", device);
    m_writer.link(fs::path("sys/class/net") / nic.interface, at);
}

} // namespace

std::string makeSysfsTree(const Model &model, const fs::path &root)
{
    std::error_code error;
    if (fs::is_directory(root, error))
        return {};
    const fs::path unfinished = root.string() + ".part";
    fs::remove_all(unfinished, error); // of a process that was ended while it wrote
    TreeWriter writer(unfinished);
    PciTree(model, writer).write();
    writeHostTree(model, writer);
    if (writer.problem().empty()) {
        fs::rename(unfinished, root, error);
        return error ? "the tree of the simulated node cannot be put in its place " + root.string() + ": " + error.message() : std::string();
    }
    return writer.problem();
}

} // namespace seatrial::engine::simulate
