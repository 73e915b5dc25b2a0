// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/ssh_link_factory.h"

#include "remote/links/io_pool.h"
#include "remote/ssh/secrets.h"
#include "remote/ssh/ssh_config.h"
#include "remote/ssh/ssh_link.h"

#include <csignal>

namespace seatrial::remote {

SshLinkFactory::SshLinkFactory(SshLimits limits, std::optional<std::filesystem::path> configFile,
                               std::shared_ptr<Secrets> secrets)
    : m_limits(limits), m_config(std::make_shared<SshConfig>(std::move(configFile))),
      m_secrets(secrets ? std::move(secrets) : std::make_shared<Secrets>()), m_pool(std::make_shared<IoPool>())
{
    m_secrets->beginRun();
    struct sigaction current {};
    if (sigaction(SIGPIPE, nullptr, &current) == 0 && current.sa_handler == SIG_DFL)
        std::signal(SIGPIPE, SIG_IGN);
}

SshLinkFactory::~SshLinkFactory() = default;

std::unique_ptr<campaign::NodeLink> SshLinkFactory::link(const domain::Node &node)
{
    return std::make_unique<SshLink>(node, m_config, m_secrets, m_pool, m_limits);
}

} // namespace seatrial::remote
