// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/domain/failure.h"
#include "remote/ssh/tcp.h"

#include <atomic>
#include <memory>
#include <string>

namespace seatrial::remote {

class Session;

/// The connections that one jump host carries, all over one session and served by one thread, which never waits inside
/// libssh (docs/decisions/0001-ssh-io.md). When the session ends, all of them do.
class Tunnels
{
public:
    /// @p session: logged in; belongs to the thread from here on. It counts as lost when keep-alives stay without an
    /// answer for SshLimits::silentSeconds.
    static domain::Result<std::shared_ptr<Tunnels>> start(std::shared_ptr<Session> session, const SshLimits &limits);
    ~Tunnels();
    Tunnels(const Tunnels &) = delete;
    Tunnels &operator=(const Tunnels &) = delete;

    /// False once the session has ended, be it because nobody used it for a while.
    bool alive() const;

    /// A socket to @p port of @p host, as the jump host sees them. @p where and @p through name node and jump host in
    /// failures.
    domain::Result<Socket> open(const std::string &host, std::uint16_t port, const std::string &where,
                                const std::string &through, double seconds, const std::atomic<bool> &cancelled);

private:
    class Worker;
    explicit Tunnels(std::shared_ptr<Worker> worker) : m_worker(std::move(worker)) {}

    std::shared_ptr<Worker> m_worker;
};

} // namespace seatrial::remote
