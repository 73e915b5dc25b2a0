// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/collective/rank_process.h"

#include "core/protocol/codec.h"
#include "core/protocol/line_cutter.h"
#include "engine/measure/clock.h"
#include "engine/measure/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

using collective::RankPage;

constexpr std::size_t mostWords = 1000;
constexpr std::size_t mostRecords = 4096; ///< more than any order can give
constexpr double killSeconds = 3;

/// Owns what is needed until the process has it.
class OwnFd
{
public:
    explicit OwnFd(int fd = -1) : m_fd(fd) {}
    OwnFd(const OwnFd &) = delete;
    OwnFd &operator=(const OwnFd &) = delete;
    ~OwnFd() { set(-1); }
    int get() const { return m_fd; }
    int release() { return std::exchange(m_fd, -1); }
    void set(int fd)
    {
        if (m_fd >= 0)
            ::close(m_fd);
        m_fd = fd;
    }

private:
    int m_fd;
};

bool makePipe(OwnFd &reading, OwnFd &writing)
{
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return false;
    reading.set(ends[0]);
    writing.set(ends[1]);
    return true;
}

/// Above those that the process will have, so that putting one in its place never overwrites another.
bool lift(OwnFd &fd)
{
    fd.set(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 16));
    return fd.get() >= 0;
}

/// Our environment without what would have other libraries loaded than its own.
std::vector<std::string> environmentFor()
{
    std::vector<std::string> kept;
    for (char **entry = environ; entry && *entry; ++entry) {
        const std::string_view text = *entry;
        if (!text.starts_with("LD_"))
            kept.emplace_back(text);
    }
    return kept;
}

std::vector<char *> pointersTo(std::vector<std::string> &texts)
{
    std::vector<char *> pointers;
    for (auto &text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// Between fork and exec: nothing that allocates.
[[noreturn]] void become(pid_t parent, const char *program, char *const *arguments, char *const *environment, const std::array<int, 4> &ends, int failure)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
        ::_exit(1);
    ::signal(SIGTERM, SIG_IGN); // who ends the step ends its whole group of processes; that must not look like a death of its own
    ::signal(SIGPIPE, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (int i = 0; i < int(ends.size()); ++i) {
        if (::dup2(ends[std::size_t(i)], i) < 0)
            ::_exit(1);
    }
    ::execve(program, arguments, environment);
    const int error = errno;
    if (::write(failure, &error, sizeof error) < 0)
        ::_exit(126);
    ::_exit(127);
}

std::string signalName(int number)
{
    static constexpr std::pair<int, const char *> names[] = {{SIGSEGV, "SIGSEGV"}, {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"}, {SIGILL, "SIGILL"},
                                                             {SIGFPE, "SIGFPE"},   {SIGKILL, "SIGKILL"}, {SIGTERM, "SIGTERM"}};
    for (const auto &[known, name] : names) {
        if (known == number)
            return name;
    }
    return "signal " + std::to_string(number);
}

} // namespace

struct RankProcess::Incoming {
    protocol::LineCutter cutter;
    std::size_t records = 0;
};

std::unique_ptr<RankProcess> RankProcess::start(const std::filesystem::path &program, const protocol::StartStep &order, std::string &error,
                                                bool &forbidden)
{
    forbidden = false;
    const auto failed = [&](const std::string &what) {
        error = what + ": " + std::strerror(errno);
        return nullptr;
    };
    std::unique_ptr<RankProcess> made(new RankProcess);
    made->m_incoming = std::make_unique<Incoming>();
    OwnFd page(::memfd_create("seatrial-rank", MFD_CLOEXEC));
    if (page.get() < 0 || ::ftruncate(page.get(), sizeof(RankPage)) != 0)
        return failed("cannot make a page to share");
    void *memory = ::mmap(nullptr, sizeof(RankPage), PROT_READ | PROT_WRITE, MAP_SHARED, page.get(), 0);
    if (memory == MAP_FAILED)
        return failed("cannot share a page");
    made->m_page = new (memory) RankPage;
    OwnFd orderIn, orderOut, recordsIn, recordsOut, saidIn, saidOut, failureIn, failureOut;
    if (!makePipe(orderIn, orderOut) || !makePipe(recordsIn, recordsOut) || !makePipe(saidIn, saidOut) || !makePipe(failureIn, failureOut))
        return failed("cannot make the pipes of a process");
    if (!lift(orderIn) || !lift(recordsOut) || !lift(saidOut) || !lift(page) || !lift(failureOut))
        return failed("cannot make the pipes of a process");

    // Nobody else can see the order as they could see arguments. It fits into the pipe, so this does not wait.
    const auto line = protocol::encode(protocol::Control(order));
    if (::write(orderOut.get(), line.data(), line.size()) != ssize_t(line.size()))
        return failed("cannot give a process its order");
    const std::string path = program.string();
    std::vector<std::string> words{program.filename().string()};
    auto environment = environmentFor();
    const auto arguments = pointersTo(words), variables = pointersTo(environment);
    const std::array ends{orderIn.get(), recordsOut.get(), saidOut.get(), page.get()};
    const pid_t parent = ::getpid();
    made->m_pid = ::fork();
    if (made->m_pid == 0)
        become(parent, path.c_str(), arguments.data(), variables.data(), ends, failureOut.get());
    if (made->m_pid < 0)
        return failed("cannot start a process");
    made->m_order = orderOut.release();
    made->m_records = recordsIn.release();
    made->m_said = saidIn.release();
    for (const int fd : {made->m_records, made->m_said})
        ::fcntl(fd, F_SETFL, O_NONBLOCK);
    failureOut.set(-1);
    int why = 0;
    ssize_t got = 0;
    while ((got = ::read(failureIn.get(), &why, sizeof why)) < 0 && errno == EINTR) { // until exec closes it
    }
    if (got == ssize_t(sizeof why)) {
        forbidden = why == EACCES || why == EPERM;
        errno = why;
        return failed("cannot run " + path);
    }
    return made;
}

RankProcess::~RankProcess()
{
    if (m_pid > 0 && !m_ended)
        kill();
    for (const int fd : {m_order, m_records, m_said}) {
        if (fd >= 0)
            ::close(fd);
    }
    if (m_page)
        ::munmap(m_page, sizeof(RankPage));
}

void RankProcess::takeLine(const std::string &line, const Take &take)
{
    if (++m_incoming->records > mostRecords)
        return;
    auto read = protocol::decodeBody(line);
    if (auto *body = std::get_if<protocol::Body>(&read))
        take(std::move(*body));
}

void RankProcess::hear(int &fd, const Take &take)
{
    std::array<char, 16 * 1024> bytes;
    while (fd >= 0) {
        const ssize_t count = ::read(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == EAGAIN)
            return;
        if (count <= 0) {
            ::close(fd);
            fd = -1;
            return;
        }
        const std::string_view some(bytes.data(), std::size_t(count));
        if (&fd == &m_records) {
            m_incoming->cutter.feed(some, [&](const std::string &line, std::uint64_t) { takeLine(line, take); });
        } else {
            m_words += some;
            m_words.erase(0, m_words.size() - std::min(m_words.size(), mostWords));
        }
    }
}

void RankProcess::listen(double seconds, const Take &take)
{
    std::array<pollfd, 2> waiting{pollfd{m_records, POLLIN, 0}, pollfd{m_said, POLLIN, 0}}; // poll() passes over -1
    ::poll(waiting.data(), waiting.size(), int(seconds * 1000));
    hear(m_records, take);
    hear(m_said, take);
}

bool RankProcess::ended()
{
    if (!m_ended && ::waitpid(m_pid, &m_waitStatus, WNOHANG) == m_pid)
        m_ended = true;
    return m_ended;
}

std::string RankProcess::ending() const
{
    if (WIFSIGNALED(m_waitStatus))
        return "dead by " + signalName(WTERMSIG(m_waitStatus));
    const auto words = printable(trimmed(m_words));
    return "ended with exit status " + std::to_string(WEXITSTATUS(m_waitStatus)) + (words.empty() ? "" : ": " + words);
}

std::string RankProcess::state() const
{
    const std::filesystem::path folder = "/proc/" + std::to_string(m_pid);
    const auto stat = readText(folder / "stat", 1024).value_or("");
    const auto name = stat.rfind(") ");
    const char letter = name == stat.npos || name + 2 >= stat.size() ? '?' : stat[name + 2];
    if (letter == 'T' || letter == 't')
        return std::string("stopped (") + letter + ')';
    if (letter != 'D')
        return "running";
    const auto where = readLine(folder / "wchan").value_or("");
    return "in uninterruptible wait (D)" + (where.empty() || where == "0" ? "" : " at " + where.substr(0, 64));
}

std::string RankProcess::kill()
{
    if (ended())
        return {};
    ::kill(m_pid, SIGKILL);
    const auto patience = Deadline::after(killSeconds);
    while (!ended() && !patience.passed())
        sleepUnlessStopped(0.01, nullptr);
    if (ended())
        return {};
    const auto where = state();
    m_ended = true; // it cannot be waited for
    return "process " + std::to_string(m_pid) + " was killed and does not go: it is " + where;
}

} // namespace seatrial::engine
