// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/pci_tree.h"

#include "engine/checks/health/sysfs.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace seatrial::engine {

namespace {

namespace fs = std::filesystem;

std::optional<std::uint32_t> hexNumber(std::string_view text)
{
    if (text.starts_with("0x") || text.starts_with("0X"))
        text.remove_prefix(2);
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional(number) : std::nullopt;
}

std::uint32_t hexIn(const fs::path &file)
{
    const auto line = readLine(file);
    return line ? hexNumber(*line).value_or(0) : 0;
}

/// "pci0000:14"
bool isHostBridge(std::string_view name)
{
    return name.starts_with("pci") && name.size() >= 10 && name.size() <= 16 && name.find(':') != name.npos
        && name.substr(3).find_first_not_of("0123456789abcdef:") == name.npos;
}

} // namespace

std::string PciTree::plainAddress(std::string_view address)
{
    const auto first = address.find(':');
    const auto second = first == address.npos ? first : address.find(':', first + 1);
    const auto point = second == address.npos ? second : address.find('.', second + 1);
    if (point == address.npos || address.size() > 32)
        return {};
    const auto domain = hexNumber(address.substr(0, first));
    const auto bus = hexNumber(address.substr(first + 1, second - first - 1));
    const auto device = hexNumber(address.substr(second + 1, point - second - 1));
    const auto function = hexNumber(address.substr(point + 1));
    if (!domain || !bus || !device || !function || *bus > 0xff || *device > 0x1f || *function > 7)
        return {};
    char text[32];
    std::snprintf(text, sizeof text, "%04x:%02x:%02x.%x", *domain, *bus, *device, *function);
    return text;
}

PciTree::PciTree(const fs::path &sysroot)
{
    const auto folder = sysroot / "sys/bus/pci/devices";
    for (const auto &name : namesIn(folder)) {
        if (m_functions.size() >= kMostFunctions)
            return;
        if (const auto address = plainAddress(name); !address.empty())
            read(folder / name, address);
    }
}

void PciTree::read(const fs::path &folder, const std::string &address)
{
    PciFunction function;
    function.address = address;
    function.folder = folder;
    function.classCode = hexIn(folder / "class");
    function.vendor = hexIn(folder / "vendor");
    function.device = hexIn(folder / "device");
    function.numaNode = int(std::clamp<std::int64_t>(readInteger(folder / "numa_node").value_or(-1), -1, 1'000'000));
    function.cpus = readLine(folder / "local_cpulist").value_or("").substr(0, 200);

    // The entry is a link to a folder that lies in its bridge's folder, and so on up to the host bridge.
    std::error_code error;
    for (const auto &piece : fs::canonical(folder, error)) {
        const std::string name = piece.string();
        if (function.host.empty() && isHostBridge(name))
            function.host = name;
        else if (const auto at = plainAddress(name); !function.host.empty() && !at.empty())
            function.path.push_back(at);
    }
    const bool believable = !error && !function.path.empty() && function.path.back() == address && function.path.size() <= kDeepest;
    if (!believable) {
        function.host.clear();
        function.path.clear();
    }
    m_functions.emplace(address, std::move(function));
}

const PciFunction *PciTree::find(std::string_view address) const
{
    const auto found = m_functions.find(plainAddress(address));
    return found == m_functions.end() ? nullptr : &found->second;
}

std::string_view relationWord(const PciFunction &one, const PciFunction &other)
{
    if (one.address == other.address)
        return "X";
    if (one.path.empty() || other.path.empty())
        return "?";
    if (one.host != other.host)
        return one.numaNode >= 0 && one.numaNode == other.numaNode ? "NODE" : "SYS";
    const auto [mine, theirs] = std::mismatch(one.path.begin(), one.path.end(), other.path.begin(), other.path.end());
    if (mine == one.path.begin())
        return "PHB";
    // Below the last port that both are behind: a port of the same switch and the device, or the device alone.
    constexpr std::ptrdiff_t kPortAndDevice = 2;
    const auto longest = std::max(one.path.end() - mine, other.path.end() - theirs);
    return longest <= kPortAndDevice ? "PIX" : "PXB";
}

} // namespace seatrial::engine
