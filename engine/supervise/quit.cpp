// SPDX-License-Identifier: Apache-2.0
#include "engine/supervise/quit.h"

#include "core/protocol/codec.h"
#include "engine/supervise/control_server.h"
#include "engine/supervise/launch_supervisor.h"
#include "engine/supervise/node_clock.h"
#include "engine/supervise/process_tree.h"

#include <algorithm>
#include <csignal>
#include <cstdio>

#include <sys/socket.h>
#include <unistd.h>

namespace seatrial::engine {

using namespace protocol;

namespace {

constexpr double kPatienceSeconds = 15;
constexpr double kDyingSeconds = 2;

bool goneWithin(const std::filesystem::path &folder, double seconds)
{
    const double until = bootSeconds() + seconds;
    while (livingSupervisor(folder) != 0) {
        if (bootSeconds() > until)
            return false;
        ::usleep(20'000);
    }
    return true;
}

void askToCancel(const std::filesystem::path &folder)
{
    const Fd stream = connectLocal(openFolder(folder), ControlServer::kSocketName);
    const std::string words = "control\n" + encode(Control(Cancel{{}, "the runs of this node are cleaned up"}));
    if (stream.isOpen())
        ::send(stream.get(), words.data(), words.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/// A process number can belong to another program by now: it must run a program of our name.
bool runsThisEngine(pid_t process)
{
    const auto nameOf = [](const std::string &pid) {
        std::error_code error;
        std::string name = std::filesystem::read_symlink("/proc/" + pid + "/exe", error).filename();
        constexpr std::string_view kDeleted = " (deleted)";
        if (name.ends_with(kDeleted))
            name.resize(name.size() - kDeleted.size());
        return name;
    };
    const std::string name = nameOf(std::to_string(process));
    return !name.empty() && name == nameOf("self");
}

/// Workers that a supervisor had to leave behind, because not even SIGKILL ended them. Some have come free since.
bool endLeftBehind(const std::filesystem::path &runs)
{
    const double until = bootSeconds() + kDyingSeconds;
    std::vector<pid_t> left;
    do {
        left = markedBelow(runs.string() + '/');
        for (const pid_t process : left)
            ::kill(process, SIGKILL);
        if (!left.empty())
            ::usleep(100'000);
    } while (!left.empty() && bootSeconds() < until);
    for (const pid_t process : left)
        std::printf("a worker (process %d) does not die of SIGKILL (%s)\n", static_cast<int>(process), whereItHangs(process).c_str());
    return left.empty();
}

bool quitRun(const std::filesystem::path &folder)
{
    const std::string name = folder.filename();
    const auto tell = [&](const std::string &what) { std::printf("%s: %s\n", name.c_str(), what.c_str()); };
    askToCancel(folder);
    if (goneWithin(folder, kPatienceSeconds)) {
        tell("cancelled");
        return true;
    }
    const pid_t supervisor = livingSupervisor(folder);
    if (supervisor > 1 && runsThisEngine(supervisor)) {
        signalTree(supervisor, SIGKILL);
        killStrays(folder);
    }
    const bool gone = goneWithin(folder, kDyingSeconds);
    tell(gone ? "did not end when asked and was killed" : "could not be ended: process " + std::to_string(supervisor)
                 + " still holds " + (folder / kLockName).string());
    return gone;
}

} // namespace

int quitRuns(const std::filesystem::path &base)
{
    std::error_code error;
    std::vector<std::filesystem::path> folders;
    for (std::filesystem::directory_iterator entry(base / "runs", error), end; !error && entry != end; entry.increment(error))
        folders.push_back(entry->path());
    std::ranges::sort(folders);
    // All are asked first, so that they end side by side.
    std::erase_if(folders, [](const auto &folder) { return livingSupervisor(folder) == 0; });
    for (const auto &folder : folders)
        askToCancel(folder);
    bool allGone = true;
    for (const auto &folder : folders)
        allGone = quitRun(folder) && allGone;
    allGone = endLeftBehind(base / "runs") && allGone;
    std::printf("%zu runs were alive\n", folders.size());
    return allGone ? 0 : 1;
}

} // namespace seatrial::engine
