// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/load_lock.h"

#include "engine/measure/clock.h"
#include "engine/measure/text.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <sys/file.h>
#include <sys/time.h>
#include <unistd.h>

namespace seatrial::engine {

namespace {

/// While it lives a system call that waits is woken four times a second.
class WakeUps
{
public:
    WakeUps()
    {
        struct sigaction action {};
        action.sa_handler = [](int) {};
        sigaction(SIGALRM, &action, &m_before);
        const itimerval often{{0, 250'000}, {0, 250'000}};
        setitimer(ITIMER_REAL, &often, nullptr);
    }
    ~WakeUps()
    {
        const itimerval never{};
        setitimer(ITIMER_REAL, &never, nullptr);
        sigaction(SIGALRM, &m_before, nullptr);
    }
    WakeUps(const WakeUps &) = delete;
    WakeUps &operator=(const WakeUps &) = delete;

private:
    struct sigaction m_before {};
};

/// Waits inside flock(): whoever waits there is next, before the holder's next step has come as far as asking.
int lockWithin(int fd, double start, double seconds, const std::atomic<bool> *stop)
{
    const WakeUps wakeUps;
    while (monotonicSeconds() - start < seconds && !stopRequested(stop)) {
        if (::flock(fd, LOCK_EX) == 0)
            return 0;
        if (errno != EINTR)
            return errno;
    }
    return EWOULDBLOCK;
}

void writeHolder(int fd, const std::string &run)
{
    const auto text = run + ' ' + std::to_string(::getppid()) + '\n';
    if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, text.data(), text.size(), 0) < 0) {
        // No harm: it is held all the same, others only cannot say by whom.
    }
}

std::string readHolder(int fd)
{
    std::array<char, 512> text{};
    const auto count = ::pread(fd, text.data(), text.size(), 0);
    const auto parts = words({text.data(), std::size_t(count > 0 ? count : 0)});
    if (parts.size() != 2)
        return "another Seatrial run of the same user measures here";
    return "Seatrial run " + printable(parts[0]) + " of the same user measures here (its supervisor is pid "
        + printable(parts[1]) + ")";
}

} // namespace

LoadTurn takeLoadLock(int fd, const std::string &run, double seconds, const std::atomic<bool> *stop)
{
    const double start = monotonicSeconds();
    int error = ::flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    LoadTurn turn;
    if (error == EWOULDBLOCK) {
        error = lockWithin(fd, start, seconds, stop);
        turn.waitedSeconds = monotonicSeconds() - start;
    }
    turn.ours = error == 0;
    if (turn.ours)
        writeHolder(fd, run);
    else if (error == EWOULDBLOCK)
        turn.holder = readHolder(fd);
    else
        turn.problem = std::strerror(error);
    return turn;
}

} // namespace seatrial::engine
