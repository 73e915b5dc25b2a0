// SPDX-License-Identifier: Apache-2.0
#include "engine/supervise/process_tree.h"

#include "engine/supervise/posix.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <map>

#include <sys/stat.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

std::filesystem::path procOf(pid_t process)
{
    return "/proc/" + std::to_string(process);
}

std::vector<pid_t> allProcesses()
{
    std::vector<pid_t> processes;
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename();
        pid_t process = 0;
        const auto [rest, parsed] = std::from_chars(name.data(), name.data() + name.size(), process);
        if (parsed == std::errc() && rest == name.data() + name.size())
            processes.push_back(process);
    }
    return processes;
}

/// State and parent stand behind the name, which is in brackets and may itself hold brackets and blanks.
std::string statBehindName(pid_t process)
{
    const std::string stat = readSmallFile(procOf(process) / "stat", 1024);
    const std::size_t end = stat.rfind(')');
    return end == std::string::npos || end + 2 > stat.size() ? std::string() : stat.substr(end + 2);
}

pid_t parentOf(pid_t process)
{
    const std::string stat = statBehindName(process);
    pid_t parent = 0;
    if (stat.size() > 2)
        std::from_chars(stat.data() + 2, stat.data() + stat.size(), parent);
    return parent;
}

std::string oneLine(std::string text)
{
    std::replace(text.begin(), text.end(), '\n', ' ');
    while (text.ends_with(' '))
        text.pop_back();
    return text;
}

/// Whether @p process finds under @p folder what we find there. Logins and containers may have folders of their own
/// under the same path, and their runs are not ours.
bool sees(pid_t process, const std::string &folder)
{
    struct stat ours {};
    struct stat theirs {};
    if (::stat(folder.c_str(), &ours) != 0)
        return true; // it was removed under the run: the path is all there is to go by
    return ::stat((procOf(process).string() + "/root" + folder).c_str(), &theirs) == 0 && ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

} // namespace

std::vector<pid_t> childrenOf(pid_t process)
{
    std::vector<pid_t> children;
    for (const pid_t candidate : allProcesses()) {
        if (parentOf(candidate) == process)
            children.push_back(candidate);
    }
    return children;
}

std::vector<pid_t> descendantsOf(pid_t process)
{
    std::multimap<pid_t, pid_t> children;
    for (const pid_t candidate : allProcesses())
        children.emplace(parentOf(candidate), candidate);
    std::vector<pid_t> found;
    std::vector<pid_t> open = {process};
    while (!open.empty() && found.size() < 100'000) {
        const auto [first, last] = children.equal_range(open.back());
        open.pop_back();
        for (auto child = first; child != last; ++child) {
            found.push_back(child->second);
            open.push_back(child->second);
        }
    }
    return found;
}

void signalTree(pid_t leader, int signal)
{
    const std::vector<pid_t> descendants = descendantsOf(leader);
    ::kill(leader, signal);
    ::kill(-leader, signal);
    for (const pid_t process : descendants)
        ::kill(process, signal);
}

std::vector<pid_t> markedBelow(const std::string &path)
{
    const std::string mark = '\0' + std::string(kRunMark) + '=' + path;
    std::vector<pid_t> found;
    for (const pid_t process : allProcesses()) {
        const std::string environment = '\0' + readSmallFile(procOf(process) / "environ", 64 * 1024);
        const std::size_t at = environment.find(mark);
        if (process == ::getpid() || at == std::string::npos)
            continue;
        const std::size_t begin = at + mark.size() - path.size();
        const std::string folder = environment.substr(begin, environment.find('\0', begin) - begin);
        if (sees(process, folder))
            found.push_back(process);
    }
    return found;
}

int killStrays(const std::filesystem::path &folder)
{
    int killed = 0;
    for (const pid_t process : markedBelow(folder.string() + '\0'))
        killed += ::kill(process, SIGKILL) == 0;
    return killed;
}

std::string whereItHangs(pid_t process)
{
    std::string where = "state " + statBehindName(process).substr(0, 1);
    const std::string channel = oneLine(readSmallFile(procOf(process) / "wchan", 128));
    if (!channel.empty() && channel != "0")
        where += ", in the kernel at " + channel;
    const std::string stack = oneLine(readSmallFile(procOf(process) / "stack", 1024));
    if (!stack.empty())
        where += ", stack " + stack;
    return where;
}

} // namespace seatrial::engine
