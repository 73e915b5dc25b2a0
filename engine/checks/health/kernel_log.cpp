// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/kernel_log.h"

#include "engine/measure/command.h"
#include "engine/measure/kmsg.h"
#include "engine/measure/text.h"

#include <cerrno>
#include <cstring>

#include <sys/klog.h>

namespace seatrial::engine {

namespace {

constexpr std::size_t mostBytes = 32 << 20;
constexpr std::size_t mostOfJournal = 8 << 20;
constexpr const char *journalLines = "20000"; ///< the newest: what a kernel keeps itself is less
constexpr double journalSeconds = 10;

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

/// "Nov 21 11:00:01 host kernel: [   12.345678] text", as syslog daemons write it for group adm.
std::optional<KernelMessage> parseLogFile(std::string_view line)
{
    constexpr std::string_view mark = " kernel: ";
    const auto at = line.find(mark);
    return at == line.npos ? std::nullopt : parseSyslog(line.substr(at + mark.size()));
}

/// "[   12.345678] kernel: text" of journalctl; what belongs to a message of several lines is indented.
std::optional<KernelMessage> parseJournal(std::string_view line)
{
    auto message = parseSyslog(line);
    if (message && message->text.starts_with("kernel: "))
        message->text.erase(0, 8);
    return message;
}

template<typename Parse>
std::vector<KernelMessage> messagesIn(std::string_view text, Parse parse)
{
    std::vector<KernelMessage> messages;
    for (const auto line : split(text, '\n')) {
        if (line.empty())
            continue;
        if (auto message = parse(line))
            messages.push_back(std::move(*message));
    }
    return messages;
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
    log.messages = messagesIn(std::string_view(text).substr(0, std::size_t(got)), parseSyslog);
    return true;
}

/// For members of the groups adm and systemd-journal. Others see an empty journal.
bool readJournal(KernelLog &log)
{
    const auto answer = runCommand({"journalctl", "-k", "-b", "-q", "--no-pager", "--no-hostname", "-o", "short-monotonic", "-n", journalLines},
                                   journalSeconds, mostOfJournal);
    log.messages = messagesIn(answer.output, parseJournal);
    if (answer.status == 0 && !log.messages.empty())
        return true;
    log.messages.clear();
    log.refusal += "; journalctl -k: " + (!answer.problem.empty() ? answer.problem : std::string("nothing is shown to this user"));
    return false;
}

/// What a syslog daemon wrote since the last boot.
bool readLogFile(const std::filesystem::path &file, KernelLog &log)
{
    errno = 0;
    const auto text = readText(file, mostBytes);
    if (!text) {
        if (errno != ENOENT)
            log.refusal += "; /var/log/kern.log: " + std::string(std::strerror(errno));
        return false;
    }
    const auto boot = text->rfind("] Linux version ");
    const auto line = boot == text->npos ? text->npos : text->rfind('\n', boot);
    log.messages = messagesIn(std::string_view(*text).substr(line == text->npos ? 0 : line + 1), parseLogFile);
    return !log.messages.empty();
}

} // namespace

KernelLog readKernelLog(PrivilegedReads &reads)
{
    KernelLog log;
    const auto found = [&](const char *source, const char *by) {
        log.source = source;
        log.readBy = by;
        log.refusal.clear();
        return log;
    };
    const auto &sysroot = reads.sysroot();
    if (const auto text = readKmsg(sysroot / "dev/kmsg", mostBytes)) {
        log.messages = messagesIn(*text, parseKmsg);
        return found("/dev/kmsg", "direct");
    }
    log.refusal = std::string("the kernel log cannot be read: /dev/kmsg: ") + std::strerror(errno);
    const bool live = sysroot == "/"; // what follows asks this very machine
    if (live && readSyslog(log))
        return found("syslog", "direct");
    if (live)
        log.refusal += std::string(", syslog(2): ") + std::strerror(errno);
    if (live && readJournal(log))
        return found("journalctl -k", "journal");
    if (readLogFile(sysroot / "var/log/kern.log", log))
        return found("/var/log/kern.log", "group");
    if (const auto text = reads.bySudo("dev/kmsg")) {
        log.messages = messagesIn(text->content, parseKmsg);
        return found("/dev/kmsg", "sudo");
    }
    if (!reads.sudoRefusal().empty())
        log.refusal += "; sudo -n: " + reads.sudoRefusal();
    return log;
}

} // namespace seatrial::engine
