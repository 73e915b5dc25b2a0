// SPDX-License-Identifier: Apache-2.0
#include "engine/measure/command.h"

#include "engine/measure/clock.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace seatrial::engine {

namespace {

constexpr std::size_t mostErrors = 2000;
constexpr int notStarted = 127;

struct Pipe {
    int ends[2] = {-1, -1};
    bool open() { return ::pipe2(ends, O_CLOEXEC) == 0; }
    void close(int which)
    {
        if (ends[which] >= 0)
            ::close(ends[which]);
        ends[which] = -1;
    }
    ~Pipe()
    {
        close(0);
        close(1);
    }
};

/// A program that asks its environment for a language would answer in it.
std::vector<std::string> plainEnvironment()
{
    std::vector<std::string> environment{"LC_ALL=C"};
    for (char **entry = environ; *entry; ++entry) {
        if (std::strncmp(*entry, "LC_ALL=", 7) != 0)
            environment.emplace_back(*entry);
    }
    return environment;
}

std::vector<char *> pointers(std::vector<std::string> &words)
{
    std::vector<char *> list;
    for (auto &word : words)
        list.push_back(word.data());
    list.push_back(nullptr);
    return list;
}

/// Between fork and exec: nothing that allocates.
[[noreturn]] void becomeCommand(int nothing, int output, int errors, char *const *arguments, char *const *environment)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const int signal : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD})
        ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::dup2(nothing, 0) >= 0 && ::dup2(output, 1) >= 0 && ::dup2(errors, 2) >= 0)
        ::execvpe(arguments[0], arguments, environment);
    ::_exit(notStarted);
}

/// Reads both pipes until both are closed, time is over or too much came. What ended it, or nothing.
std::string listen(Pipe &output, Pipe &errors, CommandAnswer &answer, double until, std::size_t mostBytes)
{
    std::array<char, 16384> buffer;
    while (output.ends[0] >= 0 || errors.ends[0] >= 0) {
        const double left = until - monotonicSeconds();
        if (left <= 0)
            return "it did not answer in time";
        std::array<pollfd, 2> polled{{{output.ends[0], POLLIN, 0}, {errors.ends[0], POLLIN, 0}}};
        if (::poll(polled.data(), polled.size(), int(std::min(left, 1.0) * 1000) + 1) < 0 && errno != EINTR)
            return std::strerror(errno);
        for (auto *pipe : {&output, &errors}) {
            if (polled[pipe == &output ? 0 : 1].revents == 0)
                continue;
            const ssize_t got = ::read(pipe->ends[0], buffer.data(), buffer.size());
            if (got <= 0) {
                if (got == 0 || errno != EINTR)
                    pipe->close(0);
                continue;
            }
            auto &text = pipe == &output ? answer.output : answer.errors;
            const std::size_t most = pipe == &output ? mostBytes : mostErrors;
            const std::size_t taken = std::min(std::size_t(got), most - std::min(most, text.size()));
            text.append(buffer.data(), taken);
            if (pipe == &output && taken < std::size_t(got))
                return "it wrote more than " + std::to_string(mostBytes) + " bytes";
        }
    }
    return {};
}

} // namespace

CommandAnswer runCommand(const std::vector<std::string> &words, double seconds, std::size_t mostBytes)
{
    CommandAnswer answer;
    Pipe output, errors;
    auto arguments = words;
    auto environment = plainEnvironment();
    const auto argumentList = pointers(arguments), environmentList = pointers(environment);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const bool ready = nothing >= 0 && output.open() && errors.open();
    const pid_t pid = ready ? ::fork() : -1;
    if (pid == 0)
        becomeCommand(nothing, output.ends[1], errors.ends[1], argumentList.data(), environmentList.data());
    answer.problem = pid < 0 ? std::strerror(errno) : "";
    if (nothing >= 0)
        ::close(nothing);
    if (pid < 0)
        return answer;
    output.close(1);
    errors.close(1);
    const double until = monotonicSeconds() + seconds;
    answer.problem = listen(output, errors, answer, until, mostBytes);
    if (!answer.problem.empty())
        ::kill(pid, SIGKILL); // refused for one that became another user: it ends at its closed pipes
    output.close(0);
    errors.close(0);
    int status = 0;
    // It has closed its pipes or was killed: the rest takes no time, unless it may not be killed.
    while (::waitpid(pid, &status, WNOHANG) == 0) {
        if (monotonicSeconds() > until + 1) {
            if (answer.problem.empty())
                answer.problem = "it did not end in time";
            ::kill(pid, SIGKILL);
            return answer;
        }
        ::usleep(2000);
    }
    if (!answer.problem.empty())
        return answer;
    if (!WIFEXITED(status))
        answer.problem = std::string("it was ended by a signal (") + ::strsignal(WTERMSIG(status)) + ")";
    else if (WEXITSTATUS(status) == notStarted && answer.output.empty() && answer.errors.empty())
        answer.problem = "it is not installed";
    else
        answer.status = WEXITSTATUS(status);
    return answer;
}

} // namespace seatrial::engine
