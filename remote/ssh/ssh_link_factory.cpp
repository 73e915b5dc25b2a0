// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/ssh/ssh_link_factory.h"

#include "remote/links/io_pool.h"
#include "remote/ssh/jump_hosts.h"
#include "remote/ssh/login_gate.h"
#include "remote/ssh/secrets.h"
#include "remote/ssh/ssh_config.h"
#include "remote/ssh/ssh_link.h"
#include "remote/ssh/trusted_keys.h"

#include <sys/resource.h>

#include <csignal>

namespace seatrial::remote {

namespace {

/// Shells often allow 1,024 files only, but more to whoever asks.
void allowManyFiles()
{
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= files.rlim_max)
        return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

} // namespace

SshLinkFactory::SshLinkFactory(SshLimits limits, std::optional<std::filesystem::path> configFile,
                               std::shared_ptr<Secrets> secrets)
    : m_terms{limits, std::make_shared<LoginGates>(), secrets ? std::move(secrets) : std::make_shared<Secrets>(),
              std::make_shared<TrustedKeys>()},
      m_configFile(std::move(configFile)), m_pool(std::make_shared<IoPool>())
{
    m_terms.secrets->beginRun();
    allowManyFiles();
    struct sigaction current {};
    if (sigaction(SIGPIPE, nullptr, &current) == 0 && current.sa_handler == SIG_DFL)
        std::signal(SIGPIPE, SIG_IGN);
}

SshLinkFactory::~SshLinkFactory() = default;

std::unique_ptr<campaign::NodeLink> SshLinkFactory::link(const domain::Node &node)
{
    const Ways ways = waysOf(node.ssh.config);
    return std::make_unique<SshLink>(node, ways.config, m_pool, ways.jumpHosts, m_terms.limits);
}

SshLinkFactory::Ways SshLinkFactory::waysOf(const std::filesystem::path &config)
{
    const std::lock_guard lock(m_mutex);
    Ways &ways = m_ways[config];
    if (!ways.config) {
        ways.config = std::make_shared<SshConfig>(config.empty() ? m_configFile : std::optional(config));
        ways.jumpHosts = std::make_shared<JumpHosts>(ways.config, m_terms);
    }
    return ways;
}

} // namespace seatrial::remote
