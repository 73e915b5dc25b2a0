// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/dial.h"

#include "remote/ssh/host_keys.h"
#include "remote/ssh/jump_host.h"
#include "remote/ssh/login.h"
#include "remote/ssh/login_gate.h"
#include "remote/ssh/secrets.h"
#include "remote/ssh/session.h"
#include "remote/ssh/tcp.h"
#include "remote/text.h"

#include <algorithm>
#include <random>

namespace seatrial::remote {

using namespace domain;

namespace {

constexpr double kLongestPauseSeconds = 4;
/// A connection that broke amid a login may be an overloaded sshd, but also one that dislikes what it is told.
constexpr int kAttemptsWhenLost = 3;

/// Different for every node, so that those thrown out together do not come back together.
double jittered(double seconds)
{
    thread_local std::minstd_rand random{std::random_device{}()};
    return std::min(seconds, kLongestPauseSeconds) * std::uniform_real_distribution(0.5, 1.5)(random);
}

Failure cancelledAt(const std::string &where)
{
    return {Stage::Connect, FailureKind::Cancelled, where + ": cancelled", {}, {}};
}

std::string serverText(const SshSettings &settings)
{
    const bool v6 = settings.host.find(':') != std::string::npos;
    return (v6 ? "[" + settings.host + "]" : settings.host) + ":" + std::to_string(settings.port);
}

int attemptsFor(FailureKind kind, const SshLimits &limits)
{
    switch (kind) {
    case FailureKind::Throttled: return limits.attempts;
    case FailureKind::Lost: return std::min(limits.attempts, kAttemptsWhenLost);
    default: return 1;
    }
}

/// "ssh-ed25519 SHA256:…, shown by OpenSSH_9.2p1"
std::string hostKeyText(ssh_session session)
{
    ssh_key key = nullptr;
    std::string text;
    if (ssh_get_server_publickey(session, &key) == SSH_OK && key != nullptr)
        text = std::string(ssh_key_type_to_char(ssh_key_type(key))) + " " + fingerprint(key);
    ssh_key_free(key);
    const char *banner = ssh_get_serverbanner(session);
    const std::string server = banner != nullptr ? printable(banner).substr(0, 100) : "";
    return text + (server.empty() ? "" : ", shown by " + (server.starts_with("SSH-2.0-") ? server.substr(8) : server));
}

class Dialling
{
public:
    Dialling(const Destination &destination, const DialTerms &terms, campaign::Questions &questions,
             const std::atomic<bool> &cancelled, const campaign::NodeLink::Watcher &passed)
        : m_to(destination), m_terms(terms), m_questions(questions), m_cancelled(cancelled), m_passed(passed),
          m_seconds(destination.settings.connectSeconds.value_or(terms.limits.connectSeconds))
    {
    }

    Result<std::shared_ptr<Session>> once();

private:
    Result<Socket> connected();
    Result<Socket> greeted();
    void tell(const char *step, std::string found);

    const Destination &m_to;
    const DialTerms &m_terms;
    campaign::Questions &m_questions;
    const std::atomic<bool> &m_cancelled;
    const campaign::NodeLink::Watcher &m_passed;
    const double m_seconds;
    Moment m_stepBegan = now();
};

void Dialling::tell(const char *step, std::string found)
{
    if (m_passed)
        m_passed({step, secondsSince(m_stepBegan), std::move(found)});
    m_stepBegan = now();
}

Result<Socket> Dialling::connected()
{
    m_stepBegan = now();
    if (!m_to.behind)
        return connectTcp(m_to.settings, m_to.where, m_seconds, m_cancelled, [&](const std::string &addresses) { tell("resolve", addresses); });
    auto socket = m_to.behind->socketTo(m_to.settings, m_to.where, m_seconds, m_cancelled);
    if (socket)
        tell("resolve", "left to " + m_to.behind->name());
    return socket;
}

/// A connection whose other side has said that it is an SSH server.
Result<Socket> Dialling::greeted()
{
    auto socket = connected();
    if (!socket)
        return socket;
    tell("tcp", "port " + std::to_string(m_to.settings.port) + (m_to.behind ? ", through " + m_to.behind->name() : ""));
    if (const auto greeting = awaitGreeting(*socket, m_to.where, m_seconds, m_cancelled); !greeting)
        return std::unexpected(greeting.error());
    tell("banner", "an SSH server");
    return socket;
}

Result<std::shared_ptr<Session>> Dialling::once()
{
    // From before the connection is made, because the server counts from there.
    const auto atServer = m_terms.gates->gate((m_to.behind ? m_to.behind->chain() : "") + '>' + serverText(m_to.settings))->enter(m_cancelled);
    if (!atServer)
        return std::unexpected(cancelledAt(m_to.where));
    auto socket = greeted();
    if (!socket)
        return std::unexpected(socket.error());
    // Only from here on, so that nodes that say nothing do not keep others from using the same jump host. Of another name
    // than that of the logins at the jump host itself.
    const Moment queued = now();
    const auto through = m_to.behind ? m_terms.gates->gate("through " + m_to.behind->chain())->enter(m_cancelled) : std::nullopt;
    if (m_to.behind && !through)
        return std::unexpected(cancelledAt(m_to.where));
    // sshd's patience with who does not log in (LoginGraceTime) ran meanwhile: that is no throttling.
    if (secondsSince(queued) > m_terms.limits.waitedSeconds) {
        *socket = Socket();
        socket = greeted();
        if (!socket)
            return std::unexpected(socket.error());
    }

    const HostKeys hostKeys(m_to.asked, m_to.settings);
    auto session = Session::open(std::move(*socket), m_to.settings, hostKeys.algorithms(), m_to.where, m_seconds, m_cancelled);
    if (!session)
        return std::unexpected(session.error());
    if (const auto checked = hostKeys.check(**session, m_questions, *m_terms.trusted); !checked)
        return std::unexpected(checked.error());
    tell("host key", hostKeyText((*session)->handle()));
    const LoginQuestions asked{m_questions, *m_terms.secrets, m_to.asked, m_to.group};
    if (const auto in = logIn(**session, m_to.settings, asked, m_terms.limits.loginSeconds, m_cancelled); !in)
        return std::unexpected(in.error());
    tell("login", "as " + m_to.settings.user);
    return std::move(*session);
}

} // namespace

std::string placeText(const SshSettings &settings, const std::shared_ptr<JumpHost> &behind)
{
    return serverText(settings) + (behind ? " behind " + behind->name() : "");
}

Result<std::shared_ptr<Session>> dial(const Destination &destination, const DialTerms &terms,
                                      campaign::Questions &questions, const std::atomic<bool> &cancelled, const campaign::NodeLink::Watcher &passed)
{
    const Moment begin = now();
    double pause = terms.limits.firstPauseSeconds;
    for (int attempt = 1;; ++attempt) {
        // What ails the jump host was tried often enough by whoever connected it.
        if (destination.behind) {
            if (auto ready = destination.behind->ready(destination.where, questions, cancelled); !ready)
                return std::unexpected(ready.error());
        }
        auto session = Dialling(destination, terms, questions, cancelled, passed).once();
        if (session)
            return session;
        const int attempts = attemptsFor(session.error().kind, terms.limits);
        if (attempt >= attempts) {
            if (attempt > 1)
                session.error().attempted += ", " + std::to_string(attempt) + " times in " + secondsText(secondsSince(begin));
            return session;
        }
        if (pauseFor(jittered(pause), cancelled) == Waited::Cancelled)
            return std::unexpected(cancelledAt(destination.where));
        pause *= 2;
    }
}

} // namespace seatrial::remote
