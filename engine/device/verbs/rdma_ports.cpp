// SPDX-License-Identifier: Apache-2.0
#include "engine/device/verbs/rdma_ports.h"

#include "engine/measure/text.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <tuple>

namespace seatrial::engine::verbs {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t mostPorts = 64;
constexpr int mostGids = 256;

std::vector<std::string> entries(const fs::path &folder)
{
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end && names.size() < 4 * mostPorts; at.increment(error))
        names.push_back(at->path().filename().string());
    // A shorter number is a smaller one: mlx5_2, mlx5_10.
    const auto key = [](const std::string &name) {
        const auto digits = name.find_last_not_of("0123456789") + 1;
        return std::tuple(name.substr(0, digits), name.size(), name);
    };
    std::sort(names.begin(), names.end(), [&](const auto &one, const auto &other) { return key(one) < key(other); });
    return names;
}

/// "DOWN" of "1: DOWN".
std::string wordOf(const std::string &line)
{
    const auto colon = line.find(':');
    return std::string(trimmed(colon == line.npos ? line : std::string_view(line).substr(colon + 1))).substr(0, 40);
}

std::string whyDown(const fs::path &folder, const std::string &state)
{
    const std::string word = wordOf(state), physical = wordOf(readLine(folder / "phys_state").value_or(""));
    std::string text = "its state is " + (word.empty() ? std::string("not known") : word);
    if (word == "INIT" || word == "ARMED")
        return text + ": no subnet manager has set it up yet; look whether one runs in the fabric (sminfo)";
    if (!physical.empty())
        text += " (" + physical + ")";
    if (physical == "Polling")
        return text + ": nothing answers at the other end of its cable";
    if (physical == "Disabled")
        return text + ": it was switched off, by the node or by the switch";
    return text;
}

Port readPort(const fs::path &adapter, const fs::path &folder, int number)
{
    Port port;
    port.adapter = adapter.filename().string();
    port.number = number;
    port.iwarp = readLine(adapter / "node_type").value_or("").starts_with("4:"); // "4: RNIC"
    port.numaNode = int(readInteger(adapter / "device/numa_node").value_or(-1));
    const auto state = readLine(folder / "state").value_or("");
    port.active = state.starts_with("4:") || state.starts_with("5:");
    if (!port.active)
        port.down = whyDown(folder, state);
    if (const auto rate = readLine(folder / "rate")) // "400 Gb/sec (4X NDR)"
        port.gigabitsPerSecond = std::max(0., parseNumber(words(*rate).front()).value_or(0));
    return port;
}

/// "fe80:0000:0000:0000:946d:ae03:00cd:e72c"
std::optional<std::array<std::uint8_t, 16>> gidFrom(const std::string &text)
{
    std::array<std::uint8_t, 16> raw{};
    if (text.size() != 39)
        return std::nullopt;
    for (std::size_t group = 0; group < 8; ++group) {
        const char *const begin = text.data() + group * 5;
        unsigned value = 0;
        const auto [end, error] = std::from_chars(begin, begin + 4, value, 16);
        if (error != std::errc() || end != begin + 4 || (group < 7 && *end != ':'))
            return std::nullopt;
        raw[group * 2] = std::uint8_t(value >> 8);
        raw[group * 2 + 1] = std::uint8_t(value);
    }
    return raw;
}

/// The higher the better.
int worth(const Gid &gid)
{
    if (gid.kind != "RoCE v2")
        return 0;
    const bool mapped = std::all_of(gid.raw.begin(), gid.raw.begin() + 10, [](auto byte) { return byte == 0; }) && gid.raw[10] == 0xff &&
        gid.raw[11] == 0xff;
    const bool linkLocal = gid.raw[0] == 0xfe && (gid.raw[1] & 0xc0) == 0x80;
    return mapped ? 3 : linkLocal ? 1 : 2;
}

} // namespace

std::vector<Port> readPorts(const fs::path &sysroot)
{
    const fs::path adapters = sysroot / "sys/class/infiniband";
    std::vector<Port> ports;
    for (const auto &adapter : entries(adapters)) {
        std::vector<Port> own;
        for (const auto &name : entries(adapters / adapter / "ports")) {
            const auto number = parseInteger(name);
            if (number && *number >= 1 && *number <= 255)
                own.push_back(readPort(adapters / adapter, adapters / adapter / "ports" / name, int(*number)));
        }
        for (auto &port : own) {
            port.only = own.size() == 1;
            if (ports.size() < mostPorts)
                ports.push_back(std::move(port));
        }
    }
    return ports;
}

std::optional<Gid> chooseGid(const fs::path &sysroot, const Port &port)
{
    const fs::path folder = sysroot / "sys/class/infiniband" / port.adapter / "ports" / std::to_string(port.number);
    std::optional<Gid> best;
    for (int index = 0; index < mostGids; ++index) {
        const auto text = readLine(folder / "gids" / std::to_string(index));
        if (!text)
            break;
        const auto raw = gidFrom(*text);
        if (!raw || std::all_of(raw->begin() + 8, raw->end(), [](auto byte) { return byte == 0; }))
            continue; // an empty place in the table
        const Gid gid{index, *raw, readLine(folder / "gid_attrs/types" / std::to_string(index)).value_or(""), *text};
        if (!best || worth(gid) > worth(*best))
            best = gid;
    }
    return best;
}

} // namespace seatrial::engine::verbs
