// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/tty.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

namespace seatrial::cli {

namespace {

constexpr std::array kEndingSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

// What a signal handler needs; there is one terminal, and one question at a time.
volatile std::sig_atomic_t terminalToRestore = -1;
termios settingsToRestore;

void restoreAndEnd(int signal)
{
    if (terminalToRestore >= 0)
        tcsetattr(terminalToRestore, TCSANOW, &settingsToRestore);
    std::signal(signal, SIG_DFL);
    raise(signal);
}

/// Typed words are not shown as long as it lives.
class Hidden
{
public:
    explicit Hidden(int descriptor) : m_descriptor(descriptor)
    {
        if (tcgetattr(descriptor, &settingsToRestore) != 0)
            return;
        terminalToRestore = descriptor;
        for (std::size_t i = 0; i < kEndingSignals.size(); ++i) {
            struct sigaction handler {};
            handler.sa_handler = restoreAndEnd;
            sigemptyset(&handler.sa_mask);
            sigaction(kEndingSignals[i], nullptr, &m_before[i]);
            if (m_before[i].sa_handler == SIG_DFL)
                sigaction(kEndingSignals[i], &handler, nullptr);
        }
        termios quiet = settingsToRestore;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        quiet.c_lflag |= ECHONL | ICANON | ISIG;
        quiet.c_cc[VSUSP] = _POSIX_VDISABLE; // a shell would get a terminal that shows nothing
        m_good = tcsetattr(descriptor, TCSAFLUSH, &quiet) == 0;
    }
    ~Hidden()
    {
        if (terminalToRestore < 0)
            return;
        tcsetattr(m_descriptor, TCSAFLUSH, &settingsToRestore);
        terminalToRestore = -1;
        for (std::size_t i = 0; i < kEndingSignals.size(); ++i) {
            if (m_before[i].sa_handler == SIG_DFL)
                sigaction(kEndingSignals[i], &m_before[i], nullptr);
        }
    }
    Hidden(const Hidden &) = delete;
    Hidden &operator=(const Hidden &) = delete;
    bool good() const { return m_good; }

private:
    int m_descriptor;
    bool m_good = false;
    std::array<struct sigaction, kEndingSignals.size()> m_before{};
};

} // namespace

std::optional<Tty> Tty::open()
{
    const int descriptor = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0)
        return std::nullopt;
    Tty terminal(descriptor);
    if (tcgetpgrp(descriptor) != getpgrp()) // reading would stop the program
        return std::nullopt;
    return terminal;
}

Tty::Tty(Tty &&other) noexcept : m_descriptor(std::exchange(other.m_descriptor, -1)) {}

Tty::~Tty()
{
    if (m_descriptor >= 0)
        close(m_descriptor);
}

void Tty::say(const std::string &text) const
{
    (void)!write(m_descriptor, text.data(), text.size());
}

std::optional<std::string> Tty::line(bool echo, const std::atomic<bool> &stop) const
{
    if (echo)
        return read(stop);
    const Hidden hidden(m_descriptor);
    if (!hidden.good())
        return std::nullopt; // rather no answer than one that is seen
    return read(stop);
}

std::optional<std::string> Tty::read(const std::atomic<bool> &stop) const
{
    constexpr std::size_t mostBytes = 4096;
    std::string text;
    text.reserve(mostBytes);
    while (!stop) {
        pollfd input{m_descriptor, POLLIN, 0};
        const int ready = poll(&input, 1, 100);
        if (ready == 0)
            continue;
        char byte = 0;
        if (ready < 0 || ::read(m_descriptor, &byte, 1) != 1)
            return std::nullopt;
        if (byte == '\n')
            return text;
        if (text.size() < mostBytes)
            text += byte;
    }
    return std::nullopt;
}

} // namespace seatrial::cli
