// SPDX-License-Identifier: GPL-3.0-or-later
#include "remote/links/local_link.h"

#include "remote/links/collect.h"
#include "remote/links/local_process.h"

namespace seatrial::remote {

using namespace domain;

namespace {
const std::string kWhere = "this computer";
constexpr double kSilentSeconds = 30;
} // namespace

Result<void> LocalLink::connect(campaign::Questions &, const std::atomic<bool> &)
{
    return {};
}

Result<campaign::CommandOutput> LocalLink::run(const std::string &script, std::string_view input, double timeoutSeconds,
                                               const std::atomic<bool> &cancelled)
{
    const auto process = LocalProcess::start({"/bin/sh", "-c", script});
    if (!process)
        return std::unexpected(process.error());
    return collect(**process, input, timeoutSeconds, kWhere, cancelled);
}

Result<void> LocalLink::attach(const std::string &script, std::shared_ptr<campaign::StreamSink> sink)
{
    auto process = LocalProcess::start({"/bin/sh", "-c", script});
    if (!process)
        return std::unexpected(process.error());
    return m_attachment.start(std::move(*process), std::move(sink), kWhere, kSilentSeconds);
}

void LocalLink::send(std::string bytes)
{
    m_attachment.send(std::move(bytes));
}

void LocalLink::close()
{
    m_attachment.close();
}

std::unique_ptr<campaign::NodeLink> LocalLinkFactory::link(const Node &)
{
    return std::make_unique<LocalLink>(m_pool);
}

} // namespace seatrial::remote
