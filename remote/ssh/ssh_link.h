// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/node_link.h"
#include "remote/links/attachment.h"
#include "remote/ssh/ssh_settings.h"

#include <memory>

namespace seatrial::remote {

class JumpHosts;
class Session;
class SshConfig;

/// The way to a node over SSH. Its destructor waits for the sink's last call (unless called by it).
class SshLink : public campaign::NodeLink
{
public:
    SshLink(domain::Node node, std::shared_ptr<SshConfig> config, std::shared_ptr<IoPool> pool,
            std::shared_ptr<JumpHosts> jumpHosts, SshLimits limits = {});
    ~SshLink() override;

    domain::Result<void> connect(campaign::Questions &questions, const std::atomic<bool> &cancelled) override;
    domain::Result<campaign::CommandOutput> run(const std::string &script, std::string_view input, double timeoutSeconds,
                                                const std::atomic<bool> &cancelled) override;
    domain::Result<void> attach(const std::string &script, std::shared_ptr<campaign::StreamSink> sink) override;
    void send(std::string bytes) override;
    void close() override;

private:
    domain::Failure notConnected() const;

    domain::Node m_node;
    std::shared_ptr<SshConfig> m_config;
    std::shared_ptr<JumpHosts> m_jumpHosts;
    SshLimits m_limits;
    std::string m_where;            ///< "n03 (10.77.0.13:22)"
    std::shared_ptr<Session> m_session; ///< handed over to the attachment
    Attachment m_attachment;
};

} // namespace seatrial::remote
