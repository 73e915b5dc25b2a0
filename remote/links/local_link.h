// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/campaign/node_link.h"
#include "remote/links/attachment.h"

#include <memory>

namespace seatrial::remote {

/// This computer as a node: the same port by processes started here. Its destructor waits for the sink's last call
/// (unless called by it).
class LocalLink : public campaign::NodeLink
{
public:
    explicit LocalLink(std::shared_ptr<IoPool> pool) : m_attachment(std::move(pool)) {}

    domain::Result<void> connect(campaign::Questions &questions, const std::atomic<bool> &cancelled) override;
    domain::Result<campaign::CommandOutput> run(const std::string &script, std::string_view input, double timeoutSeconds,
                                                const std::atomic<bool> &cancelled) override;
    domain::Result<void> attach(const std::string &script, std::shared_ptr<campaign::StreamSink> sink) override;
    void send(std::string bytes) override;
    void close() override;

private:
    Attachment m_attachment;
};

/// Every node is this computer.
class LocalLinkFactory : public campaign::LinkFactory
{
public:
    std::unique_ptr<campaign::NodeLink> link(const domain::Node &node) override;

private:
    std::shared_ptr<IoPool> m_pool = std::make_shared<IoPool>();
};

} // namespace seatrial::remote
