// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/ssh_link.h"

#include "remote/links/collect.h"
#include "remote/ssh/dial.h"
#include "remote/ssh/jump_hosts.h"
#include "remote/ssh/session.h"
#include "remote/ssh/ssh_command.h"
#include "remote/ssh/ssh_config.h"

namespace seatrial::remote {

using namespace domain;

SshLink::SshLink(Node node, std::shared_ptr<SshConfig> config, std::shared_ptr<IoPool> pool,
                 std::shared_ptr<JumpHosts> jumpHosts, SshLimits limits)
    : m_node(std::move(node)), m_config(std::move(config)), m_jumpHosts(std::move(jumpHosts)), m_limits(limits),
      m_where(m_node.id.text()), m_attachment(std::move(pool))
{
}

SshLink::~SshLink() = default;

Result<void> SshLink::connect(campaign::Questions &questions, const std::atomic<bool> &cancelled)
{
    m_session.reset();
    auto settings = m_config->settings(m_node, cancelled);
    if (!settings)
        return std::unexpected(settings.error());
    m_where = m_node.id.text() + " (" + placeText(*settings, nullptr) + ")";
    auto behind = m_jumpHosts->last(settings->jumps, m_where, cancelled);
    if (!behind)
        return std::unexpected(behind.error());
    m_where = m_node.id.text() + " (" + placeText(*settings, *behind) + ")";
    const Destination destination{m_node.id, m_node.inventory, std::move(*settings), m_where, std::move(*behind)};
    auto session = dial(destination, m_jumpHosts->terms(), questions, cancelled,
                        [this](campaign::RecipeStep step) { passed(std::move(step)); });
    if (!session)
        return std::unexpected(session.error());
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
