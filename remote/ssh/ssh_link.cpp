// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/ssh_link.h"

#include "remote/links/collect.h"
#include "remote/ssh/host_keys.h"
#include "remote/ssh/login.h"
#include "remote/ssh/session.h"
#include "remote/ssh/ssh_command.h"
#include "remote/ssh/ssh_config.h"
#include "remote/ssh/tcp.h"
#include "remote/text.h"

#include <algorithm>
#include <random>

namespace seatrial::remote {

using namespace domain;

namespace {

constexpr double kLongestPauseSeconds = 4;

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

/// Different for every node, so that those thrown out together do not come back together.
double jittered(double seconds)
{
    thread_local std::minstd_rand random{std::random_device{}()};
    return std::min(seconds, kLongestPauseSeconds) * std::uniform_real_distribution(0.5, 1.5)(random);
}

std::string place(const NodeId &node, const SshSettings &settings)
{
    const bool v6 = settings.host.find(':') != std::string::npos;
    return node.text() + " (" + (v6 ? "[" + settings.host + "]" : settings.host) + ":" + std::to_string(settings.port)
        + ")";
}

} // namespace

SshLink::SshLink(Node node, std::shared_ptr<SshConfig> config, std::shared_ptr<IoPool> pool, SshLimits limits)
    : m_node(std::move(node)), m_config(std::move(config)), m_limits(limits), m_where(m_node.id.text()),
      m_attachment(std::move(pool))
{
}

SshLink::~SshLink() = default;

Result<void> SshLink::connect(campaign::Questions &questions, const std::atomic<bool> &cancelled)
{
    m_session.reset();
    const auto settings = m_config->settings(m_node, cancelled);
    if (!settings)
        return std::unexpected(settings.error());
    m_where = place(m_node.id, *settings);

    double pause = m_limits.firstPauseSeconds;
    for (int attempt = 1;; ++attempt) {
        auto connected = connectOnce(*settings, questions, cancelled);
        if (connected || connected.error().kind != FailureKind::Throttled)
            return connected;
        if (attempt >= m_limits.attempts) {
            connected.error().attempted += ", " + std::to_string(attempt) + " times";
            return connected;
        }
        if (pauseFor(jittered(pause), cancelled) == Waited::Cancelled)
            return std::unexpected(Failure{Stage::Connect, FailureKind::Cancelled, m_where + ": cancelled", {}, {}});
        pause *= 2;
    }
}

Result<void> SshLink::connectOnce(const SshSettings &settings, campaign::Questions &questions,
                                  const std::atomic<bool> &cancelled)
{
    const double seconds = settings.connectSeconds.value_or(m_limits.connectSeconds);
    Moment began = now();
    const auto tell = [&](const char *step, std::string found) {
        passed({step, secondsSince(began), std::move(found)});
        began = now();
    };
    auto socket = connectTcp(settings, m_where, seconds, cancelled, [&](const std::string &addresses) { tell("resolve", addresses); });
    if (!socket)
        return std::unexpected(socket.error());
    tell("tcp", "port " + std::to_string(settings.port));
    if (const auto greeted = awaitGreeting(*socket, m_where, seconds, cancelled); !greeted)
        return greeted;
    tell("banner", "an SSH server");
    const HostKeys hostKeys(m_node.id, settings);
    auto session = Session::open(std::move(*socket), settings, hostKeys.algorithms(), m_where, seconds, cancelled);
    if (!session)
        return std::unexpected(session.error());
    if (const auto checked = hostKeys.check(**session, questions, m_trusted); !checked)
        return checked;
    tell("host key", hostKeyText(session->get()->handle()));
    if (const auto in = logIn(**session, settings, m_limits.loginSeconds, cancelled); !in)
        return in;
    tell("login", "as " + settings.user);
    m_session = std::move(*session);
    return {};
}

Result<campaign::CommandOutput> SshLink::run(const std::string &script, std::string_view input, double timeoutSeconds,
                                             const std::atomic<bool> &cancelled)
{
    if (!m_session)
        return std::unexpected(notConnected());
    const auto command = SshCommand::start(m_session, script, timeoutSeconds, cancelled);
    if (!command)
        return std::unexpected(command.error());
    return collect(**command, input, timeoutSeconds, m_where, cancelled);
}

Result<void> SshLink::attach(const std::string &script, std::shared_ptr<campaign::StreamSink> sink)
{
    if (!m_session)
        return std::unexpected(notConnected());
    auto command = SshCommand::start(std::move(m_session), script, m_limits.silentSeconds, m_attachment.closed());
    m_session.reset();
    if (!command) {
        Failure failure = command.error();
        failure.stage = Stage::Attach;
        return std::unexpected(failure);
    }
    return m_attachment.start(std::move(*command), std::move(sink), m_where, m_limits.silentSeconds);
}

void SshLink::send(std::string bytes)
{
    m_attachment.send(std::move(bytes));
}

void SshLink::close()
{
    m_attachment.close();
}

Failure SshLink::notConnected() const
{
    return {Stage::Internal, FailureKind::Invalid, m_where + ": not connected, or attached already",
            "running a command on the node", {}};
}

} // namespace seatrial::remote
