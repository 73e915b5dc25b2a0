// SPDX-License-Identifier: Apache-2.0
#include "engine/supervise/control_pump.h"

#include "core/protocol/codec.h"
#include "engine/supervise/journal.h"
#include "engine/supervise/node_clock.h"
#include "engine/supervise/process_tree.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace seatrial::engine {

using namespace protocol;

namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr double kBoundEndsWithin = 10; ///< beyond the grace of its workers
constexpr int kLastWordsAttempts = 50; ///< of 100 ms, to hand over what was said just before the input ended

Fd signalsThatCancel()
{
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
    return Fd(::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
}

} // namespace

ControlPump::ControlPump(const AttachOptions &options, Fd stream, pid_t bound)
    : m_options(options)
    , m_stream(std::move(stream))
    , m_bound(bound)
    , m_lastSequence(options.from > 0 ? options.from - 1 : 0)
{
    if (options.foreground)
        m_signals = signalsThatCancel();
}

int ControlPump::run(const Open &open)
{
    if (m_stream.isOpen())
        m_toSupervisor = "from " + std::to_string(m_lastSequence + 1) + '\n' + encode(Control(open));
    while (m_stream.isOpen() && !m_goodbye && !m_left && !(m_streamEnded && m_toOutput.empty())) {
        const bool wantInput = m_inputOpen && m_toSupervisor.empty();
        const bool wantJournal = m_toOutput.empty() && !m_streamEnded;
        pollfd polled[] = {
            {wantInput ? m_options.input : -1, POLLIN, 0},
            {m_stream.get(), static_cast<short>((wantJournal ? POLLIN : 0) | (m_toSupervisor.empty() ? 0 : POLLOUT)), 0},
            {m_options.output, static_cast<short>(m_toOutput.empty() ? 0 : POLLOUT), 0}, // its other end may go at any time
            {m_signals.get(), POLLIN, 0},
        };
        if (m_streamEnded)
            polled[1].fd = -1;
        ::poll(polled, std::size(polled), -1);
        if (polled[3].revents)
            handleSignals();
        if (polled[0].revents)
            readInput();
        if (polled[1].revents)
            sendControl();
        if (polled[1].revents && wantJournal)
            readJournal();
        if (polled[2].revents & POLLOUT)
            writeOut();
        else if (polled[2].revents & (POLLERR | POLLNVAL | POLLHUP))
            m_left = true;
    }
    if (m_bound != 0)
        endBound(open.graceSeconds);
    if (m_left || (!m_inputOpen && !m_options.foreground && !m_goodbye))
        return kAttachLeft;
    const int exitCode = m_goodbye ? kAttachDelivered : finishFromFile();
    return m_planBad ? kAttachRefused : exitCode;
}

void ControlPump::readInput()
{
    std::array<char, kBlockBytes> bytes;
    const ssize_t count = ::read(m_options.input, bytes.data(), bytes.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (count <= 0)
        return inputEnded();
    const std::string_view read(bytes.data(), static_cast<std::size_t>(count));
    if (m_options.foreground)
        checkPlanLines(read);
    else
        m_toSupervisor.append(read);
}

/// A plan in the foreground is somebody's file: what is wrong in it is said with its line.
void ControlPump::checkPlanLines(std::string_view bytes)
{
    m_plan.feed(bytes, [&](const std::string &line, std::uint64_t discarded) {
        ++m_planLine;
        if (m_planBad || line.find_first_not_of(" \t\r") == std::string::npos)
            return;
        const auto control = decodeControl(line);
        if (discarded == 0 && std::holds_alternative<Control>(control)) {
            m_toSupervisor += line + '\n';
            return;
        }
        const auto *malformed = std::get_if<Malformed>(&control);
        const std::string reason = malformed ? malformed->reason : "it is of a newer protocol, or too long";
        std::fprintf(stderr, "seatrial-engine: line %d of the plan cannot be read: %s\n", m_planLine, reason.c_str());
        m_planBad = true;
        cancel("line " + std::to_string(m_planLine) + " of the plan cannot be read: " + reason);
    });
}

void ControlPump::inputEnded()
{
    m_inputOpen = false;
    if (!m_options.foreground) {
        m_left = m_bound == 0;
        for (int attempt = 0; attempt < kLastWordsAttempts && !m_toSupervisor.empty(); ++attempt) {
            pollfd waiting{m_stream.get(), POLLOUT, 0};
            ::poll(&waiting, 1, 100);
            sendControl();
        }
        if (m_bound != 0)
            ::kill(m_bound, SIGTERM); // what it writes until its end is still passed on
        return;
    }
    if (m_plan.hasPart())
        checkPlanLines("\n");
    m_toSupervisor += encode(Control(NoMoreSteps{}));
}

/// Sees the supervisor that lives with us to its end, so that nothing stays when this login is over.
void ControlPump::endBound(double graceSeconds)
{
    if (!m_goodbye)
        ::kill(m_bound, SIGTERM);
    const double until = bootSeconds() + graceSeconds + kBoundEndsWithin;
    while (::waitpid(m_bound, nullptr, WNOHANG) == 0) {
        if (bootSeconds() > until) {
            signalTree(m_bound, SIGKILL);
            break;
        }
        ::usleep(10'000);
    }
}

void ControlPump::handleSignals()
{
    signalfd_siginfo signal{};
    while (::read(m_signals.get(), &signal, sizeof signal) == sizeof signal)
        cancel(signal.ssi_signo == SIGINT ? "interrupted (SIGINT)" : "told to end (SIGTERM)");
}

void ControlPump::cancel(const std::string &reason)
{
    m_toSupervisor += encode(Control(Cancel{{}, reason}));
}

void ControlPump::sendControl()
{
    if (m_toSupervisor.empty())
        return;
    const ssize_t sent = ::send(m_stream.get(), m_toSupervisor.data(), m_toSupervisor.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0)
        m_toSupervisor.erase(0, static_cast<std::size_t>(sent));
    else if (errno != EAGAIN && errno != EINTR)
        m_toSupervisor.clear(); // it is gone; what it wrote before is still to be read
}

void ControlPump::readJournal()
{
    m_toOutput.resize(kBlockBytes);
    const ssize_t count = ::recv(m_stream.get(), m_toOutput.data(), m_toOutput.size(), MSG_DONTWAIT);
    m_toOutput.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
        m_streamEnded = true;
}

void ControlPump::writeOut()
{
    // At most what a pipe takes for sure when poll() calls it writable: the output may be one that blocks.
    const std::size_t size = std::min<std::size_t>(m_toOutput.size(), PIPE_BUF);
    const ssize_t written = ::write(m_options.output, m_toOutput.data(), size);
    if (written > 0) {
        note(std::string_view(m_toOutput).substr(0, static_cast<std::size_t>(written)));
        m_toOutput.erase(0, static_cast<std::size_t>(written));
    } else if (written < 0 && errno != EAGAIN && errno != EINTR) {
        m_left = true;
    }
}

void ControlPump::note(std::string_view delivered)
{
    m_delivered.feed(delivered, [&](const std::string &line, std::uint64_t) {
        m_lastSequence = std::max(m_lastSequence, sequenceOf(line));
        m_goodbye = m_goodbye || isGoodbye(line);
    });
    const std::size_t end = delivered.rfind('\n');
    m_partBytes = end == std::string_view::npos ? m_partBytes + delivered.size() : delivered.size() - end - 1;
}

/// What the journal has beyond what was delivered: all of it if the run has ended, the rest if the supervisor was
/// killed while it sent.
int ControlPump::finishFromFile()
{
    const std::filesystem::path path = m_options.folder / Journal::kFileName;
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    LineCutter cutter;
    std::array<char, kBlockBytes> bytes;
    bool written = true;
    while (file.isOpen() && written && !m_goodbye) {
        const ssize_t count = ::read(file.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        std::string block;
        cutter.feed({bytes.data(), static_cast<std::size_t>(count)}, [&](const std::string &line, std::uint64_t) {
            if (sequenceOf(line) > m_lastSequence)
                block += line + '\n';
        });
        const std::size_t sentAlready = std::min<std::size_t>(block.empty() ? 0 : m_partBytes, block.size());
        const std::string_view rest = std::string_view(block).substr(sentAlready);
        written = writeAll(m_options.output, rest);
        if (written && !rest.empty())
            note(rest);
    }
    if (m_goodbye)
        return kAttachDelivered;
    if (!written)
        return kAttachLeft;
    std::fprintf(stderr, "seatrial-engine: the supervisor of %s went away without a goodbye; attach again to take the run up\n",
                 m_options.folder.c_str());
    return kAttachBroken;
}

} // namespace seatrial::engine
