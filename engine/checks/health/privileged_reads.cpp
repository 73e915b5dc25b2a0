// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/health/privileged_reads.h"

#include "core/protocol/codec.h"
#include "engine/checks/health/sysfs.h"
#include "engine/measure/command.h"
#include "engine/measure/read_privileged.h"
#include "engine/measure/text.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

constexpr double sudoSeconds = 20; ///< where users come from a directory service, sudo alone may take some
constexpr std::size_t mostAnswer = 3 * kPrivilegedBytes;

/// The copy that an administrator installed, if only root can change it; else this program.
std::string helperProgram()
{
    struct stat about {};
    const bool safe = ::stat(kPrivilegedHelper, &about) == 0 && S_ISREG(about.st_mode) && about.st_uid == 0 && (about.st_mode & (S_IWGRP | S_IWOTH)) == 0;
    if (safe)
        return kPrivilegedHelper;
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

int nibble(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

std::optional<std::string> bytesOf(std::string_view hexadecimal)
{
    if (hexadecimal.size() % 2 != 0)
        return std::nullopt;
    std::string bytes;
    for (std::size_t at = 0; at < hexadecimal.size(); at += 2) {
        const int high = nibble(hexadecimal[at]), low = nibble(hexadecimal[at + 1]);
        if (high < 0 || low < 0)
            return std::nullopt;
        bytes += char(high * 16 + low);
    }
    return bytes;
}

/// sudo says several lines; the last is the reason.
std::string lastLine(std::string_view text)
{
    std::string last;
    for (const auto line : split(text, '\n')) {
        if (!trimmed(line).empty())
            last = printable(trimmed(line)).substr(0, 200);
    }
    return last;
}

std::int64_t parameterOf(const protocol::Event &event, const char *name)
{
    const auto found = event.parameters.find(name);
    return found == event.parameters.end() ? -1 : parseInteger(found->second).value_or(-1);
}

} // namespace

std::optional<PrivilegedText> PrivilegedReads::read(const std::string &file, std::size_t most)
{
    errno = 0;
    if (auto content = readText(m_sysroot / file, most))
        return PrivilegedText{std::move(*content), "direct"};
    const int problem = errno;
    if (problem != EACCES && problem != EPERM)
        return std::nullopt;
    if (auto helped = bySudo(file))
        return helped;
    m_refused[file] = std::strerror(problem);
    return std::nullopt;
}

std::optional<PrivilegedText> PrivilegedReads::field(const std::string &file)
{
    const auto found = read(file);
    auto text = found ? fieldIn(found->content) : std::string();
    if (text.empty())
        return std::nullopt;
    return PrivilegedText{std::move(text), found->by};
}

std::optional<PrivilegedText> PrivilegedReads::bySudo(const std::string &file)
{
    askSudo();
    const auto found = m_files.find(file);
    if (found == m_files.end())
        return std::nullopt;
    return PrivilegedText{found->second, "sudo"};
}

std::string PrivilegedReads::whyNot(const std::string &file) const
{
    const auto refusal = m_refused.find(file);
    std::string why = '/' + file + ": " + (refusal == m_refused.end() ? std::string("not readable") : refusal->second);
    if (m_asked && !m_sudoRefusal.empty())
        why += "; sudo -n: " + m_sudoRefusal;
    return why;
}

std::string PrivilegedReads::remedy() const
{
    if (m_recorded)
        return "record the tree as somebody who may read it";
    if (!m_sudo)
        return "say \"privileges: sudo\" in the inventory, and allow the read-only helper in sudoers (docs/remote.md)";
    return "allow the read-only helper in sudoers (docs/remote.md)";
}

void PrivilegedReads::askSudo()
{
    if (m_asked)
        return;
    m_asked = true;
    if (m_recorded) {
        m_sudoRefusal = "a recorded tree is read, and it would tell of this machine";
        return;
    }
    if (!m_sudo) {
        m_sudoRefusal = "the inventory does not allow it for this node";
        return;
    }
    const auto answer = runCommand({"sudo", "-n", helperProgram(), kPrivilegedMode}, sudoSeconds, mostAnswer);
    if (!answer.problem.empty())
        m_sudoRefusal = answer.problem;
    else if (answer.status != 0)
        m_sudoRefusal = lastLine(answer.errors).empty() ? "it ended with status " + std::to_string(answer.status) : lastLine(answer.errors);
    else
        take(answer.output);
}

/// What came through sudo is not trusted more than anything else: whole files in order, or none.
void PrivilegedReads::take(std::string_view answer)
{
    std::map<std::string, std::size_t> sizes;
    std::size_t bytes = 0;
    bool whole = false;
    for (const auto line : split(answer, '\n')) {
        const auto body = line.empty() ? std::variant<protocol::Body, protocol::Malformed>(protocol::Malformed{}) : protocol::decodeBody(line);
        const auto *read = std::get_if<protocol::Body>(&body);
        const auto *event = read ? std::get_if<protocol::Event>(read) : nullptr;
        if (!event)
            continue;
        whole |= event->code == kPrivilegedEndCode;
        const auto piece = event->code == kPrivilegedFileCode ? bytesOf(event->text) : std::nullopt;
        const auto offset = parameterOf(*event, "offset"), size = parameterOf(*event, "size");
        if (!piece || offset < 0 || size <= 0 || event->subject.empty() || (bytes += piece->size()) > kPrivilegedBytes)
            continue;
        auto &content = m_files[event->subject];
        if (content.size() != std::size_t(offset))
            continue;
        content += *piece;
        sizes[event->subject] = std::size_t(size);
    }
    std::erase_if(m_files, [&](const auto &file) { return !whole || !sizes.contains(file.first) || file.second.size() != sizes[file.first]; });
    if (!whole)
        m_sudoRefusal = "what the helper answered is not whole";
    else if (m_files.empty())
        m_sudoRefusal = "the helper could not read it either";
}

} // namespace seatrial::engine
