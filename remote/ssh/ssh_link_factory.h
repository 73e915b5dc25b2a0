// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/node_link.h"
#include "remote/ssh/dial.h"
#include "remote/ssh/ssh_settings.h"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace seatrial::remote {

class IoPool;
class JumpHosts;
class SshConfig;

/// Links over SSH. One for a whole run: its links share what was learnt of the ssh configuration, and the sessions to
/// jump hosts. Makes the process ignore SIGPIPE, because libssh writes to sockets that the other side may have closed,
/// and raises its limit of open files as far as it may: each node takes one.
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
    /// What the nodes of one ssh configuration share.
    struct Ways {
        std::shared_ptr<SshConfig> config;
        std::shared_ptr<JumpHosts> jumpHosts;
    };
    Ways waysOf(const std::filesystem::path &config);

    const DialTerms m_terms;
    const std::optional<std::filesystem::path> m_configFile;
    std::shared_ptr<IoPool> m_pool;
    std::mutex m_mutex;
    std::map<std::filesystem::path, Ways> m_ways; ///< by the file that an inventory names; empty: none
};

} // namespace seatrial::remote
