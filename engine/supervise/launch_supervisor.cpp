// SPDX-License-Identifier: Apache-2.0
#include "engine/supervise/launch_supervisor.h"

#include "engine/supervise/process_tree.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

constexpr const char *kLogName = "supervisor.log";
constexpr std::uint64_t kMaxLogBytes = 1'000'000;

// What a new supervisor says to who started it: one of these letters, then a sentence.
constexpr char kRunning = 'r';
constexpr char kTaken = 't';
constexpr char kEnded = 'e';
constexpr char kFailed = 'f';

void closeAllBut(int kept)
{
    std::vector<int> open;
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end; entry.increment(error))
        open.push_back(std::atoi(entry->path().filename().c_str()));
    for (const int fd : open) {
        if (fd > 2 && fd != kept)
            ::close(fd);
    }
}

/// Input from nowhere, output to the log of the run.
void redirectStandardStreams(const std::filesystem::path &folder)
{
    const std::filesystem::path path = folder / kLogName;
    std::error_code ignored;
    if (std::filesystem::file_size(path, ignored) > kMaxLogBytes && !ignored)
        std::filesystem::resize_file(path, 0, ignored);
    const Fd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const Fd log(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    ::dup2(nothing.get(), 0);
    ::dup2(log.isOpen() ? log.get() : nothing.get(), 1);
    ::dup2(log.isOpen() ? log.get() : nothing.get(), 2);
}

Fd supervisorSignals()
{
    ::signal(SIGHUP, SIG_IGN);
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN); // a file size limit then is an error of write(), like a full disk
    ::signal(SIGCHLD, SIG_DFL);
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int signal : {SIGTERM, SIGINT, SIGCHLD})
        sigaddset(&wanted, signal);
    ::sigprocmask(SIG_SETMASK, &wanted, nullptr);
    return Fd(::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
}

/// The lock, with our number in it; not open if another process has it or it cannot be had.
Fd takeLock(const std::filesystem::path &folder)
{
    Fd lock(::open((folder / kLockName).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock.isOpen() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
        return Fd();
    const std::string number = std::to_string(::getpid()) + '\n';
    if (::ftruncate(lock.get(), 0) == 0)
        std::ignore = ::pwrite(lock.get(), number.data(), number.size(), 0);
    return lock;
}

/// The new process, from its first moment to the end of the run.
void supervise(const RunTerms &terms, std::uint64_t from, Fd ready)
{
    const auto answer = [&](char letter, const std::string &sentence) {
        writeAll(ready.get(), letter + sentence);
        ready.close();
    };
    ::prctl(PR_SET_NAME, "seatrial-superv");
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    Fd signals = supervisorSignals();
    const Fd lock = takeLock(terms.folder);
    if (!lock.isOpen()) {
        const bool taken = errno == EWOULDBLOCK;
        return answer(taken ? kTaken : kFailed,
                      taken ? "" : "cannot lock " + (terms.folder / kLockName).string() + ": " + errnoText(errno));
    }
    std::string error;
    std::optional<Journal> journal = Journal::open(terms.folder, from, error);
    if (!journal)
        return answer(kFailed, error);
    if (journal->past().goodbye)
        return answer(kEnded, {});
    std::optional<ControlServer> server = ControlServer::open(terms.folder, error);
    if (!server)
        return answer(kFailed, error);
    Supervisor supervisor(terms, std::move(*journal), std::move(*server), std::move(signals));
    answer(kRunning, {});
    supervisor.run();
    std::error_code ignored;
    std::filesystem::remove(terms.folder / ControlServer::kSocketName, ignored);
}

[[noreturn]] void becomeSupervisor(const RunTerms &terms, std::uint64_t from, Lifetime lifetime, Fd ready)
{
    if (lifetime == Lifetime::Detached) {
        ::setsid();
        if (::fork() != 0) // the session's leader goes: no terminal can ever become ours again
            ::_exit(0);
    } else {
        ::setpgid(0, 0); // Ctrl-C is for who started us, who tells us in turn
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    }
    ::umask(077);
    if (::chdir("/") != 0)
        ::_exit(1);
    closeAllBut(ready.get());
    redirectStandardStreams(terms.folder);
    try {
        supervise(terms, from, std::move(ready));
    } catch (const std::exception &error) { // out of memory, or a path that cannot be said
        std::fprintf(stderr, "the supervisor of %s failed: %s\n", terms.folder.c_str(), error.what());
        ::_exit(1);
    }
    ::_exit(0);
}

Launch parseAnswer(const std::string &answer)
{
    if (answer.empty())
        return {LaunchOutcome::Failed, "the supervisor ended before it was ready"};
    switch (answer.front()) {
    case kRunning: return {LaunchOutcome::Running, {}};
    case kTaken: return {LaunchOutcome::Taken, {}};
    case kEnded: return {LaunchOutcome::Ended, {}};
    default: return {LaunchOutcome::Failed, answer.substr(1)};
    }
}

} // namespace

Launch launchSupervisor(const RunTerms &terms, std::uint64_t from, Lifetime lifetime)
{
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return {LaunchOutcome::Failed, "cannot make a pipe: " + errnoText(errno)};
    const Fd answers(ends[0]);
    Fd ready(ends[1]);
    const pid_t child = ::fork();
    if (child < 0)
        return {LaunchOutcome::Failed, "cannot start the supervisor process: " + errnoText(errno)};
    if (child == 0)
        becomeSupervisor(terms, from, lifetime, std::move(ready));
    ready.close();
    if (lifetime == Lifetime::Detached)
        ::waitpid(child, nullptr, 0);
    std::string answer;
    std::array<char, 512> bytes;
    while (true) {
        const ssize_t count = ::read(answers.get(), bytes.data(), bytes.size());
        if (count > 0)
            answer.append(bytes.data(), static_cast<std::size_t>(count));
        else if (count == 0 || errno != EINTR)
            break;
    }
    Launch launch = parseAnswer(answer);
    if (lifetime == Lifetime::Foreground && launch.outcome == LaunchOutcome::Running)
        launch.process = child;
    return launch;
}

pid_t livingSupervisor(const std::filesystem::path &folder)
{
    const Fd lock(::open((folder / kLockName).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!lock.isOpen() || ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) // the lock is let go with its descriptor
        return 0;
    const std::string number = readSmallFile(folder / kLockName, 32);
    pid_t process = 0;
    std::from_chars(number.data(), number.data() + number.size(), process);
    return process;
}

} // namespace seatrial::engine
