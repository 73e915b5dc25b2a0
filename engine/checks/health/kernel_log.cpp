// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/kernel_log.h"

#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/klog.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

constexpr std::size_t mostBytes = 32 << 20;

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

/// "6,1234,5678901,-;text": level, number, microseconds since boot, flags.
std::optional<KernelMessage> parseKmsg(std::string_view line)
{
    const auto semicolon = line.find(';');
    if (semicolon == line.npos || line.front() == ' ') // lines that start with a blank carry attributes
        return std::nullopt;
    const auto head = split(line.substr(0, semicolon), ',');
    if (head.size() < 3)
        return std::nullopt;
    return KernelMessage{double(parseInteger(head[2]).value_or(0)) / 1e6, printable(line.substr(semicolon + 1))};
}

/// "<4>[   12.345678] text"
std::optional<KernelMessage> parseSyslog(std::string_view line)
{
    const auto open = line.find('[');
    const auto close = line.find(']');
    if (open == line.npos || close == line.npos || open > 4 || close < open)
        return std::nullopt;
    return KernelMessage{parseNumber(trimmed(line.substr(open + 1, close - open - 1))).value_or(0), printable(trimmed(line.substr(close + 1)))};
}

template<typename Parse>
void addLines(std::vector<KernelMessage> &messages, std::string_view text, Parse parse)
{
    for (const auto line : split(text, '\n')) {
        if (line.empty())
            continue;
        if (auto message = parse(line))
            messages.push_back(std::move(*message));
    }
}

bool readKmsg(const std::filesystem::path &file, KernelLog &log)
{
    const int fd = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    // The device gives one record a read and refuses one that does not fit; it says EPIPE when records were overwritten
    // under us, and EAGAIN at its end. A recorded log is a plain file.
    std::string text;
    char buffer[16384];
    int problem = 0;
    while (text.size() < mostBytes) {
        const ssize_t got = ::read(fd, buffer, sizeof buffer);
        if (got == 0)
            break;
        if (got > 0) {
            text.append(buffer, std::size_t(got));
            continue;
        }
        problem = errno;
        if (problem != EPIPE && problem != EINTR)
            break;
        problem = 0;
    }
    ::close(fd);
    if (problem != 0 && problem != EAGAIN && text.empty()) {
        errno = problem;
        return false;
    }
    addLines(log.messages, text, parseKmsg);
    return true;
}

bool readSyslog(KernelLog &log)
{
    constexpr int readAll = 3, sizeBuffer = 10;
    const int size = klogctl(sizeBuffer, nullptr, 0);
    if (size <= 0)
        return false;
    std::string text(std::size_t(size), '\0');
    const int got = klogctl(readAll, text.data(), size);
    if (got < 0)
        return false;
    addLines(log.messages, std::string_view(text).substr(0, std::size_t(got)), parseSyslog);
    return true;
}

/// "0000:41:00.0" or, as NVIDIA's driver writes it, "0000:41:00" → "pci/0000:41:00.0".
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

} // namespace

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

KernelLog readKernelLog(const std::filesystem::path &sysroot)
{
    KernelLog log;
    log.source = "/dev/kmsg";
    if (readKmsg(sysroot / "dev/kmsg", log))
        return log;
    log.refusal = std::string("the kernel log cannot be read: /dev/kmsg: ") + std::strerror(errno);
    if (sysroot != "/")
        return log;
    log.source = "syslog";
    if (readSyslog(log))
        log.refusal.clear();
    else
        log.refusal += std::string(", syslog(2): ") + std::strerror(errno);
    return log;
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
    for (const auto &message : messages) {
        const auto trouble = classify(message.text);
        if (!trouble)
            continue;
        ++troubles.counts[*trouble];
        const auto xid = *trouble == KernelTrouble::Xid ? xidNumber(message.text) : std::string();
        const auto subject = pciSubject(message.text);
        const auto key = std::string(codeOf(*trouble)) + '|' + (xid.empty() ? withoutNumbers(message.text) : subject + '|' + xid);
        const auto known = places.find(key);
        if (known == places.end() && troubles.folded.size() >= mostFolded) {
            ++troubles.left;
            continue;
        }
        const auto place = known == places.end() ? troubles.folded.size() : known->second;
        if (known == places.end()) {
            places.emplace(key, place);
            troubles.folded.push_back({*trouble, message.text.substr(0, 400), subject, 0, message.seconds, message.seconds, xid});
        }
        ++troubles.folded[place].count;
        troubles.folded[place].lastSeconds = message.seconds;
    }
    return troubles;
}

} // namespace seatrial::engine
