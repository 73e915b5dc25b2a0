// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "remote/links/command.h"
#include "remote/ssh/begin_mark.h"
#include "remote/ssh/session.h"

#include <libssh/callbacks.h>

#include <memory>

namespace seatrial::remote {

/// A script run by /bin/sh on a node, over a channel of a session.
class SshCommand : public Command
{
public:
    static domain::Result<std::unique_ptr<SshCommand>> start(std::shared_ptr<Session> session, const std::string &script,
                                                             double seconds, const std::atomic<bool> &cancelled);
    ~SshCommand() override;

    std::size_t descriptors(std::span<pollfd, kMaxDescriptors> fds, bool toWrite) const override;
    domain::Result<std::size_t> read(Stream stream, std::span<char> buffer) override;
    bool stirred() override;
    domain::Result<std::size_t> write(std::string_view bytes) override;
    void closeInput() override;
    domain::Result<std::optional<int>> ended() override;
    campaign::Noise noise() const override;

private:
    SshCommand(std::shared_ptr<Session> session, const BeginMark &mark);
    domain::Result<void> open(const std::string &command, double seconds, const std::atomic<bool> &cancelled);
    domain::Failure lost() const;
    domain::Failure neverBegan() const;

    std::shared_ptr<Session> m_session;
    ssh_channel m_channel = nullptr;
    ssh_channel_callbacks_struct m_callbacks{};
    ssh_counter_struct m_received{}; ///< by the whole session
    std::uint64_t m_packetsSeen = 0;
    BeginMark::Filter m_outputFilter;
    BeginMark::Filter m_errorFilter;
    std::optional<int> m_exitStatus;
    bool m_closed = false; ///< by the node
};

} // namespace seatrial::remote
