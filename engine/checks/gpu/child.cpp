// SPDX-License-Identifier: Apache-2.0
#include "engine/checks/gpu/child.h"

#include "core/protocol/codec.h"
#include "core/protocol/line_cutter.h"
#include "core/protocol/text.h"
#include "engine/measure/clock.h"
#include "engine/measure/text.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace seatrial::engine {

using namespace protocol;

/// A page that both processes see: where the child is stands there also when it is dead.
struct StagePage {
    static constexpr std::size_t kBytes = 160;
    std::atomic<std::uint64_t> progress = 0;
    std::atomic<std::uint64_t> repetition = 0; ///< 0: none yet
    std::atomic<unsigned> present = 0;         ///< which of the two texts
    char text[2][kBytes] = {};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

namespace {

constexpr const char *kReady = "ready";
constexpr std::size_t kMaxTextBytes = 4096;

bool writeWhole(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count > 0)
            bytes.remove_prefix(std::size_t(count));
        else if (errno != EINTR)
            return false;
    }
    return true;
}

/// Lines into the pipe of the child.
class LineEmitter : public Emitter
{
public:
    explicit LineEmitter(int fd) : m_fd(fd) {}
    void emit(Body body) override
    {
        if (auto *event = std::get_if<Event>(&body))
            event->text = clipped(event->text, kMaxTextBytes);
        if (auto *finished = std::get_if<StepFinished>(&body))
            finished->reason = clipped(finished->reason, kMaxTextBytes);
        const std::string line = encodeBody(body);
        const std::lock_guard lock(m_mutex);
        if (!writeWhole(m_fd, line))
            ::_exit(1); // nobody hears what is measured from here on
    }

private:
    int m_fd;
    std::mutex m_mutex;
};

bool isPipeOrSocket(int fd)
{
    struct stat status {};
    return ::fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

/// So that a child that hangs for ever holds neither our lock nor our pipes.
void closeWhatIsOurs(int first, int second, int lock)
{
    if (lock >= 0)
        ::close(lock);
    DIR *folder = ::opendir("/proc/self/fd");
    if (!folder)
        return;
    std::vector<int> others;
    while (const dirent *entry = ::readdir(folder)) {
        const auto number = parseInteger(entry->d_name);
        if (number && *number > 2 && *number != first && *number != second && *number != ::dirfd(folder))
            others.push_back(int(*number));
    }
    ::closedir(folder);
    for (const int fd : others) {
        if (isPipeOrSocket(fd))
            ::close(fd);
    }
}

CheckResult doWork(const Child::Work &work, ChildSide &side)
{
    try {
        return work(side);
    } catch (const std::exception &problem) {
        return CheckResult::error(std::string("the operating system refused what it needs: ") + printable(problem.what()));
    }
}

[[noreturn]] void liveAsChild(const Child::Work &work, pid_t parent, StagePage &page, int records, int turn, int lock)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
        ::_exit(1);
    ::signal(SIGPIPE, SIG_IGN);
    closeWhatIsOurs(records, turn, lock);
    LineEmitter out(records);
    ChildSide side(out, page, turn);
    auto result = doWork(work, side);
    out.emit(StepFinished{"child", "child", result.status, result.waiver, std::move(result.reason), 0});
    ::_exit(0); // a driver's own tidying up at exit may hang; the kernel takes back what it holds
}

std::string signalName(int number)
{
    static constexpr std::pair<int, const char *> names[] = {{SIGSEGV, "SIGSEGV"}, {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},
                                                             {SIGILL, "SIGILL"},   {SIGFPE, "SIGFPE"},   {SIGKILL, "SIGKILL"},
                                                             {SIGTERM, "SIGTERM"}, {SIGXCPU, "SIGXCPU"}, {SIGSYS, "SIGSYS"}};
    for (const auto &[known, name] : names) {
        if (known == number)
            return std::string(name) + " (" + ::strsignal(number) + ")";
    }
    return "signal " + std::to_string(number);
}

} // namespace

struct Child::Incoming {
    LineCutter cutter;
};

void ChildSide::stage(const std::string &name)
{
    const unsigned next = 1 - m_page.present.load();
    std::strncpy(m_page.text[next], name.c_str(), StagePage::kBytes - 1);
    m_page.repetition = 0;
    m_page.present = next;
    ++m_page.progress;
}

void ChildSide::repetition(std::uint64_t number)
{
    m_page.repetition = number;
    ++m_page.progress;
}

bool ChildSide::waitForTurn(const std::atomic<bool> *stop)
{
    m_out.emit(Heartbeat{kReady});
    while (!stopRequested(stop)) {
        pollfd waiting{m_turn, POLLIN, 0};
        const int count = ::poll(&waiting, 1, 50);
        if (count < 0 && errno != EINTR)
            return false;
        char go = 0;
        if (count > 0) {
            ++m_page.progress;
            return ::read(m_turn, &go, 1) == 1;
        }
    }
    return false;
}

std::unique_ptr<Child> Child::start(Work work, int lock, std::string &error)
{
    const auto failed = [&](const char *what) {
        error = std::string(what) + ": " + std::strerror(errno);
        return nullptr;
    };
    std::unique_ptr<Child> child(new Child);
    child->m_incoming = std::make_unique<Incoming>();
    void *memory = ::mmap(nullptr, sizeof(StagePage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return failed("cannot share a page with a child process");
    child->m_page = new (memory) StagePage;
    int records[2] = {-1, -1};
    int turn[2] = {-1, -1};
    if (::pipe2(records, O_CLOEXEC) != 0)
        return failed("cannot make a pipe");
    child->m_records = records[0];
    if (::pipe2(turn, O_CLOEXEC) != 0) {
        ::close(records[1]);
        return failed("cannot make a pipe");
    }
    child->m_turn = turn[1];
    const pid_t parent = ::getpid();
    child->m_pid = ::fork();
    if (child->m_pid == 0)
        liveAsChild(work, parent, *child->m_page, records[1], turn[0], lock);
    ::close(records[1]);
    ::close(turn[0]);
    if (child->m_pid < 0)
        return failed("cannot start a child process");
    ::fcntl(child->m_records, F_SETFL, O_NONBLOCK);
    return child;
}

Child::~Child()
{
    if (m_pid > 0 && !m_over) {
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, WNOHANG);
    }
    for (const int fd : {m_records, m_turn}) {
        if (fd >= 0)
            ::close(fd);
    }
    if (m_page)
        ::munmap(m_page, sizeof(StagePage));
}

void Child::take(const std::string &line, const Take &take)
{
    auto read = decodeBody(line);
    auto *body = std::get_if<Body>(&read);
    if (!body) {
        take(Event{Severity::Error, "gpu.malformed", {}, {}, "A child process wrote a line that is no record: " + std::get<Malformed>(read).reason + '.',
                   {{"excerpt", std::get<Malformed>(read).excerpt}}});
        return;
    }
    if (const auto *finished = std::get_if<StepFinished>(body))
        m_result = CheckResult{finished->status, finished->waiver, finished->reason};
    else if (const auto *beat = std::get_if<Heartbeat>(body))
        m_ready = m_ready || beat->step == kReady;
    else
        take(std::move(*body));
}

void Child::readRecords(const Take &take)
{
    std::array<char, 16 * 1024> bytes;
    while (m_records >= 0) {
        const ssize_t count = ::read(m_records, bytes.data(), bytes.size());
        if (count > 0) {
            m_incoming->cutter.feed({bytes.data(), std::size_t(count)},
                                    [&](const std::string &line, std::uint64_t) { this->take(line, take); });
            continue;
        }
        if (count < 0 && errno == EINTR)
            continue;
        if (count == 0) {
            ::close(m_records);
            m_records = -1;
        }
        return;
    }
}

void Child::look(const Take &take)
{
    if (m_over)
        return;
    const bool ended = ::waitpid(m_pid, &m_waitStatus, WNOHANG) == m_pid; // first: what it wrote before is in the pipe then
    readRecords(take);
    m_over = m_over || ended;
}

void Child::giveTurn()
{
    m_hasTurn = true;
    if (::write(m_turn, "g", 1) != 1) {
        // It is dead then, which look() finds.
    }
}

std::string Child::stage() const
{
    const char *const present = m_page->text[m_page->present.load() & 1];
    const std::string text = printable({present, ::strnlen(present, StagePage::kBytes)});
    const auto repetition = m_page->repetition.load();
    const std::string name = text.empty() ? "its start" : text;
    return repetition > 0 ? "repetition " + std::to_string(repetition) + " of " + name : name;
}

std::uint64_t Child::progress() const
{
    return m_page->progress.load();
}

std::string Child::ending() const
{
    if (!WIFSIGNALED(m_waitStatus))
        return "it ended with exit status " + std::to_string(WEXITSTATUS(m_waitStatus)) + " without a result";
    const int number = WTERMSIG(m_waitStatus);
    return "it was ended by " + signalName(number);
}

void Child::signal(int number)
{
    ::kill(m_pid, number);
    if (number == SIGTERM)
        ::kill(m_pid, SIGCONT); // a stopped process would not hear TERM
}

std::string Child::leaveBehind()
{
    const std::filesystem::path folder = "/proc/" + std::to_string(m_pid);
    const auto status = readText(folder / "status", 4096).value_or("");
    const auto where = readLine(folder / "wchan").value_or("");
    const auto call = readLine(folder / "syscall").value_or("");
    m_over = true;
    std::string text = "process " + std::to_string(m_pid);
    if (const auto state = valueOf(status, "State"); !state.empty())
        text += ", state " + printable(state);
    if (!where.empty() && where != "0")
        text += ", in " + where;
    if (!call.empty())
        text += ", system call " + call.substr(0, call.find(' '));
    return text;
}

} // namespace seatrial::engine
