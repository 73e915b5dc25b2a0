// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/links/local_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include <sys/pidfd.h> // of glibc 2.36 forgets to say that this is C
}

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

extern char **environ;

namespace seatrial::remote {

using namespace domain;

namespace {

void closeDescriptor(int &descriptor)
{
    if (descriptor >= 0)
        ::close(descriptor);
    descriptor = -1;
}

struct Pair {
    int ours = -1;
    int theirs = -1;
    ~Pair()
    {
        closeDescriptor(ours);
        closeDescriptor(theirs);
    }
    bool open()
    {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            return false;
        ours = ends[0];
        theirs = ends[1];
        return fcntl(ours, F_SETFL, O_NONBLOCK) == 0;
    }
    bool openPipe()
    {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
            return false;
        ours = ends[0];
        theirs = ends[1];
        return fcntl(ours, F_SETFL, O_NONBLOCK) == 0;
    }
    int take() { return std::exchange(ours, -1); }
};

Failure cannotStart(const std::string &program, int error)
{
    return {Stage::Run, error == ENOENT ? FailureKind::NotFound : FailureKind::Broken,
            "this computer: cannot start " + program + ": " + std::strerror(error), "starting a program", {}};
}

std::vector<char *> pointers(std::vector<std::string> &texts)
{
    std::vector<char *> all;
    for (std::string &text : texts)
        all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

std::vector<std::string> plainEnvironment()
{
    std::vector<std::string> variables;
    for (char **variable = environ; *variable != nullptr; ++variable) {
        if (std::strncmp(*variable, "LC_ALL=", 7) != 0)
            variables.emplace_back(*variable);
    }
    variables.emplace_back("LC_ALL=C");
    return variables;
}

int spawn(pid_t &pid, std::vector<std::string> arguments, const Pair &input, const Pair &output, const Pair &errors)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.theirs, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output.theirs, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors.theirs, STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    // A session of its own, as sshd gives: Ctrl-C in our terminal is not for it.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);

    auto environment = plainEnvironment();
    const int error = posix_spawnp(&pid, arguments[0].c_str(), &actions, &attributes, pointers(arguments).data(),
                                   pointers(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

} // namespace

Result<std::unique_ptr<LocalProcess>> LocalProcess::start(const std::vector<std::string> &arguments)
{
    Pair input;
    Pair output;
    Pair errors;
    if (!input.open() || !output.openPipe() || !errors.openPipe())
        return std::unexpected(cannotStart(arguments[0], errno));
    std::unique_ptr<LocalProcess> process(new LocalProcess);
    if (const int error = spawn(process->m_pid, arguments, input, output, errors); error != 0) {
        process->m_pid = -1;
        return std::unexpected(cannotStart(arguments[0], error));
    }
    process->m_pidDescriptor = pidfd_open(process->m_pid, 0);
    process->m_input = input.take();
    process->m_output = output.take();
    process->m_errors = errors.take();
    return process;
}

LocalProcess::~LocalProcess()
{
    closeDescriptor(m_input);
    closeDescriptor(m_output);
    closeDescriptor(m_errors);
    if (m_pid > 0 && !exited(0)) {
        kill(m_pid, SIGHUP);
        if (!exited(100))
            kill(m_pid, SIGKILL);
    }
    if (m_pid > 0)
        reap();
    closeDescriptor(m_pidDescriptor);
}

std::size_t LocalProcess::descriptors(std::span<pollfd, kMaxDescriptors> fds, bool toWrite) const
{
    std::size_t count = 0;
    for (const int descriptor : {m_output, m_errors}) {
        if (descriptor >= 0)
            fds[count++] = {descriptor, POLLIN, 0};
    }
    if (m_pidDescriptor >= 0)
        fds[count++] = {m_pidDescriptor, POLLIN, 0};
    if (toWrite && m_input >= 0)
        fds[count++] = {m_input, POLLOUT, 0};
    return count;
}

Result<std::size_t> LocalProcess::read(Stream stream, std::span<char> buffer)
{
    int &descriptor = stream == Stream::Output ? m_output : m_errors;
    if (descriptor < 0)
        return 0;
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count > 0)
        return static_cast<std::size_t>(count);
    if (count == 0)
        closeDescriptor(descriptor); // else poll() would report the end for ever
    return 0;
}

Result<std::size_t> LocalProcess::write(std::string_view bytes)
{
    if (m_input < 0)
        return bytes.size();
    const ssize_t count = ::send(m_input, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0)
        return static_cast<std::size_t>(count);
    if (errno == EAGAIN || errno == EINTR)
        return 0;
    closeDescriptor(m_input);
    return bytes.size();
}

void LocalProcess::closeInput()
{
    closeDescriptor(m_input);
}

Result<std::optional<int>> LocalProcess::ended()
{
    if (m_pid <= 0 || !exited(0))
        return std::optional<int>();
    // It ended, but what it wrote last may still lie in the pipes.
    for (const int descriptor : {m_output, m_errors}) {
        pollfd fd{descriptor, POLLIN, 0};
        if (descriptor >= 0 && poll(&fd, 1, 0) > 0 && (fd.revents & POLLIN) != 0)
            return std::optional<int>();
    }
    return std::optional<int>(reap());
}

bool LocalProcess::exited(int milliseconds) const
{
    pollfd fd{m_pidDescriptor, POLLIN, 0};
    return poll(&fd, 1, milliseconds) > 0;
}

int LocalProcess::reap()
{
    int status = 0;
    while (waitpid(m_pid, &status, 0) < 0 && errno == EINTR) {
    }
    m_pid = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace seatrial::remote
