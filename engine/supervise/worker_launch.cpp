// SPDX-License-Identifier: Apache-2.0
#include "engine/supervise/worker_launch.h"

#include "core/protocol/codec.h"
#include "engine/supervise/process_tree.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

struct Pipe {
    Fd ours;
    Fd theirs;
};

std::optional<Pipe> makePipe()
{
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return std::nullopt;
    Pipe pipe{Fd(ends[0]), Fd(ends[1])};
    ::fcntl(pipe.ours.get(), F_SETFL, O_NONBLOCK);
    return pipe;
}

/// The order to the worker as a file without a name: other users do not see it as they would see arguments, and no
/// length of it can block us.
Fd orderFile(const protocol::StartStep &step)
{
    Fd file(::memfd_create("seatrial-order", MFD_CLOEXEC));
    if (!file.isOpen() || !writeAll(file.get(), protocol::encode(protocol::Control(step))))
        return Fd();
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

/// Between fork and exec. Everything that allocates was done before.
[[noreturn]] void becomeWorker(pid_t supervisor, int order, int said, int records, int loadLock,
                               char *const *arguments)
{
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != supervisor)
        ::_exit(1);
    const int oom = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (oom >= 0 && ::write(oom, "500", 3) < 0) {
        // No harm: the kernel then chooses by size alone.
    }
    for (const int signal : {SIGHUP, SIGPIPE, SIGXFSZ, SIGTERM, SIGINT, SIGCHLD})
        ::signal(signal, SIG_DFL);
    sigset_t untilItListens; // a TERM that comes before the worker can hear it waits for it
    sigemptyset(&untilItListens);
    sigaddset(&untilItListens, SIGTERM);
    ::sigprocmask(SIG_SETMASK, &untilItListens, nullptr);
    const rlimit noCore{0, 0};
    ::setrlimit(RLIMIT_CORE, &noCore);
    if (::dup2(order, 0) < 0 || ::dup2(said, 1) < 0 || ::dup2(said, 2) < 0
        || ::dup2(records, WorkerProcess::kRecordsFd) < 0)
        ::_exit(1);
    if (loadLock < 0 || ::dup2(loadLock, WorkerProcess::kLoadLockFd) < 0)
        ::close(WorkerProcess::kLoadLockFd);
    ::execv("/proc/self/exe", arguments);
    ::_exit(127);
}

/// A descriptor above those the worker will have, so that dup2() in the child never writes over one it still needs.
Fd liftedAbove(int fd)
{
    return Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 16));
}

} // namespace

Fd openLoadLock(const std::filesystem::path &runFolder)
{
    const auto parent = runFolder.parent_path();
    const auto folder = parent.filename() == "runs" ? parent.parent_path() : runFolder;
    return Fd(::open((folder / "load.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
}

std::optional<LaunchedWorker> launchWorker(const protocol::StartStep &step, const WorkerTerms &terms, std::string &error)
{
    const auto failed = [&](const std::string &what) {
        error = what + ": " + errnoText(errno);
        return std::nullopt;
    };
    std::error_code made;
    std::filesystem::create_directories(terms.workFolder, made);
    if (made) {
        error = "cannot create the work folder " + terms.workFolder.string() + ": " + made.message();
        return std::nullopt;
    }
    std::optional<Pipe> records = makePipe();
    std::optional<Pipe> said = makePipe();
    const Fd order = orderFile(step);
    if (!records || !said || !order.isOpen())
        return failed("cannot make the pipes of a worker");
    const Fd orderEnd = liftedAbove(order.get());
    const Fd saidEnd = liftedAbove(said->theirs.get());
    const Fd recordsEnd = liftedAbove(records->theirs.get());
    const Fd lockEnd = liftedAbove(terms.loadLock);

    std::vector<std::string> words = {"seatrial-engine", "worker", "--sysroot", terms.sysroot.string(),
                                      "--work", terms.workFolder.string()};
    if (!terms.simulate.empty())
        words.insert(words.end(), {"--simulate", terms.simulate});
    if (terms.allowBusy)
        words.push_back("--allow-busy");
    if (terms.sudo)
        words.push_back("--sudo");
    std::vector<char *> arguments;
    for (std::string &word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::setenv(kRunMark, terms.runFolder.c_str(), 1);

    const pid_t supervisor = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0)
        becomeWorker(supervisor, orderEnd.get(), saidEnd.get(), recordsEnd.get(), lockEnd.get(), arguments.data());
    ::unsetenv(kRunMark);
    if (pid < 0)
        return failed("cannot start a worker process");
    ::setpgid(pid, pid); // here too: whoever is first, a signal to the group finds it
    return LaunchedWorker{pid, std::move(records->ours), std::move(said->ours)};
}

} // namespace seatrial::engine
