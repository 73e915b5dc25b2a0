// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/kernel_log.h"

#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace seatrial::engine {

namespace {

struct Words {
    KernelTrouble trouble;
    std::string_view metric;
    std::string_view code;
};
constexpr std::array<Words, 7> vocabulary{{
    {KernelTrouble::Xid, "kernel_xid", "kernel.xid"},
    {KernelTrouble::MachineCheck, "kernel_machine_checks", "kernel.mce"},
    {KernelTrouble::Aer, "kernel_aer", "kernel.aer"},
    {KernelTrouble::HardwareError, "kernel_hardware_errors", "kernel.hardware_error"},
    {KernelTrouble::OutOfMemory, "kernel_oom", "kernel.oom"},
    {KernelTrouble::IoError, "kernel_io_errors", "kernel.io_error"},
    {KernelTrouble::LinkDown, "kernel_link_down", "kernel.link_down"},
}};

/// All of @c words in this order, in lower case; the first sign that fits names the kind.
struct Sign {
    KernelTrouble trouble;
    std::array<std::string_view, 2> words;
};
constexpr auto signs = std::to_array<Sign>({
    {KernelTrouble::Xid, {"nvrm: xid (", ""}},
    {KernelTrouble::Xid, {"nvidia-nvswitch", "sxid ("}},
    {KernelTrouble::MachineCheck, {"mce: [hardware error]", ""}},
    {KernelTrouble::MachineCheck, {"machine check events logged", ""}},
    {KernelTrouble::MachineCheck, {"[hardware error]: machine check", ""}},
    {KernelTrouble::MachineCheck, {"kernel panic", "machine check"}},
    {KernelTrouble::Aer, {"pcie bus error: severity=", ""}},
    {KernelTrouble::Aer, {"aer: ", "error received"}},
    {KernelTrouble::Aer, {"aer: ", "error message received"}},
    {KernelTrouble::Aer, {"aer: ", "errors received"}},
    {KernelTrouble::HardwareError, {"[hardware error]", ""}},
    {KernelTrouble::HardwareError, {"edac mc", " ce "}},
    {KernelTrouble::HardwareError, {"edac mc", " ue "}},
    {KernelTrouble::HardwareError, {"memory failure: 0x", ""}},
    {KernelTrouble::OutOfMemory, {"out of memory: kill", ""}},
    {KernelTrouble::OutOfMemory, {"memory cgroup out of memory", ""}},
    {KernelTrouble::IoError, {"i/o error", ""}},
    {KernelTrouble::IoError, {"critical medium error", ""}},
    {KernelTrouble::IoError, {"ext4-fs error", ""}},
    {KernelTrouble::IoError, {"nvme", "timeout, "}},
    {KernelTrouble::IoError, {"nvme", "controller is down"}},
    {KernelTrouble::LinkDown, {"link is down", ""}},
    {KernelTrouble::LinkDown, {"link down", ""}},
    {KernelTrouble::LinkDown, {"lost carrier", ""}},
    {KernelTrouble::LinkDown, {"link becomes inactive", ""}},
    {KernelTrouble::LinkDown, {"nic link is lost", ""}},
});

/// Look like trouble and are none: ports nothing is plugged into, drives without a disk.
constexpr std::array<std::string_view, 4> harmless{"sata link down", "dev fd0", "dev sr0", "aer: enabled"};

const Words &wordsOf(KernelTrouble trouble)
{
    return *std::find_if(vocabulary.begin(), vocabulary.end(), [=](const Words &words) { return words.trouble == trouble; });
}

std::string lowered(std::string_view text)
{
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    return lower;
}

/// Numbers that stand alone differ from message to message of one trouble (sectors, addresses, process ids); those
/// that are part of a name (nvme0n1) tell the parts apart.
std::string withoutNumbers(std::string_view text)
{
    constexpr std::string_view breaks = " ,;=()[]<>";
    std::string folded;
    for (std::size_t i = 0; i < text.size();) {
        auto end = text.find_first_of(breaks, i);
        end = end == text.npos ? text.size() : end;
        const auto word = text.substr(i, end - i);
        const bool number = !word.empty() && (word.starts_with("0x") || word.find_first_not_of("0123456789.-") == word.npos);
        folded += number ? std::string_view("#") : word;
        if (end < text.size())
            folded += text[end];
        i = end + 1;
    }
    return folded;
}

/// Xids whose message is decoded by link, bits and action (NVLink of Blackwell, recovery action): each one counts.
bool isDecoded(std::string_view xid)
{
    const auto number = parseInteger(xid).value_or(0);
    return (number >= 144 && number <= 150) || number == 154;
}

} // namespace

std::string pciSubject(std::string_view text)
{
    const auto hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
    constexpr std::string_view shape = "hhhh:hh:hh";
    for (std::size_t at = 0; at + shape.size() <= text.size(); ++at) {
        bool fits = at == 0 || !hex(text[at - 1]);
        for (std::size_t i = 0; fits && i < shape.size(); ++i)
            fits = shape[i] == 'h' ? hex(text[at + i]) : text[at + i] == shape[i];
        if (!fits)
            continue;
        const bool function = at + shape.size() + 1 < text.size() && text[at + shape.size()] == '.';
        return "pci/" + lowered(text.substr(at, shape.size())) + '.' + (function ? text[at + shape.size() + 1] : '0');
    }
    return "node";
}

std::string xidNumber(std::string_view text)
{
    const auto mark = text.find("Xid (");
    const auto close = mark == text.npos ? mark : text.find("): ", mark);
    if (close == text.npos)
        return {};
    const auto number = text.substr(close + 3);
    return std::string(number.substr(0, number.find_first_not_of("0123456789")));
}

std::string_view metricOf(KernelTrouble trouble)
{
    return wordsOf(trouble).metric;
}

std::string_view codeOf(KernelTrouble trouble)
{
    return wordsOf(trouble).code;
}

const std::vector<KernelTrouble> &allKernelTroubles()
{
    static const auto all = [] {
        std::vector<KernelTrouble> troubles;
        for (const auto &words : vocabulary)
            troubles.push_back(words.trouble);
        return troubles;
    }();
    return all;
}

std::optional<KernelTrouble> classify(std::string_view text)
{
    const auto lower = lowered(text);
    if (std::any_of(harmless.begin(), harmless.end(), [&](std::string_view words) { return lower.find(words) != lower.npos; }))
        return std::nullopt;
    for (const auto &sign : signs) {
        const auto first = lower.find(sign.words[0]);
        if (first != lower.npos && lower.find(sign.words[1], first + sign.words[0].size()) != lower.npos)
            return sign.trouble;
    }
    return std::nullopt;
}

KernelTroubles foldTroubles(const std::vector<KernelMessage> &messages, std::size_t mostFolded)
{
    KernelTroubles troubles;
    for (const auto trouble : allKernelTroubles())
        troubles.counts[trouble] = 0;
    std::map<std::string, std::size_t> places;
    std::size_t xids = 0; // have room of their own: each is judged by what it means
    for (const auto &message : messages) {
        const auto trouble = classify(message.text);
        if (!trouble)
            continue;
        ++troubles.counts[*trouble];
        const auto xid = *trouble == KernelTrouble::Xid ? xidNumber(message.text) : std::string();
        const auto subject = pciSubject(message.text);
        const auto key = std::string(codeOf(*trouble)) + '|'
            + (xid.empty() ? withoutNumbers(message.text) : subject + '|' + xid + (isDecoded(xid) ? message.text.substr(message.text.find("): ")) : ""));
        const auto known = places.find(key);
        const bool isXid = *trouble == KernelTrouble::Xid;
        if (known == places.end() && (isXid ? xids : troubles.folded.size() - xids) >= mostFolded) {
            ++troubles.left;
            continue;
        }
        const auto place = known == places.end() ? troubles.folded.size() : known->second;
        if (known == places.end()) {
            places.emplace(key, place);
            xids += isXid;
            troubles.folded.push_back({*trouble, message.text.substr(0, 400), subject, 0, message.seconds, message.seconds, xid});
        }
        ++troubles.folded[place].count;
        troubles.folded[place].lastSeconds = message.seconds;
    }
    return troubles;
}

} // namespace seatrial::engine
