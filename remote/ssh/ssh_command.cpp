// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/ssh_command.h"

#include "remote/shell_quote.h"
#include "remote/text.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>

namespace seatrial::remote {

using namespace domain;

namespace {

/// "TERM" as the protocol spells it.
int signalNumber(const char *name)
{
    static constexpr std::pair<const char *, int> known[] = {
        {"ABRT", SIGABRT}, {"ALRM", SIGALRM}, {"FPE", SIGFPE},   {"HUP", SIGHUP},   {"ILL", SIGILL},
        {"INT", SIGINT},   {"KILL", SIGKILL}, {"PIPE", SIGPIPE}, {"QUIT", SIGQUIT}, {"SEGV", SIGSEGV},
        {"TERM", SIGTERM}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2},
    };
    for (const auto &[text, number] : known) {
        if (name != nullptr && std::strcmp(name, text) == 0)
            return number;
    }
    return 127; // some signal
}

/// Reads what has come; the callback of the channel is told the status. libssh 0.11 gave the call another name.
void takeInExitStatus(ssh_channel channel)
{
#if LIBSSH_VERSION_INT >= SSH_VERSION_INT(0, 11, 0)
    std::uint32_t status = 0;
    ssh_channel_get_exit_state(channel, &status, nullptr, nullptr);
#else
    ssh_channel_get_exit_status(channel);
#endif
}

} // namespace

SshCommand::SshCommand(std::shared_ptr<Session> session, const BeginMark &mark)
    : m_session(std::move(session)), m_channel(ssh_channel_new(m_session->handle())), m_outputFilter(mark),
      m_errorFilter(mark)
{
    m_callbacks.userdata = this;
    m_callbacks.channel_exit_status_function = [](ssh_session, ssh_channel, int status, void *self) {
        static_cast<SshCommand *>(self)->m_exitStatus = status;
    };
    m_callbacks.channel_exit_signal_function = [](ssh_session, ssh_channel, const char *name, int, const char *,
                                                  const char *, void *self) {
        static_cast<SshCommand *>(self)->m_exitStatus = 128 + signalNumber(name);
    };
    m_callbacks.channel_close_function = [](ssh_session, ssh_channel, void *self) {
        static_cast<SshCommand *>(self)->m_closed = true;
    };
    ssh_callbacks_init(&m_callbacks);
    ssh_set_counters(m_session->handle(), nullptr, &m_received);
    if (m_channel != nullptr)
        ssh_set_channel_callbacks(m_channel, &m_callbacks);
}

SshCommand::~SshCommand()
{
    ssh_set_counters(m_session->handle(), nullptr, nullptr);
    if (m_channel == nullptr)
        return;
    ssh_remove_channel_callbacks(m_channel, &m_callbacks);
    ssh_channel_free(m_channel); // tells the node to close it
}

Result<std::unique_ptr<SshCommand>> SshCommand::start(std::shared_ptr<Session> session, const std::string &script,
                                                      double seconds, const std::atomic<bool> &cancelled)
{
    const BeginMark mark;
    const auto line = loginShellCommand(mark.before(script));
    if (!line)
        return std::unexpected(line.error());
    std::unique_ptr<SshCommand> command(new SshCommand(std::move(session), mark));
    if (const auto opened = command->open(*line, seconds, cancelled); !opened)
        return std::unexpected(opened.error());
    return command;
}

Result<void> SshCommand::open(const std::string &command, double seconds, const std::atomic<bool> &cancelled)
{
    if (m_channel == nullptr)
        return std::unexpected(lost());
    const Moment deadline = after(seconds);
    auto answer = m_session->await([this] { return ssh_channel_open_session(m_channel); }, SSH_AGAIN, deadline, cancelled);
    if (answer.waited == Waited::Ready && answer.code == SSH_OK) {
        answer = m_session->await([&] { return ssh_channel_request_exec(m_channel, command.c_str()); }, SSH_AGAIN,
                                  deadline, cancelled);
    }
    if (answer.waited == Waited::Cancelled)
        return std::unexpected(Failure{Stage::Run, FailureKind::Cancelled, m_session->where() + ": cancelled", {}, {}});
    if (answer.waited == Waited::TimedOut) {
        return std::unexpected(Failure{Stage::Run, FailureKind::Timeout,
                                       m_session->where() + ": no answer for " + secondsText(seconds),
                                       "starting a command on the node", "the node hangs: look at its console"});
    }
    if (answer.code == SSH_OK)
        return {};
    if (m_session->closed())
        return std::unexpected(lost());
    return std::unexpected(Failure{Stage::Run, FailureKind::Refused,
                                   m_session->where() + ": the node refuses to run commands: "
                                       + printable(m_session->error()),
                                   "starting a command on the node",
                                   "allow sessions for this user (MaxSessions and ForceCommand of sshd)"});
}

std::size_t SshCommand::descriptors(std::span<pollfd, kMaxDescriptors> fds, bool) const
{
    fds[0] = m_session->descriptor();
    return 1;
}

Result<std::size_t> SshCommand::read(Stream stream, std::span<char> buffer)
{
    const bool errors = stream == Stream::Errors;
    auto &filter = errors ? m_errorFilter : m_outputFilter;
    // A read that brings nothing but noise is no reason to wait: libssh may hold more.
    while (true) {
        const int count = ssh_channel_read_nonblocking(m_channel, buffer.data(),
                                                       static_cast<std::uint32_t>(buffer.size()), errors ? 1 : 0);
        if (count == SSH_EOF)
            return 0;
        if (count == 0 || count == SSH_AGAIN) {
            if (!m_closed && ssh_is_connected(m_session->handle()) == 0)
                return std::unexpected(lost());
            return 0;
        }
        if (count < 0)
            return std::unexpected(lost());
        const auto words = filter.pass({buffer.data(), static_cast<std::size_t>(count)});
        if (filter.hopeless())
            return std::unexpected(neverBegan());
        if (words.empty())
            continue;
        if (words.data() != buffer.data())
            std::copy(words.begin(), words.end(), buffer.begin());
        return words.size();
    }
}

bool SshCommand::stirred()
{
    // Reading one stream takes in packets of the other as well.
    return std::exchange(m_packetsSeen, m_received.in_packets) != m_received.in_packets;
}

Result<std::size_t> SshCommand::write(std::string_view bytes)
{
    if (m_closed)
        return bytes.size();
    // One packet at a time: more would only pile up in libssh's buffer.
    if ((ssh_get_poll_flags(m_session->handle()) & SSH_WRITE_PENDING) != 0)
        return 0;
    constexpr std::size_t packet = 32'000;
    const auto size = std::min({bytes.size(), packet, static_cast<std::size_t>(ssh_channel_window_size(m_channel))});
    if (size == 0)
        return 0;
    const int count = ssh_channel_write(m_channel, bytes.data(), static_cast<std::uint32_t>(size));
    if (count >= 0)
        return static_cast<std::size_t>(count); // 0 amid a new key exchange
    if (m_session->closed())
        return std::unexpected(lost());
    return bytes.size();
}

void SshCommand::closeInput()
{
    ssh_channel_send_eof(m_channel);
}

Result<std::optional<int>> SshCommand::ended()
{
    if (!m_closed && ssh_channel_is_eof(m_channel) == 0)
        return std::optional<int>();
    if (ssh_channel_poll(m_channel, 0) > 0 || ssh_channel_poll(m_channel, 1) > 0)
        return std::optional<int>();
    // Once the output has ended, reads take in nothing any more, not even the exit status. This does.
    if (!m_exitStatus && !m_closed)
        takeInExitStatus(m_channel);
    if (!m_exitStatus && !m_closed && ssh_is_connected(m_session->handle()) != 0)
        return std::optional<int>();
    if (!m_outputFilter.begun())
        return std::unexpected(neverBegan());
    if (m_exitStatus)
        return m_exitStatus;
    return std::unexpected(lost());
}

campaign::Noise SshCommand::noise() const
{
    const bool output = m_outputFilter.noiseLines() > 0;
    return {m_outputFilter.noiseLines() + m_errorFilter.noiseLines(),
            printable(output ? m_outputFilter.noiseSample() : m_errorFilter.noiseSample())};
}

Failure SshCommand::lost() const
{
    const std::string said = printable(m_session->error());
    return {Stage::Run, FailureKind::Lost,
            m_session->where() + ": the connection was lost" + (said.empty() ? "" : " (" + said + ")"),
            "talking to the node over SSH", "check power and network of the node, then run again"};
}

Failure SshCommand::neverBegan() const
{
    std::string said = printable(m_outputFilter.noise());
    if (const auto complaint = printable(m_errorFilter.noise()); !complaint.empty())
        said += (said.empty() ? "" : " / ") + complaint;
    return {Stage::Run, FailureKind::Unsupported,
            m_session->where() + ": the login shell did not start /bin/sh"
                + (said.empty() ? std::string(" and said nothing") : "; it said: " + said),
            "running 'exec /bin/sh' by the user's login shell",
            "this user needs a login shell that runs commands (see /etc/passwd and its start-up files on the node)"};
}

} // namespace seatrial::remote
