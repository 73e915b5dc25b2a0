// SPDX-License-Identifier: Apache-2.0
#include "engine/device/nvml/reader.h"
#include "engine/measure/text.h"

#include <cstdio>
#include <cstring>
#include <iterator>
#include <vector>

namespace seatrial::engine::nvml {

namespace {

std::string textOf(const Gpu &gpu, const Function<Library::Text> &function)
{
    char text[128] = {};
    return function(gpu.handle, text, sizeof text - 1) == result::success ? printable(text) : std::string();
}

std::string hexNumber(unsigned value, int digits)
{
    char text[16];
    std::snprintf(text, sizeof text, "0x%0*X", digits, value);
    return text;
}

/// "00000000:1B:00.0" → "0000:1b:00.0", as the kernel writes it.
std::string addressOf(const PciInfo &pci)
{
    unsigned function = 0;
    char id[sizeof pci.busId + 1] = {};
    std::memcpy(id, pci.busId, sizeof pci.busId);
    if (const char *const point = std::strrchr(id, '.'))
        function = unsigned(point[1] - '0') & 7U;
    char text[32];
    std::snprintf(text, sizeof text, "%04x:%02x:%02x.%x", pci.domain, pci.bus & 0xffU, pci.device & 0x1fU, function);
    return text;
}

void addPci(const Gpu &gpu, protocol::Parameters &attributes)
{
    PciInfo pci{};
    if (gpu.library.pciInfo(gpu.handle, &pci) != result::success)
        return;
    attributes["pci_address"] = addressOf(pci);
    attributes["pci_device_id"] = hexNumber(pci.pciDeviceId, 8);
    attributes["pci_subsystem_id"] = hexNumber(pci.pciSubSystemId, 8);
}

void addInforom(const Gpu &gpu, protocol::Parameters &attributes)
{
    if (auto image = textOf(gpu, gpu.library.inforomImage); !image.empty())
        attributes["inforom_image"] = std::move(image);
    constexpr const char *objects[] = {"inforom_oem", "inforom_ecc", "inforom_power"};
    for (unsigned object = 0; object < 3; ++object) {
        char text[64] = {};
        if (gpu.library.inforomVersion(gpu.handle, object, text, sizeof text - 1) == result::success && *text)
            attributes[objects[object]] = printable(text);
    }
}

bool anySet(const unsigned char (&bytes)[16])
{
    for (const auto byte : bytes) {
        if (byte)
            return true;
    }
    return false;
}

void addPlatform(const Gpu &gpu, protocol::Parameters &attributes)
{
    PlatformInfo info{};
    info.version = versioned(sizeof info, 2);
    Result outcome = gpu.library.platformInfo(gpu.handle, &info);
    const bool newest = outcome == result::success;
    if (!newest) {
        info = {};
        info.version = versioned(sizeof info, 1);
        outcome = gpu.library.platformInfo(gpu.handle, &info);
    }
    if (outcome != result::success)
        return;
    if (newest) {
        char serial[17] = {};
        std::memcpy(serial, info.chassisSerial, sizeof info.chassisSerial);
        if (*serial)
            attributes["chassis_serial"] = printable(serial);
    } else if (anySet(info.chassisSerial)) {
        attributes["rack_guid"] = uuidText(info.chassisSerial);
    }
    if (anySet(info.ibGuid))
        attributes["fabric_guid"] = uuidText(info.ibGuid);
    attributes["slot"] = std::to_string(info.slot);
    attributes["tray"] = std::to_string(info.tray);
    attributes["host_id"] = std::to_string(info.host);
    attributes["peer_type"] = std::to_string(info.peerType);
    attributes["module_id"] = std::to_string(info.module);
}

void addFabric(const Gpu &gpu, protocol::Parameters &attributes)
{
    const Fabric fabric = readFabric(gpu);
    if (fabric.outcome != result::success || fabric.info.state == 0)
        return;
    attributes["fabric_state"] = fabricStateText(fabric.info.state);
    constexpr unsigned completed = 3;
    if (fabric.info.state != completed)
        return; // the rest is filled in with the answer of the fabric manager
    attributes["fabric_clique"] = std::to_string(fabric.info.cliqueId);
    attributes["fabric_cluster_uuid"] = uuidText(fabric.info.clusterUuid);
    attributes["fabric_status"] = fabric.info.status == result::success ? "Success" : gpu.library.describe("fabric", fabric.info.status);
}

/// "0,3-9,11-17" of the bits that are set.
template <std::size_t Words>
std::string bitList(const unsigned long (&words)[Words])
{
    constexpr std::size_t bits = 8 * sizeof words[0];
    std::vector<int> set;
    for (std::size_t bit = 0; bit < Words * bits; ++bit) {
        if (words[bit / bits] >> bit % bits & 1U)
            set.push_back(int(bit));
    }
    return cpuListText(set);
}

/// What `nvidia-smi topo -m` has in its columns "CPU Affinity" and "NUMA Affinity": a GPU behind NVLink-C2C is near several NUMA nodes.
void addAffinity(const Gpu &gpu, protocol::Parameters &attributes)
{
    constexpr unsigned ofNumaNode = 0; // NVML_AFFINITY_SCOPE_NODE
    unsigned long cpus[64] = {}, nodes[16] = {};
    if (gpu.library.cpuAffinity(gpu.handle, std::size(cpus), cpus) == result::success) {
        if (auto list = bitList(cpus); !list.empty())
            attributes["cpu_affinity"] = std::move(list);
    }
    if (gpu.library.memoryAffinity(gpu.handle, std::size(nodes), nodes, ofNumaNode) == result::success) {
        if (auto list = bitList(nodes); !list.empty())
            attributes["numa_affinity"] = std::move(list);
    }
}

void addModes(const Gpu &gpu, protocol::Parameters &attributes)
{
    const auto onOff = [](unsigned mode) { return mode ? "Enabled" : "Disabled"; };
    unsigned current = 0, pending = 0;
    if (gpu.library.migMode(gpu.handle, &current, &pending) == result::success) {
        attributes["mig_mode"] = onOff(current);
        if (pending != current)
            attributes["mig_mode_pending"] = onOff(pending);
    }
    if (gpu.library.eccMode(gpu.handle, &current, &pending) == result::success) {
        attributes["ecc_mode"] = onOff(current);
        if (pending != current)
            attributes["ecc_mode_pending"] = onOff(pending);
    }
    if (gpu.library.persistenceMode(gpu.handle, &current) == result::success)
        attributes["persistence_mode"] = onOff(current);
    if (gpu.library.computeMode(gpu.handle, &current) == result::success)
        attributes["compute_mode"] = computeModeText(current);
}

} // namespace

std::string uuidText(const unsigned char (&bytes)[16])
{
    std::string text;
    char hex[4];
    for (std::size_t i = 0; i < sizeof bytes; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text += '-';
        std::snprintf(hex, sizeof hex, "%02x", bytes[i]);
        text += hex;
    }
    return text;
}

protocol::Part readIdentity(const Gpu &gpu, const protocol::Parameters &versions)
{
    const Library &library = gpu.library;
    protocol::Part part;
    part.kind = "gpu";
    part.place = gpu.subject();
    part.model = textOf(gpu, library.productName);
    part.firmware = textOf(gpu, library.vbios);
    part.attributes = versions;
    const auto put = [&](const char *name, std::string value) {
        if (!value.empty())
            part.attributes[name] = std::move(value);
    };
    const std::string serial = textOf(gpu, library.serial), uuid = textOf(gpu, library.uuid);
    part.identity = serial.empty() ? uuid : serial;
    put("serial", serial);
    put("uuid", uuid);
    put("board_part_number", textOf(gpu, library.boardPartNumber));
    char firmware[96] = {};
    if (library.gspFirmware(gpu.handle, firmware) == result::success)
        put("gsp_firmware", printable(std::string_view(firmware, strnlen(firmware, sizeof firmware))));
    const auto number = [&](const char *name, const Function<Library::Number> &function, auto text) {
        unsigned value = 0;
        if (function(gpu.handle, &value) == result::success)
            part.attributes[name] = text(value);
    };
    const auto decimal = [](unsigned value) { return std::to_string(value); };
    number("board_id", library.boardId, [](unsigned value) { return hexNumber(value, 4); });
    number("module_id", library.moduleId, decimal);
    number("minor_number", library.minorNumber, decimal);
    number("architecture", library.architecture, architectureText);
    number("gpu_numa_id", library.ownNumaNode, decimal);
    addAffinity(gpu, part.attributes);
    addPci(gpu, part.attributes);
    addInforom(gpu, part.attributes);
    addPlatform(gpu, part.attributes);
    addFabric(gpu, part.attributes);
    addModes(gpu, part.attributes);
    Memory memory{};
    if (library.memoryInfo(gpu.handle, &memory) == result::success)
        part.attributes["memory_bytes"] = std::to_string(memory.total);
    return part;
}

} // namespace seatrial::engine::nvml
