// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/node_link.h"
#include "remote/ssh/ssh_settings.h"

#include <filesystem>
#include <memory>
#include <optional>

namespace seatrial::remote {

class IoPool;
class Secrets;
class SshConfig;

/// Links over SSH. One for a whole run: its links share what was learnt of the ssh configuration. Makes the
/// process ignore SIGPIPE, because libssh writes to sockets that the other side may have closed.
class SshLinkFactory : public campaign::LinkFactory
{
public:
    /// @p configFile: instead of the user's and the system's ssh configuration. @p secrets: what persons answered, to be
    /// shared by all runs of the program; null: of this run alone.
    explicit SshLinkFactory(SshLimits limits = {}, std::optional<std::filesystem::path> configFile = std::nullopt,
                            std::shared_ptr<Secrets> secrets = nullptr);
    ~SshLinkFactory() override;

    std::unique_ptr<campaign::NodeLink> link(const domain::Node &node) override;

private:
    SshLimits m_limits;
    std::shared_ptr<SshConfig> m_config;
    std::shared_ptr<Secrets> m_secrets;
    std::shared_ptr<IoPool> m_pool;
};

} // namespace seatrial::remote
