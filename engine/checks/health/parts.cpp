// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/parts.h"

#include "engine/checks/health/sysfs.h"
#include "engine/measure/text.h"

#include <map>

namespace seatrial::engine {

namespace {

namespace fs = std::filesystem;
using protocol::Part;

void addIfRead(protocol::Parameters &attributes, const std::string &name, const std::string &value)
{
    if (!value.empty())
        attributes[name] = value;
}

std::string joined(const std::string &first, const std::string &second)
{
    return first + (first.empty() || second.empty() ? "" : " ") + second;
}

struct Socket {
    std::string model;
    std::string microcode;
    unsigned threads = 0;
    std::string cores;
};

void reportCpus(const Reporter &reporter, const fs::path &sysroot)
{
    const auto text = readText(sysroot / "proc/cpuinfo", 16 << 20).value_or("");
    std::map<std::string, Socket> sockets;
    std::map<std::string, std::string> cpu;
    const auto finish = [&] {
        if (!cpu.contains("processor"))
            return;
        auto &socket = sockets[cpu.contains("physical id") ? cpu["physical id"] : "0"];
        ++socket.threads;
        socket.model = cpu.contains("model name") ? cpu["model name"] : joined(cpu["CPU implementer"], cpu["CPU part"]);
        socket.microcode = cpu["microcode"];
        socket.cores = cpu["cpu cores"];
        cpu.clear();
    };
    for (const auto line : split(text, '\n')) {
        const auto colon = line.find(':');
        if (trimmed(line).empty())
            finish();
        else if (colon != line.npos)
            cpu[std::string(trimmed(line.substr(0, colon)))] = printable(trimmed(line.substr(colon + 1)));
    }
    finish();
    for (const auto &[id, socket] : sockets) {
        Part part{"cpu", "socket/" + id, {}, socket.model, socket.microcode, {{"threads", std::to_string(socket.threads)}}};
        addIfRead(part.attributes, "cores", socket.cores);
        reporter.part(std::move(part));
    }
}

void reportMemory(const Reporter &reporter, const fs::path &sysroot)
{
    const auto meminfo = readText(sysroot / "proc/meminfo").value_or("");
    const auto total = words(valueOf(meminfo, "MemTotal"));
    if (const auto kilobytes = total.empty() ? std::nullopt : parseInteger(total[0]))
        reporter.part({"memory", "node", {}, {}, {}, {{"bytes", std::to_string(*kilobytes * 1024)}}});
}

/// SCSI disks tell their serial in a page of vital product data: four bytes of head, then the text.
std::string scsiSerial(const fs::path &device)
{
    const auto page = readText(device / "vpd_pg80", 256).value_or("");
    return page.size() <= 4 ? std::string() : printable(trimmed(std::string_view(page).substr(4)));
}

std::string firstOf(std::initializer_list<fs::path> files)
{
    for (const auto &file : files) {
        if (auto field = fieldOf(file); !field.empty())
            return field;
    }
    return {};
}

void reportDisks(const Reporter &reporter, const fs::path &sysroot)
{
    const auto blocks = sysroot / "sys/block";
    std::error_code error;
    for (const auto &name : namesIn(blocks)) {
        const auto block = blocks / name, device = block / "device";
        if (!fs::exists(device, error) || name.starts_with("sr")) // loops, volumes and memory have no device
            continue;
        Part disk{"disk", "disk/" + printable(name), firstOf({device / "serial", block / "serial"}), {}, {}, {}};
        if (disk.identity.empty())
            disk.identity = scsiSerial(device);
        disk.model = joined(fieldOf(device / "vendor").starts_with("0x") ? std::string() : fieldOf(device / "vendor"), fieldOf(device / "model"));
        disk.firmware = firstOf({device / "firmware_rev", device / "rev"});
        addIfRead(disk.attributes, "wwid", firstOf({block / "wwid", device / "wwid"}));
        addIfRead(disk.attributes, "rotational", readLine(block / "queue/rotational").value_or(""));
        if (const auto sectors = readInteger(block / "size")) // in 512 bytes whatever the disk's own sectors are
            disk.attributes["bytes"] = std::to_string(*sectors * 512);
        reporter.part(std::move(disk));
    }
}

} // namespace

void reportParts(const Reporter &reporter, const fs::path &sysroot)
{
    reportCpus(reporter, sysroot);
    reportMemory(reporter, sysroot);
    reportDisks(reporter, sysroot);
}

} // namespace seatrial::engine
